import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

export interface SigningTask {
  readonly secret: Uint8Array;
  readonly messages: readonly Uint8Array[];
}

/** A process a core that signs. */
export interface Signers {
  /** Signs all messages; answers the CPU seconds that it took. */
  run(): Promise<number>;
  stop(): void;
}

export async function startSigners({ secret, messages }: SigningTask): Promise<Signers> {
  const cores = availableParallelism();
  const share = Math.ceil(messages.length / cores);
  const children = Array.from({ length: cores }, () =>
    fork(new URL('./signing-client.ts', import.meta.url), {
      execArgv: ['--import=tsx'],
      serialization: 'advanced',
      detached: true,
    }),
  );
  const cpuOf = children.map(async (child, index) => {
    const task: SigningTask = { secret, messages: messages.slice(index * share, (index + 1) * share) };
    return await ask(child, task);
  });
  let used = await sum(cpuOf);
  return {
    run: async () => {
      const before = used;
      used = await sum(children.map((child) => ask(child, 'go')));
      return used - before;
    },
    stop: () => {
      for (const child of children) child.kill();
    },
  };
}

async function ask(child: ChildProcess, task: SigningTask | 'go'): Promise<number> {
  const answered = once(child, 'message');
  child.send(task);
  const [cpuSeconds] = await answered;
  return cpuSeconds;
}

async function sum(numbers: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(numbers)).reduce((total, one) => total + one, 0);
}
