import { userInfo } from 'node:os';
import pg from 'pg';

/** What every name of a test's database and template begins with: nothing else on the server is ever touched. */
export const TEST_PREFIX = 'tanba_test_';

const CONNECT_TIMEOUT_MS = 3_000;
/** A run that is killed leaves its databases; after this they are nobody's. The template of a day serves that day. */
const STALE_AFTER_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** Where a test may find PostgreSQL, best first. What the environment names is used alone: never another by mistake. */
export function candidateUrls(env: NodeJS.ProcessEnv): string[] {
  const named = env['TANBA_TEST_DATABASE_URL'] || env['DATABASE_URL'];
  if (named) return [named];
  const me = encodeURIComponent(userInfo().username);
  return [
    `postgresql://${me}@%2Fvar%2Frun%2Fpostgresql/postgres`,
    `postgresql://${me}@127.0.0.1:5432/postgres`,
    'postgresql://postgres@127.0.0.1:5432/postgres',
    'postgresql://postgres:postgres@127.0.0.1:5432/postgres',
  ];
}

/** The same server and user, another database. */
export function onDatabase(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}

export interface Refusal {
  readonly url: string;
  readonly reason: string;
}

/** The first server that lets us in and lets us create databases, or why each one did not. */
export async function findServer(
  urls: readonly string[],
): Promise<{ readonly url: string } | { readonly refusals: readonly Refusal[] }> {
  const refusals: Refusal[] = [];
  for (const url of urls) {
    const reason = await whyUnusable(url);
    if (reason === undefined) return { url };
    refusals.push({ url: withoutPassword(url), reason });
  }
  return { refusals };
}

async function whyUnusable(url: string): Promise<string | undefined> {
  try {
    return await withClient(url, async (client) => {
      const { rows } = await client.query<{ may_create: boolean; version: number }>(
        `SELECT rolcreatedb OR rolsuper AS may_create, current_setting('server_version_num')::int AS version
           FROM pg_roles WHERE rolname = current_user`,
      );
      const [role] = rows;
      if (role === undefined || !role.may_create) return 'its user may not create databases';
      return role.version < 150_000 ? `PostgreSQL 15 or newer is needed, it is ${role.version}` : undefined;
    });
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  }
}

/** The server the tests run on; `npm test` names it, otherwise the usual local places are tried. */
export async function serverUrl(): Promise<string> {
  const found = await findServer(candidateUrls(process.env));
  if ('url' in found) return found.url;
  const tried = found.refusals.map(({ url, reason }) => `  ${url}: ${reason}`);
  throw new Error(['No PostgreSQL for the tests (npm test gets one by itself). Tried:', ...tried].join('\n'));
}

export function withoutPassword(url: string): string {
  return url.replace(/\/\/([^/@:]*):[^/@]*@/, '//$1@');
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A server stopped under an idle client must not end the process; the next query tells.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** One `npm test` or one directly started mocha. Its first part is the time in seconds, base 36: see dropStale. */
export function newRunId(now: Date): string {
  return `${Math.trunc(now.getTime() / 1000).toString(36)}x${process.pid.toString(36)}`;
}

const DAY_RUN = 'day';

/** Without `npm test` nobody clears away at once, so all direct runs of a day share one template. */
export function dayRunId(now: Date): string {
  const today = new Date(now.toISOString().slice(0, 10));
  return `${Math.trunc(today.getTime() / 1000).toString(36)}x${DAY_RUN}`;
}

/** Drops what one run made. */
export async function dropRun(url: string, runId: string): Promise<number> {
  return await dropDatabases(url, (name) => name.startsWith(`${TEST_PREFIX}${runId}_`));
}

/** Drops what killed runs left: older than an hour and with nobody connected. */
export async function dropStale(url: string, now: Date): Promise<number> {
  return await dropDatabases(url, (name, sessions) => {
    const [, madeAt, maker] = /^tanba_test_([0-9a-z]+?)x([0-9a-z]+)_/.exec(name) ?? [];
    if (madeAt === undefined || sessions > 0) return false;
    const age = now.getTime() / 1000 - Number.parseInt(madeAt, 36);
    return age > STALE_AFTER_SECONDS + (maker === DAY_RUN ? DAY_SECONDS : 0);
  });
}

async function dropDatabases(url: string, chosen: (name: string, sessions: number) => boolean): Promise<number> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string; sessions: number }>(
      `SELECT datname AS name, (SELECT count(*)::int FROM pg_stat_activity a WHERE a.datid = d.oid) AS sessions
         FROM pg_database d WHERE starts_with(datname, $1)`,
      [TEST_PREFIX],
    );
    const doomed = rows.filter((row) => chosen(row.name, row.sessions));
    for (const { name } of doomed) {
      await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
    }
    return doomed.length;
  });
}

/** The same as a URL, which is what an environment can carry. A socket's folder takes the place of the host. */
export function urlOf(connection: pg.ClientConfig): string {
  if (connection.connectionString !== undefined) return connection.connectionString;
  const user = encodeURIComponent(connection.user ?? userInfo().username);
  const password = typeof connection.password === 'string' ? `:${encodeURIComponent(connection.password)}` : '';
  const host = encodeURIComponent(connection.host ?? '127.0.0.1');
  return `postgresql://${user}${password}@${host}:${connection.port ?? 5432}/${connection.database ?? 'postgres'}`;
}
