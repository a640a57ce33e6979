import type { Clock } from '../clock.ts';

/** For the few that have to wait for somebody's lock: some at a time, each for a bounded time, and a bounded number. */
export interface SlowLane<E> {
  readonly idle: boolean;
  /** False when too many wait already. */
  add(entry: E): boolean;
}

export interface SlowLaneOptions<E> {
  readonly clock: Clock;
  readonly atOnce: number;
  readonly waitingMax: number;
  /** From joining to the end of the work. */
  readonly patienceMs: number;
  /** Does the work within `leftMs`; none is left where the entry waited for its turn too long. Never rejects. */
  readonly work: (entry: E, leftMs: number) => Promise<void>;
}

interface Waiting<E> {
  readonly entry: E;
  readonly until: number;
}

export function createSlowLane<E>(options: SlowLaneOptions<E>): SlowLane<E> {
  const { clock, atOnce, waitingMax, patienceMs, work } = options;
  const waiting: Waiting<E>[] = [];
  let running = 0;

  function startNext(): void {
    while (running < atOnce) {
      const next = waiting.shift();
      if (next === undefined) return;
      running += 1;
      void work(next.entry, next.until - clock.now().getTime()).finally(() => {
        running -= 1;
        startNext();
      });
    }
  }

  return {
    get idle() {
      return running === 0 && waiting.length === 0;
    },
    add(entry) {
      if (waiting.length >= waitingMax) return false;
      waiting.push({ entry, until: clock.now().getTime() + patienceMs });
      startNext();
      return true;
    },
  };
}
