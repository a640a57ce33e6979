import { readdir, rm } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PRIVILEGED_HOME, pgDataOf, readInstance } from '../../src/store/embedded/instance.ts';
import { runningPostmaster } from '../../src/store/embedded/postmaster.ts';

const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** What root's place for embedded servers holds; null where there is none. */
export async function privilegedEntries(): Promise<readonly string[] | null> {
  return await readdir(PRIVILEGED_HOME).catch(() => null);
}

/**
 * Stops the PostgreSQL servers whose data folders lie below `folder`, and removes what root keeps of them elsewhere:
 * a test that was killed could not do it itself. Where there was no such place before, nothing of it stays.
 */
export async function clearEmbeddedServers(folder: string, before: readonly string[] | null): Promise<void> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const { name, parentPath } of files) {
    if (name !== 'instance.json') continue;
    const instance = await readInstance(parentPath).catch(() => null);
    if (instance === null) continue;
    await stopAtOnce(pgDataOf(parentPath, instance));
    if (isAbsolute(instance.place) && dirname(instance.place) === PRIVILEGED_HOME) {
      await rm(instance.place, { recursive: true, force: true });
    }
  }
  const left = await privilegedEntries();
  // The copy of the binaries may be in use by a hub that was started meanwhile; then its instance is there too.
  if (before === null && left?.every((name) => name.startsWith('binaries-'))) {
    await rm(PRIVILEGED_HOME, { recursive: true });
  }
}

async function stopAtOnce(pgData: string): Promise<void> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  for (let running = await runningPostmaster(pgData); running !== null; running = await runningPostmaster(pgData)) {
    // Immediate shutdown: nobody needs this data any more.
    process.kill(running.pid, Date.now() < deadline ? 'SIGQUIT' : 'SIGKILL');
    await delay(POLL_MS);
  }
}
