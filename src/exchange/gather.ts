/** Items that arrive one by one, and are dealt with together. */
export interface Gathering<T, R> {
  /** Resolves with the item's own result; rejects when its whole batch failed. */
  add(item: T): Promise<R>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One batch at a time: what arrives while one is under way makes the next, so batches grow with the load, and a single
 * item waits for nobody. `run` answers one result for each item, in order.
 */
export function gather<T, R>(sizeMax: number, run: (items: readonly T[]) => Promise<readonly R[]>): Gathering<T, R> {
  let queue: Waiting<T, R>[] = [];
  let running: Promise<void> | null = null;

  async function drain(): Promise<void> {
    // Whoever arrives in the same turn of the event loop shares the first batch.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.slice(0, sizeMax);
      queue = queue.slice(sizeMax);
      try {
        const results = await run(batch.map(({ item }) => item));
        batch.forEach(({ resolve, reject }, index) => {
          const result = results[index];
          if (result === undefined) reject(new RangeError('a batch answered fewer results than it had items'));
          else resolve(result);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = null;
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject });
        running ??= drain();
      }),
    idle: async () => {
      while (running !== null) await running;
    },
  };
}
