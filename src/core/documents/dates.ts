import { KAZAKHSTAN_OFFSET } from '../kazakhstan-time.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The instant of an ISO date-time; of a bare date, its first moment in Kazakhstan. Null when there is no such day. */
export function instantOf(value: string): Date | null {
  const date = new Date(DAY.test(value) ? `${value}T00:00:00${KAZAKHSTAN_OFFSET}` : value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** The last moment of a bare date in Kazakhstan; a date-time is itself. */
export function endOfDay(value: string): Date {
  return new Date(DAY.test(value) ? `${value}T23:59:59.999${KAZAKHSTAN_OFFSET}` : value);
}
