import { IANAZone } from 'luxon';

/** The clock on the wall of one time zone. Dates are days since 1970-01-01, so that they can be counted. */
export interface ZoneTime {
  readonly date: number;
  /** Minutes since midnight, with fractions. */
  readonly minute: number;
}

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

export function zoneTimeAt(zone: string, at: number): ZoneTime {
  const wall = at + offsetMs(zone, at);
  const date = Math.floor(wall / DAY_MS);
  return { date, minute: (wall - date * DAY_MS) / MINUTE_MS };
}

/** The first instant of a date: 00:00, or what the wall shows instead where clocks are set forward over it. */
export function startOfDate(zone: string, date: number): number {
  const wall = date * DAY_MS;
  const before = offsetMs(zone, wall - DAY_MS);
  const after = offsetMs(zone, wall + DAY_MS);
  const early = wall - before;
  if (before === after) return early;
  const change = changeBetween(zone, wall - DAY_MS, wall + DAY_MS);
  return early < change ? early : Math.max(change, wall - after);
}

/** The instants at which the wall shows this time: none in a gap, two where an hour is repeated. Not in order. */
export function instantsOf(zone: string, { date, minute }: ZoneTime): number[] {
  const wall = date * DAY_MS + minute * MINUTE_MS;
  const offsets = new Set([offsetMs(zone, wall - DAY_MS), offsetMs(zone, wall + DAY_MS)]);
  return [...offsets].map((offset) => wall - offset).filter((at) => at + offsetMs(zone, at) === wall);
}

/** Where the zone's clocks are set between the two instants; null where they are not. */
export function clockChange(zone: string, from: number, to: number): number | null {
  return offsetMs(zone, from) === offsetMs(zone, to) ? null : changeBetween(zone, from, to);
}

function changeBetween(zone: string, from: number, to: number): number {
  const first = offsetMs(zone, from);
  let [same, changed] = [from, to];
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetMs(zone, middle) === first) same = middle;
    else changed = middle;
  }
  return changed;
}

function offsetMs(zone: string, at: number): number {
  return IANAZone.create(zone).offset(at) * MINUTE_MS;
}
