import type { Clock } from '../../src/core/clock.ts';

const MILLISECONDS = { seconds: 1_000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;

export type Duration = Partial<Record<keyof typeof MILLISECONDS, number>>;

export interface MovableClock extends Clock {
  set(to: Date | string): void;
  advance(by: Duration): void;
}

/** Stands still until moved. */
export function movableClock(start: Date | string = '2026-11-24T09:00:00Z'): MovableClock {
  let now = new Date(start).getTime();
  return {
    now: () => new Date(now),
    set(to) {
      now = new Date(to).getTime();
    },
    advance(by) {
      for (const unit of ['seconds', 'minutes', 'hours', 'days'] as const) now += (by[unit] ?? 0) * MILLISECONDS[unit];
    },
  };
}
