/** Places for those who may be under way at once, by partner. */
export interface Slots {
  /** Resolves with how to give the place back, or with null when none came free in time. First come, first served. */
  take(key: string, limit: number, waitMs: number): Promise<(() => void) | null>;
  /** Whether somebody waits for a place. */
  wanted(key: string): boolean;
}

interface Counter {
  taken: number;
  /** In order of arrival; each answers whether it still wants the place. */
  readonly waiting: Set<() => void>;
}

export function createSlots(): Slots {
  const counters = new Map<string, Counter>();

  function giveBack(key: string, counter: Counter): void {
    const [next] = counter.waiting;
    if (next !== undefined) {
      counter.waiting.delete(next);
      next();
      return;
    }
    counter.taken -= 1;
    if (counter.taken === 0) counters.delete(key);
  }

  return {
    wanted: (key) => (counters.get(key)?.waiting.size ?? 0) > 0,
    take: async (key, limit, waitMs) => {
      const counter = counters.get(key) ?? { taken: 0, waiting: new Set() };
      counters.set(key, counter);
      const release = (): void => giveBack(key, counter);
      if (counter.taken < limit) {
        counter.taken += 1;
        return release;
      }
      return await new Promise((resolve) => {
        const given = (): void => {
          clearTimeout(timer);
          resolve(release);
        };
        const timer = setTimeout(() => {
          counter.waiting.delete(given);
          resolve(null);
        }, waitMs);
        counter.waiting.add(given);
      });
    },
  };
}
