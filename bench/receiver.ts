import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpuOf } from './cpu.ts';

/** The HTTP server of a partner, in a process of its own: it answers 204 to everything. */
export interface Receiver {
  readonly url: string;
  readonly cpu: () => number;
  /** Counts anew. */
  expect(messages: number): Promise<Expectation>;
  stop(): void;
}

export interface Expectation {
  /** Resolves when so many different messages have arrived; rejects when none have come for long. */
  readonly arrived: Promise<Arrivals>;
}

/** What receiver-process.ts counted. */
export interface Arrivals {
  /** Told apart by their ids. */
  readonly messages: number;
  /** Came once more. */
  readonly repeated: number;
  /** From the first to the last. */
  readonly seconds: number;
}

export async function startReceiver(): Promise<Receiver> {
  const child = fork(new URL('./receiver-process.ts', import.meta.url), { execArgv: ['--import=tsx'], detached: true });
  const [ready] = await once(child, 'message');
  const pid = child.pid ?? 0;

  async function arrivalsOf(expected: number): Promise<Arrivals> {
    const [arrivals] = await once(child, 'message');
    if (arrivals.messages === expected) return arrivals;
    throw new Error(`of ${expected} messages only ${arrivals.messages} have arrived`);
  }

  return {
    url: `http://127.0.0.1:${Number(ready.port)}/messages`,
    cpu: () => cpuOf(pid),
    expect: async (messages) => {
      const told = once(child, 'message');
      child.send({ expect: messages });
      await told;
      const arrived = arrivalsOf(messages);
      // Whoever fails before looking at it has said so already.
      arrived.catch(() => undefined);
      return { arrived };
    },
    stop: () => child.kill(),
  };
}
