import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerProcess } from './server-process.ts';

/** A server of one spec file alone, which may be ended in any way; its data and its URL outlive that. */
export interface OwnServer {
  readonly url: string;
  /** In order. */
  stop(): Promise<void>;
  /** As `kill -9`. */
  kill(): Promise<void>;
  /** Again, on the same data; resolves when it can be connected to. */
  start(): Promise<void>;
  /** Stops and starts. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** Why there is none: its programs are not installed here. A server that is installed and does not start is an error. */
export interface Skipped {
  readonly skipped: string;
}

export type Life = Pick<OwnServer, 'stop' | 'kill' | 'start' | 'restart'>;

/** Starts a server and keeps it; ending one that is not there, or starting one that is, changes nothing. */
export async function beginLife(launch: () => Promise<ServerProcess>): Promise<Life> {
  let running: ServerProcess | null = await launch();
  const end = async (way: keyof ServerProcess): Promise<void> => {
    const ending = running;
    running = null;
    await ending?.[way]();
  };
  const start = async (): Promise<void> => {
    running ??= await launch();
  };
  return {
    start,
    stop: () => end('stop'),
    kill: () => end('kill'),
    async restart() {
      await end('stop');
      await start();
    },
  };
}

/** In the folder for temporary files, which `npm test` removes at the end whatever happened. */
export function newServerFolder(name: string, parent: string = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, `tanba-${name}-`));
}
