import { instantOf } from '../documents/dates.ts';
import { KAZAKHSTAN_OFFSET_MS } from '../kazakhstan-time.ts';

/** 1 234 567,05, as numbers are written in Kazakh and Russian alike. */
export function tenge(tiyn: bigint): string {
  const digits = String(tiyn).padStart(3, '0');
  return `${grouped(digits.slice(0, -2))},${digits.slice(-2)}`;
}

/** Digits in groups of three. The spaces are ordinary ones: a sum too wide for its column breaks between two groups. */
export function grouped(digits: string | number): string {
  return String(digits).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** 31.01.2026 09:05 by the clocks of Kazakhstan. */
export function timeInKazakhstan(at: Date): string {
  const [day = '', time = ''] = new Date(at.getTime() + KAZAKHSTAN_OFFSET_MS).toISOString().split('T');
  return `${dotted(day)} ${time.slice(0, 5)}`;
}

/** The business date as its sender wrote it: a day, or an instant of a day in Kazakhstan. */
export function dayInKazakhstan(date: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(date)) return dotted(date);
  const at = instantOf(date);
  return at === null ? date : timeInKazakhstan(at).slice(0, 10);
}

function dotted(day: string): string {
  return day.split('-').reverse().join('.');
}
