import { lstat } from 'node:fs/promises';
import { StartError } from '../start-error.ts';
import { type RunAs, runCommand } from './command.ts';

/** Whom PostgreSQL runs as: it refuses root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Empty when we are that account ourselves. */
  readonly runAs: RunAs;
}

// Existing accounts only: making one would be a surprising side effect of a start.
const UNPRIVILEGED = ['postgres', 'nobody'] as const;
const ID_TIMEOUT_MS = 5_000;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

export function ownAccount(): Account {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === undefined || gid === undefined) {
    throw new StartError(
      'The embedded PostgreSQL runs on Linux and macOS only. Name a PostgreSQL 15 or newer in DATABASE_URL.',
    );
  }
  return { name: `uid ${uid}`, uid, gid, runAs: {} };
}

/** For a new cluster: ourselves, or as root an existing unprivileged account. */
export async function chooseAccount(): Promise<Account> {
  if (!isRoot()) return ownAccount();
  for (const name of UNPRIVILEGED) {
    const [uid, gid] = [await idOf('-u', name), await idOf('-g', name)];
    if (uid !== null && uid !== 0 && gid !== null) return { name, uid, gid, runAs: { uid, gid } };
  }
  throw new StartError(
    `PostgreSQL does not run as root, and none of these accounts exists: ${UNPRIVILEGED.join(', ')}. ` +
      'Start Tanba as an ordinary user, or name a PostgreSQL in DATABASE_URL.',
  );
}

/** For a cluster that exists: its owner, whom only root can become. */
export async function accountOf(folder: string): Promise<Account> {
  const { uid, gid } = await lstat(folder);
  const own = ownAccount();
  if (uid === own.uid && uid !== 0) return own;
  if (!isRoot()) {
    throw new StartError(`The database in ${folder} belongs to uid ${uid}: start Tanba as that user, or as root.`);
  }
  if (uid === 0)
    throw new StartError(`The database in ${folder} belongs to root, but PostgreSQL does not run as root.`);
  return { name: `uid ${uid}`, uid, gid, runAs: { uid, gid } };
}

async function idOf(option: '-u' | '-g', name: string): Promise<number | null> {
  const { code, stdout } = await runCommand('id', [option, name], { timeoutMs: ID_TIMEOUT_MS });
  return code === 0 && /^\d+$/.test(stdout.trim()) ? Number(stdout) : null;
}
