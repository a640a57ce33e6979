import { startOfDay } from '../codes/quota.ts';

const DAY_MS = 86_400_000;
const ZONE_MS = 5 * 3_600_000;
const SATURDAY = 6;
const SUNDAY = 0;

/**
 * The end of the n-th working day after the day of `from`, in Kazakhstan. Working days are Monday to Friday: holidays and
 * moved days are not known here yet, so a term over a holiday ends too early, never too late.
 */
export function workingDaysAfter(from: Date, days: number): Date {
  let day = startOfDay(from).getTime();
  for (let left = days; left > 0; ) {
    day += DAY_MS;
    if (isWorkingDay(day)) left -= 1;
  }
  return new Date(day + DAY_MS);
}

function isWorkingDay(startOfIt: number): boolean {
  const weekday = new Date(startOfIt + ZONE_MS).getUTCDay();
  return weekday !== SATURDAY && weekday !== SUNDAY;
}
