import { randomUUID } from 'node:crypto';
import { chmod, chown, lstat, mkdir, open, readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { errorCode, writeFileDurably } from '../durable-file.ts';
import { StartError } from '../start-error.ts';
import { type Account, isRoot } from './account.ts';

/** Where root keeps what an unprivileged account has to enter. */
export const PRIVILEGED_HOME = '/var/lib/tanba';
const INSTANCE_FILE = 'instance.json';

/** Which PostgreSQL belongs to a data folder, and where it is. */
export interface Instance {
  readonly instanceId: string;
  /** The folder that holds PostgreSQL's data folder; absolute, or relative to the data folder. */
  readonly place: string;
  /** Absent until the first start has succeeded. */
  readonly systemIdentifier?: string;
}

export function pgDataOf(dataFolder: string, instance: Instance): string {
  return join(resolve(dataFolder, instance.place), 'postgres');
}

export async function readInstance(dataFolder: string): Promise<Instance | null> {
  const path = join(dataFolder, INSTANCE_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
  const instance = parseInstance(text);
  if (instance === null) throw new StartError(`${path} is damaged; put it back from a backup.`);
  return instance;
}

export async function writeInstance(dataFolder: string, instance: Instance): Promise<void> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await writeFileDurably(join(dataFolder, INSTANCE_FILE), `${JSON.stringify(instance, null, 2)}\n`);
}

/**
 * A new instance: below the data folder, so that the two travel together; as root in a folder that the account may
 * enter, because the data folder may lie where it may not. Written before anything is made there. Data that is already
 * below the data folder stays where it is.
 */
export async function createInstance(dataFolder: string, instanceId: string = randomUUID()): Promise<Instance> {
  const beside = (await clusterMajor(join(dataFolder, 'postgres'))) !== null;
  const instance = { instanceId, place: isRoot() && !beside ? join(PRIVILEGED_HOME, instanceId) : '.' };
  await writeInstance(dataFolder, instance);
  return instance;
}

/** The instance's own folder, for its account alone. Of the data folder itself nothing is changed. */
export async function makePlace(dataFolder: string, instance: Instance, account: Account): Promise<void> {
  if (instance.place === '.') return;
  const place = resolve(dataFolder, instance.place);
  if (dirname(place) === PRIVILEGED_HOME) await makePrivilegedHome();
  await makeOwnFolder(place, account);
}

/** Makes a 0700 folder for the account, whatever the umask; false when something of that name exists. */
export async function makeOwnFolder(folder: string, account: Account): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  if (account.runAs.uid !== undefined) await chown(folder, account.uid, account.gid);
  return true;
}

export async function makePrivilegedHome(): Promise<void> {
  try {
    await mkdir(PRIVILEGED_HOME, { mode: 0o755 });
    // The umask may have closed it to the account.
    await chmod(PRIVILEGED_HOME, 0o755);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') {
      throw new StartError(
        `As root, PostgreSQL's data lives in ${PRIVILEGED_HOME}, which cannot be made (${errorCode(error)}). ` +
          'Start Tanba as an ordinary user, or name a PostgreSQL in DATABASE_URL.',
      );
    }
  }
}

/** The major version of the data, or null where there is no cluster yet. */
export async function clusterMajor(pgData: string): Promise<number | null> {
  try {
    return Number((await readFile(join(pgData, 'PG_VERSION'), 'utf8')).trim());
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return null;
    if (code === 'EACCES') {
      throw new StartError(`${pgData} may not be read: start Tanba as the user who started it first, or as root.`);
    }
    throw error;
  }
}

/** The cluster's identity, from the first eight bytes of its control file; works while it is stopped. */
export async function systemIdentifierOf(pgData: string): Promise<string> {
  const file = await open(join(pgData, 'global', 'pg_control'), 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return String(endianness() === 'LE' ? buffer.readBigUInt64LE() : buffer.readBigUInt64BE());
  } finally {
    await file.close();
  }
}

export async function folderExists(folder: string): Promise<boolean> {
  try {
    return (await lstat(folder)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function parseInstance(text: string): Instance | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    if (!('instanceId' in value) || typeof value.instanceId !== 'string') return null;
    if (!('place' in value) || typeof value.place !== 'string') return null;
    const { instanceId, place } = value;
    if (!('systemIdentifier' in value) || typeof value.systemIdentifier !== 'string') return { instanceId, place };
    return { instanceId, place, systemIdentifier: value.systemIdentifier };
  } catch {
    return null;
  }
}
