import { workingDaysAfter } from '../reference/working-days.ts';

/** When the system did not serve, and until when what was paper meanwhile may be keyed in; null: not over yet. */
export interface Outage {
  readonly from: Date;
  readonly keyInBy: Date | null;
}

/** Order 44-н/қ, p.35, 39. */
const KEY_IN_WORKING_DAYS = 1;

export function keyInByOf(end: Date): Date {
  return workingDaysAfter(end, KEY_IN_WORKING_DAYS);
}

/**
 * The last moment in which something due at `due` is in time: later than `due` where that falls into an outage, or into
 * the time of keying in after it. Null: nobody can tell yet.
 * @param outages by their beginning
 */
export function dueAfterOutages(due: Date, outages: readonly Outage[]): Date | null {
  let last = due;
  for (const { from, keyInBy } of outages) {
    if (from > last) break;
    if (keyInBy === null) return null;
    if (keyInBy > last) last = keyInBy;
  }
  return last;
}

/** What fell due in these times may still be done. Times that run into each other are one. */
export function openGrace(outages: readonly Outage[], now: Date): Outage[] {
  const merged: Outage[] = [];
  for (const { from, keyInBy } of outages) {
    const last = merged.at(-1);
    if (last === undefined || (last.keyInBy !== null && last.keyInBy < from)) merged.push({ from, keyInBy });
    else if (last.keyInBy !== null && (keyInBy === null || keyInBy > last.keyInBy)) {
      merged[merged.length - 1] = { from: last.from, keyInBy };
    }
  }
  return merged.filter(({ keyInBy }) => keyInBy === null || keyInBy >= now);
}

/** `openGrace` as the two arrays that `noGrace` asks for. */
export function graceParameters(grace: readonly Outage[]): [Date[], (Date | null)[]] {
  return [grace.map(({ from }) => from), grace.map(({ keyInBy }) => keyInBy)];
}

/** A condition of SQL: nothing due at `due` may be done any more. `from` and `until` are parameters. */
export function noGrace(due: string, from: string, until: string): string {
  return `not exists (select from unnest(${from}::timestamptz[], ${until}::timestamptz[]) as grace (from_time, until_time)
                   where ${due} >= from_time and (until_time is null or ${due} <= until_time))`;
}
