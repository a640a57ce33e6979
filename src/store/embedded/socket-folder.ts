import { lstat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../start-error.ts';
import type { Account } from './account.ts';
import { makeOwnFolder } from './instance.ts';
import { SOCKET_PORT } from './postmaster.ts';

// sun_path holds 108 bytes with its NUL on Linux, 104 on macOS.
const LONGEST_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;

/** A 0700 folder for the socket: beside the data, or where that path is too long, a short one below the system's. */
export async function makeSocketFolder(place: string, instanceId: string, account: Account): Promise<string> {
  const beside = join(place, 'run');
  const folder = fits(beside) ? beside : join(tmpdir(), `tanba-${instanceId.slice(0, 8)}`);
  if (!fits(folder)) {
    throw new StartError(`The folder for temporary files, ${tmpdir()}, has too long a path for a socket. Set TMPDIR.`);
  }
  if (await makeOwnFolder(folder, account)) return folder;
  // It may have been waiting for us in a folder that everybody writes to.
  const { uid, mode } = await lstat(folder);
  const isOurs = (await lstat(folder)).isDirectory() && uid === account.uid && (mode & 0o077) === 0;
  if (!isOurs) throw new StartError(`${folder} must be a folder that only ${account.name} may enter; remove it.`);
  return folder;
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, `.s.PGSQL.${SOCKET_PORT}`)) <= LONGEST_SOCKET_PATH;
}
