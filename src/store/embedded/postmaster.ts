import { readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode } from '../durable-file.ts';
import { commandLine, isAlive } from '../process-identity.ts';

/** The one port of a server without TCP: it only names the socket, .s.PGSQL.5432. */
export const SOCKET_PORT = 5432;
const POSTMASTER_FILE = 'postmaster.pid';

export interface Postmaster {
  readonly pid: number;
  readonly socketFolder: string;
}

/**
 * The server that runs on a data folder, by its postmaster.pid: alive, and for this very folder (the file may have come
 * along with a copy, and after a reboot its number may be somebody else's).
 */
export async function runningPostmaster(pgData: string): Promise<Postmaster | null> {
  const [pidLine, folder, , , socketFolder] = await readPostmasterFile(pgData);
  const pid = Number(pidLine);
  if (!Number.isSafeInteger(pid) || pid <= 0 || folder === undefined || !isAlive(pid)) return null;
  if (!isPostgres(pid) || !(await isSameFolder(pgData, folder))) return null;
  return { pid, socketFolder: socketFolder ?? '' };
}

/**
 * To be called when nothing runs there. PostgreSQL would refuse to start where the number in the file is another
 * process's by now. A file of a dead process stays: by it PostgreSQL looks for survivors of a killed postmaster.
 */
export async function removeMisleadingPostmasterFile(pgData: string): Promise<void> {
  const [pidLine] = await readPostmasterFile(pgData);
  if (isAlive(Number(pidLine))) await rm(join(pgData, POSTMASTER_FILE), { force: true });
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [a, b] = [await stat(one), await stat(other).catch(() => null)];
  return b !== null && a.dev === b.dev && a.ino === b.ino;
}

/** True where nobody can tell. */
function isPostgres(pid: number): boolean {
  const [program] = commandLine(pid) ?? [];
  // Empty for a process that is just ending.
  return !program || basename(program).startsWith('postgres') || basename(program) === 'postmaster';
}

async function readPostmasterFile(pgData: string): Promise<string[]> {
  try {
    return (await readFile(join(pgData, POSTMASTER_FILE), 'utf8')).split('\n');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
