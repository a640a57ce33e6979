import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { StartError } from '../start-error.ts';
import type { Account } from './account.ts';
import { type CommandResult, runCommand } from './command.ts';
import { isNpmFolder, linkLibraries, npmFolder, publicCopy } from './npm-binaries.ts';

export interface Binaries {
  /** The folder of postgres, initdb and pg_ctl. */
  readonly folder: string;
  readonly major: number;
  /** E.g. 15.20. */
  readonly version: string;
}

const OLDEST_MAJOR = 15;
const NEEDED = ['postgres', 'initdb', 'pg_ctl'] as const;
const VERSION_TIMEOUT_MS = 10_000;
/** Where systems keep several PostgreSQLs side by side; `*` is a major version. */
const VERSIONED_FOLDERS = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
];
const UNVERSIONED_FOLDERS = ['/usr/local/pgsql/bin', '/opt/homebrew/bin', '/usr/local/bin'];

/**
 * The first PostgreSQL found that `account` can run: TANBA_PG_BIN alone if set, else the system's, newest first, else
 * npm's. `major` is that of the existing data; data of one major is never opened with another.
 */
export async function findBinaries(
  account: Account,
  major: number | null,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly found: Binaries } | { readonly seen: readonly string[]; readonly newest: Binaries | null }> {
  const seen: string[] = [];
  let newest: Binaries | null = null;
  for (const folder of await candidateFolders(env)) {
    const binaries = await examine(folder);
    if (typeof binaries === 'string') {
      seen.push(`${folder}: ${binaries}`);
    } else if (major === null ? binaries.major < OLDEST_MAJOR : binaries.major !== major) {
      seen.push(`${folder}: ${binaries.version}`);
      if (newest === null || newest.major < binaries.major) newest = binaries;
    } else {
      return { found: await reachable(binaries, account) };
    }
  }
  return { seen, newest };
}

async function candidateFolders(env: NodeJS.ProcessEnv): Promise<string[]> {
  const named = env['TANBA_PG_BIN'];
  if (named) {
    if (!isAbsolute(named)) throw new StartError(`TANBA_PG_BIN must be an absolute path, but is "${named}".`);
    return [named];
  }
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const versioned = (await Promise.all(VERSIONED_FOLDERS.map(versionsOf))).flat().sort((a, b) => b.major - a.major);
  const candidates = [...onPath, ...versioned.map(({ folder }) => folder), ...UNVERSIONED_FOLDERS];
  const present = await Promise.all(candidates.map(holdsPostgres));
  const folders = candidates.filter((_, index) => present[index]);
  const packaged = npmFolder();
  return [...new Set(packaged === null ? folders : [...folders, packaged])];
}

async function versionsOf(pattern: string): Promise<{ folder: string; major: number }[]> {
  const star = pattern.indexOf('*');
  const parent = dirname(pattern.slice(0, star + 1));
  const prefix = pattern.slice(parent.length + 1, star);
  const names = await readdir(parent).catch((): string[] => []);
  return names.flatMap((name) => {
    const version = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    return /^\d+$/.test(version) ? [{ folder: pattern.replace('*', version), major: Number(version) }] : [];
  });
}

async function holdsPostgres(folder: string): Promise<boolean> {
  try {
    for (const program of NEEDED) await access(join(folder, program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The version, or what is wrong. Run as ourselves: --version works as root too. */
async function examine(folder: string): Promise<Binaries | string> {
  if (!(await holdsPostgres(folder))) return `lacks one of ${NEEDED.join(', ')}`;
  await linkLibraries(folder);
  try {
    const { code, stdout, output } = await askVersion(folder);
    const [, version, major] = /^postgres \(PostgreSQL\) ((\d+)\S*)/.exec(stdout) ?? [];
    if (code !== 0 || version === undefined) return output || `postgres --version ended with ${code}`;
    return { folder, major: Number(major), version };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function askVersion(folder: string, account?: Account): Promise<CommandResult> {
  return runCommand(join(folder, 'postgres'), ['--version'], {
    timeoutMs: VERSION_TIMEOUT_MS,
    ...(account === undefined ? {} : { account }),
  });
}

/** The same binaries where `account` can run them: a checkout may lie in a folder that only root may enter. */
async function reachable(binaries: Binaries, account: Account): Promise<Binaries> {
  const { folder } = binaries;
  if (account.runAs.uid === undefined || (await canRun(folder, account))) return binaries;
  if (!(await isNpmFolder(folder))) {
    throw new StartError(`PostgreSQL in ${folder} cannot be run by ${account.name}, whom it has to run as.`);
  }
  const copy = await publicCopy(folder, binaries.version);
  if (await canRun(copy, account)) return { ...binaries, folder: copy };
  throw new StartError(`PostgreSQL was copied to ${copy}, but ${account.name} cannot run it there either.`);
}

async function canRun(folder: string, account: Account): Promise<boolean> {
  try {
    return (await askVersion(folder, account)).code === 0;
  } catch {
    return false;
  }
}
