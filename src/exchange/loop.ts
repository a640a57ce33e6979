import type { Log } from '../log.ts';

/** Work that is looked for again and again: soon while there was some, seldom while there was none, at once when woken. */
export interface Loop {
  start(): void;
  wake(): void;
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  readonly log: Log;
  readonly busyMs: number;
  readonly idleMs: number;
  /** True when there was something to do, and so may be more. */
  readonly work: () => Promise<boolean>;
}

/** A failing loop says so once, and once more when it works again: an outage of an hour is two lines in the log. */
export function createLoop({ name, log, busyMs, idleMs, work }: LoopOptions): Loop {
  let stopping = false;
  let running: Promise<void> | null = null;
  let woken = false;
  let timer: NodeJS.Timeout | undefined;
  let failing = false;

  async function once(): Promise<boolean> {
    try {
      const worked = await work();
      if (failing) log.info({}, `${name}: working again`);
      failing = false;
      return worked;
    } catch (error) {
      if (!failing) log.warn({ err: error }, `${name}: failing, trying again`);
      failing = true;
      return false;
    }
  }

  async function run(): Promise<void> {
    let worked: boolean;
    do {
      woken = false;
      worked = await once();
    } while (woken && !stopping && !failing);
    running = null;
    if (!stopping) timer = setTimeout(begin, worked ? busyMs : idleMs);
  }

  function begin(): void {
    clearTimeout(timer);
    if (stopping) return;
    if (running === null) running = run();
    else woken = true;
  }

  return {
    start: begin,
    wake: begin,
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await running;
    },
  };
}
