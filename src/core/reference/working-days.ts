import { readFileSync } from 'node:fs';
import Type from 'typebox';
import { Check } from 'typebox/value';
import { KAZAKHSTAN_OFFSET_MS } from '../kazakhstan-time.ts';

const Day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' });
const CalendarFile = Type.Object(
  { source: Type.String(), daysOff: Type.Array(Day), workingWeekendDays: Type.Array(Day) },
  { additionalProperties: false },
);

const DAY_MS = 86_400_000;

const { daysOff, workingWeekendDays } = readCalendar();

function readCalendar(): { readonly daysOff: ReadonlySet<string>; readonly workingWeekendDays: ReadonlySet<string> } {
  const file = new URL('../../../config/working-days.json', import.meta.url);
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Check(CalendarFile, value)) throw new Error('config/working-days.json is not a calendar of working days');
  return { daysOff: new Set(value.daysOff), workingWeekendDays: new Set(value.workingWeekendDays) };
}

/**
 * The last moment of the n-th working day after the day of `date`, by Kazakhstan's calendar. Years whose days off are not
 * in the file have weekends only.
 */
export function workingDaysAfter(date: Date, days: number): Date {
  let day = Math.floor((date.getTime() + KAZAKHSTAN_OFFSET_MS) / DAY_MS);
  for (let left = days; left > 0; ) {
    day += 1;
    if (isWorkingDay(day)) left -= 1;
  }
  return new Date((day + 1) * DAY_MS - KAZAKHSTAN_OFFSET_MS - 1);
}

function isWorkingDay(day: number): boolean {
  const date = new Date(day * DAY_MS);
  const name = date.toISOString().slice(0, 10);
  const isWeekend = date.getUTCDay() % 6 === 0;
  return isWeekend ? workingWeekendDays.has(name) : !daysOff.has(name);
}
