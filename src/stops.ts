import type { Log } from './log.ts';

/** How to stop what was started, in the order of starting. */
export type Stops = (() => Promise<void>)[];

/** Repeats upkeep, for the first time after one period; a failure is logged and the next time tries again. */
export function every(periodMs: number, log: Log, name: string, work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = work().catch((error: unknown) => log.error({ err: error }, `upkeep failed: ${name}`));
  }, periodMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
