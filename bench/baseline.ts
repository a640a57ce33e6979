import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpuOf } from './cpu.ts';
import { nodeFlags } from './node-flags.ts';

/** An Express in a process of its own that parses what it is sent and answers what it was told. */
export interface BaselineServer {
  readonly port: number;
  readonly cpu: () => number;
  /** What to answer on a path from now on. */
  answer(path: string, value: unknown): Promise<void>;
  stop(): Promise<void>;
}

export async function startBaselineServer(): Promise<BaselineServer> {
  const child = fork(new URL('./baseline-server.ts', import.meta.url), {
    execArgv: [...nodeFlags(), '--import=tsx'],
    detached: true,
  });
  const [ready] = await once(child, 'message');
  const pid = child.pid ?? 0;
  return {
    port: Number(ready.port),
    cpu: () => cpuOf(pid),
    answer: async (path, answer) => {
      const told = once(child, 'message');
      child.send({ path, answer });
      await told;
    },
    stop: () => stopChild(child),
  };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}
