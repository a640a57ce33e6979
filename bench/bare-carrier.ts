import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpuOf } from './cpu.ts';

/** What bare-carrier-process.ts is told first. */
export interface BareTask {
  /** Where to post. */
  readonly url: string;
  /** Posts under way at once. */
  readonly concurrency: number;
  /** Null: straight from memory. */
  readonly queue: BareQueue | null;
}

export interface BareQueue {
  readonly amqpUrl: string;
  readonly name: string;
  readonly prefetch: number;
}

/** What it is told before each round: made before the time begins. */
export interface BareRound {
  readonly bin: string;
  readonly messages: number;
}

/** The least that carrying messages to a partner takes: a queue with confirms and acknowledgements, and a post. */
export interface BareCarrier {
  readonly cpu: () => number;
  prepare(round: BareRound): Promise<void>;
  /** Resolves when every post is answered and acknowledged. */
  carry(): Promise<void>;
  /** Takes its queue with it. */
  stop(): Promise<void>;
}

export async function startBareCarrier(task: BareTask): Promise<BareCarrier> {
  const child = fork(new URL('./bare-carrier-process.ts', import.meta.url), {
    execArgv: ['--import=tsx'],
    detached: true,
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the bare carrier ended with ${code}`);
  });
  failed.catch(() => undefined);
  const pid = child.pid ?? 0;
  const ask = async (message: BareTask | BareRound | 'carry' | 'stop'): Promise<void> => {
    await Promise.race([answerTo(child, message), failed]);
  };
  await ask(task);
  return {
    cpu: () => cpuOf(pid),
    prepare: (round) => ask(round),
    carry: () => ask('carry'),
    stop: async () => {
      await ask('stop');
      child.kill();
    },
  };
}

async function answerTo(child: ChildProcess, message: BareTask | BareRound | 'carry' | 'stop'): Promise<void> {
  const answered = once(child, 'message');
  child.send(message);
  await answered;
}
