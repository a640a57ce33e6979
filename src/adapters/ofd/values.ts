import type { DateTime, Money } from './protocol/messages.ts';

/** Kazakhstan has had one time zone, UTC+5 without summer time, since 1 March 2024. Registers send clock time. */
const OFFSET_MS = 5 * 3_600_000;

/** Null where there is no such day or time. */
export function instantOf(value: DateTime | undefined): Date | null {
  const { date, time } = value ?? {};
  if (date === undefined || time === undefined) return null;
  const { year = 0, month = 0, day = 0 } = date;
  const { hour = 0, minute = 0, second = 0 } = time;
  if (year < 2000 || year > 9999 || hour > 23 || minute > 59 || second > 59) return null;
  const clock = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const isThatDay = clock.getUTCMonth() === month - 1 && clock.getUTCDate() === day;
  return isThatDay ? new Date(clock.getTime() - OFFSET_MS) : null;
}

export function dateTimeOf(at: Date): Required<DateTime> {
  const clock = new Date(at.getTime() + OFFSET_MS);
  return {
    date: { year: clock.getUTCFullYear(), month: clock.getUTCMonth() + 1, day: clock.getUTCDate() },
    time: { hour: clock.getUTCHours(), minute: clock.getUTCMinutes(), second: clock.getUTCSeconds() },
  };
}

const TIYN_PER_TENGE = 100;
/** As in the core: 10^15 tiyn. */
const TENGE_MAX = 10_000_000_000_000n;

/** Null where it is no sum of money. */
export function tiynOf(money: Money | undefined): number | null {
  if (money === undefined) return null;
  const { bills = 0n, coins = 0 } = money;
  if (bills >= TENGE_MAX || coins >= TIYN_PER_TENGE) return null;
  return Number(bills) * TIYN_PER_TENGE + coins;
}

export function moneyOf(tiyn: number): Required<Money> {
  return { bills: BigInt(Math.floor(tiyn / TIYN_PER_TENGE)), coins: tiyn % TIYN_PER_TENGE };
}

/** YYYYMMDDTHHMMSS by the register's clock. */
export function clockTextOf(at: Date): string {
  return new Date(at.getTime() + OFFSET_MS).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
}

const CLOCK_TEXT = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/;

export function instantOfClockText(text: string): Date | null {
  const [year, month, day, hour, minute, second] = CLOCK_TEXT.exec(text)?.slice(1).map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  if (hour === undefined || minute === undefined || second === undefined) return null;
  return instantOf({ date: { year, month, day }, time: { hour, minute, second } });
}
