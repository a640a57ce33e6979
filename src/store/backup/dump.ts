import { open } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { errorCode, syncFolder } from '../durable-file.ts';
import { runCommand } from '../embedded/command.ts';
import { StartError } from '../start-error.ts';

const DUMP_FILE = 'database.dump';
const CONNECT_TIMEOUT_MS = 10_000;

const COUNT_TABLES = `
select count(*)::int as tables
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
 where relkind in ('r', 'p') and nspname not like 'pg\\_%' and nspname <> 'information_schema'`;
// No cluster has timeline 0: the hub sees a database that is not where it was, and issues nothing before `recover`.
const MARK_RESTORED = `update instance set system_identifier = 'restored', timeline = 0`;

/** A database elsewhere, by its own tool. Returns the dump's size. */
export async function dumpDatabase(url: string, folder: string, major: number): Promise<number> {
  const path = join(folder, DUMP_FILE);
  await runClient('pg_dump', url, major, ['--format=custom', `--file=${path}`]);
  const file = await open(path, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
    await syncFolder(folder);
  }
}

/** Into an empty database only: nothing is ever overwritten. */
export async function restoreDump(url: string, folder: string, major: number): Promise<void> {
  const tables = await withUrl(url, async (client) => {
    const { rows } = await client.query<{ tables: number }>(COUNT_TABLES);
    return rows[0]?.tables ?? 0;
  });
  if (tables > 0) {
    throw new StartError(
      `The database in DATABASE_URL holds ${tables} tables. Create an empty one and name that, or drop these.`,
    );
  }
  const options = ['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges'];
  await runClient('pg_restore', url, major, [...options, join(folder, DUMP_FILE)]);
  await withUrl(url, (client) => client.query(MARK_RESTORED));
}

export async function serverMajor(url: string): Promise<number> {
  return await withUrl(url, async (client) => {
    const { rows } = await client.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    return Math.trunc((rows[0]?.version ?? 0) / 10_000);
  });
}

async function runClient(program: string, url: string, major: number, args: readonly string[]): Promise<void> {
  // Everybody may read a command line, so the password goes by the environment.
  const target = new URL(url);
  const password = decodeURIComponent(target.password);
  target.password = '';
  const env = { ...process.env, ...(password === '' ? {} : { PGPASSWORD: password }) };
  try {
    const all = ['--no-password', `--dbname=${target.href}`, ...args];
    const { code, output } = await runCommand(program, all, { env, timeoutMs: 0 });
    if (code !== 0) throw new StartError(`${program} ended with ${code}:\n${output}`);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new StartError(
      `${program} was not found on PATH. Install PostgreSQL's client programs, version ${major} or newer ` +
        `(Debian: apt-get install postgresql-client-${major}).`,
    );
  }
}

async function withUrl<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
