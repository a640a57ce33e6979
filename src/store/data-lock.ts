import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './durable-file.ts';
import { isAlive, startToken } from './process-identity.ts';
import { AlreadyRunningError, StartError } from './start-error.ts';

const LOCK_FILE = 'hub.lock';
/** Each attempt finds a lock that was released or left behind in the meantime; more are a fault, not a race. */
const ATTEMPTS = 200;
const RETRY_DELAY_MS = 10;

export interface DataLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly token: string | null;
}

/**
 * One hub per data folder. A lock left behind by `kill -9` or a reboot is recognised by its process: gone, or another
 * one under the same number.
 */
export async function lockDataFolder(folder: string): Promise<DataLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return await acquire(join(folder, LOCK_FILE));
}

async function acquire(path: string): Promise<DataLock> {
  const id = randomBytes(8).toString('hex');
  const own = `${JSON.stringify({ pid: process.pid, token: startToken(process.pid), id })}\n`;
  const candidate = `${path}.${id}`;
  await writeFile(candidate, own, { mode: 0o644, flag: 'wx' });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // link: the lock appears with its content or not at all.
      if (await linked(candidate, path)) return { release: () => release(path, own) };
      const content = await readIfThere(path);
      if (content === null) continue;
      const holder = parseHolder(content);
      if (holder !== null && isHeld(holder)) throw new AlreadyRunningError(holder.pid);
      await removeStale(path, content);
    }
  } finally {
    await rm(candidate, { force: true });
  }
  throw new StartError(`${path} changes hands all the time: is something starting Tanba again and again?`);
}

/** The process that holds the folder, if any. */
export async function dataFolderHolder(folder: string): Promise<number | null> {
  const content = await readIfThere(join(folder, LOCK_FILE));
  const holder = content === null ? null : parseHolder(content);
  return holder !== null && isHeld(holder) ? holder.pid : null;
}

function isHeld({ pid, token }: Holder): boolean {
  if (!isAlive(pid)) return false;
  const present = startToken(pid);
  return token === null || present === null || token === present;
}

async function release(path: string, own: string): Promise<void> {
  if ((await readIfThere(path)) === own) await rm(path, { force: true });
}

/**
 * Two starters may see the same stale lock, and the slower one must not remove the faster one's new lock. So stale locks
 * are removed under a lock of their own, which is one of the same kind: its holder may have been killed, too.
 */
async function removeStale(path: string, stale: string): Promise<void> {
  let guard: DataLock;
  try {
    guard = await acquire(`${path}.stale`);
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error;
    await delay(RETRY_DELAY_MS);
    return;
  }
  try {
    if ((await readIfThere(path)) === stale) await rm(path, { force: true });
  } finally {
    await guard.release();
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(content: string): Holder | null {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !Number.isSafeInteger(value.pid))
      return null;
    const token = 'token' in value && typeof value.token === 'string' ? value.token : null;
    return { pid: Number(value.pid), token };
  } catch {
    return null;
  }
}
