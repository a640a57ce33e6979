import { fork } from 'node:child_process';
import { once } from 'node:events';

/** One request of any size. */
export interface TransferTask {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, line by line. */
  readonly lines?: readonly string[];
  /** Where the answer goes; into the result where absent. */
  readonly file?: string;
}

export interface TransferResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly texts: readonly string[];
}

/** A process that sends and takes large bodies. */
export interface TransferClient {
  /** All at the same time; the time is that of the last one. */
  run(tasks: readonly TransferTask[]): Promise<TransferResult>;
  stop(): void;
}

export async function startTransferClient(): Promise<TransferClient> {
  const child = fork(new URL('./transfer-client.ts', import.meta.url), {
    execArgv: ['--import=tsx', '--max-old-space-size=4096'],
    serialization: 'advanced',
    detached: true,
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the transfer client ended with ${code}`);
  });
  failed.catch(() => undefined);
  await once(child, 'message');
  return {
    run: async (tasks) => {
      const answered = once(child, 'message');
      child.send(tasks);
      const [result] = await Promise.race([answered, failed]);
      return result;
    },
    stop: () => child.kill(),
  };
}

export function bearer(apiKey: string): Readonly<Record<string, string>> {
  return { Authorization: `Bearer ${apiKey}` };
}

export const NDJSON = { 'Content-Type': 'application/x-ndjson' } as const;
export const JSON_BODY = { 'Content-Type': 'application/json' } as const;
