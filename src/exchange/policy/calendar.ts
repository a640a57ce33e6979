import type { Problem } from '../../core/errors.ts';
import type { Policy } from './policy.ts';
import type { ZoneTime } from './zone-time.ts';
import { clockChange, DAY_MS, instantsOf, isTimeZone, startOfDate, zoneTimeAt } from './zone-time.ts';

export { isTimeZone };

/** When a partner takes messages, and what a day is where it lives. */
type Calendar = Policy['calendar'];

/** One that opens in none of so many days is looked at again after them. */
const DAYS_AHEAD = 400;
const ALWAYS = [{ from: 0, to: 24 * 60 }] as const;

/** `now` itself while the partner takes messages, else the instant at which it begins to. */
export function opensAt(calendar: Calendar, now: Date): Date {
  let at = now.getTime();
  if (isOpen(calendar, zoneTimeAt(calendar.timeZone, at))) return now;
  for (let day = 0; day < DAYS_AHEAD; day += 1) {
    const end = startOfDate(calendar.timeZone, zoneTimeAt(calendar.timeZone, at).date + 1);
    const opening = openingBetween(calendar, at, end);
    if (opening !== undefined) return new Date(opening);
    at = end;
  }
  return new Date(at);
}

/** The ISO date that the partner has at this instant. */
export function dayOf(calendar: Calendar, now: Date): string {
  return isoDate(zoneTimeAt(calendar.timeZone, now.getTime()).date);
}

/** When the partner's next day begins. */
export function nextDay(calendar: Calendar, now: Date): Date {
  return new Date(startOfDate(calendar.timeZone, zoneTimeAt(calendar.timeZone, now.getTime()).date + 1));
}

/** From its first instant to the first one of the next, which is not part of it. */
export function boundsOf(calendar: Calendar, day: string): { readonly from: Date; readonly to: Date } {
  const date = Date.parse(day) / DAY_MS;
  return {
    from: new Date(startOfDate(calendar.timeZone, date)),
    to: new Date(startOfDate(calendar.timeZone, date + 1)),
  };
}

/** What the schema cannot say. Paths are below the calendar. */
export function calendarProblems(calendar: Calendar): Problem[] {
  const problems: Problem[] = [];
  if (!isTimeZone(calendar.timeZone)) {
    const details = { timeZone: calendar.timeZone };
    problems.push({ code: 'exchange.time_zone_unknown', path: '/timeZone', details });
  }
  for (const [index, { from, to }] of calendar.windows.entries()) {
    if (minuteOf(from) >= minuteOf(to)) {
      problems.push({ code: 'exchange.window_reversed', path: `/windows/${index}`, details: { from, to } });
    }
  }
  return problems;
}

function isOpen(calendar: Calendar, { date, minute }: ZoneTime): boolean {
  return windowsOf(calendar, date).some(({ from, to }) => from <= minute && minute < to);
}

function openingBetween(calendar: Calendar, from: number, to: number): number | undefined {
  const { timeZone } = calendar;
  const { date } = zoneTimeAt(timeZone, from);
  const begins = windowsOf(calendar, date).flatMap((window) => instantsOf(timeZone, { date, minute: window.from }));
  // A window that began in an hour left out, or that is met again in an hour repeated, opens where the clocks are set.
  const candidates = [from, ...begins, clockChange(timeZone, from, to) ?? from];
  return candidates
    .filter((at) => from <= at && at < to && isOpen(calendar, zoneTimeAt(timeZone, at)))
    .sort((a, b) => a - b)[0];
}

function windowsOf(calendar: Calendar, date: number): readonly { readonly from: number; readonly to: number }[] {
  if (calendar.closedDates.includes(isoDate(date))) return [];
  if (calendar.windows.length === 0) return ALWAYS;
  const weekday = isoWeekday(date);
  return calendar.windows
    .filter(({ days }) => days.includes(weekday))
    .map(({ from, to }) => ({ from: minuteOf(from), to: minuteOf(to) }));
}

function isoDate(date: number): string {
  return new Date(date * DAY_MS).toISOString().slice(0, 10);
}

/** 1 is Monday; 1970-01-01 was a Thursday. */
function isoWeekday(date: number): number {
  return ((((date + 3) % 7) + 7) % 7) + 1;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
