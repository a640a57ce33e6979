import pg from 'pg';
import { sqlState } from '../database.ts';
import { SUPERUSER } from './cluster.ts';
import { SOCKET_PORT } from './postmaster.ts';

export const DATABASE = 'tanba';
const MAINTENANCE_DATABASE = 'postgres';
const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 30_000;
const ADVISORY_LOCK = `hashtextextended('tanba:hub', 0)`;

const TAKE_LOCK = `select pg_try_advisory_lock(${ADVISORY_LOCK}) as taken`;
const LOCK_HOLDER = `
select substr(application_name, $1)::int as hub
  from pg_locks join pg_stat_activity using (pid)
 where locktype = 'advisory' and granted and pid <> pg_backend_pid() and starts_with(application_name, $2)`;
const HUB_NAME = 'tanba-hub-';

export function connectionTo(socketFolder: string, database: string = DATABASE): pg.ClientConfig {
  // ssl is named because PGSSLMODE in the environment would ask a socket for TLS.
  return { host: socketFolder, port: SOCKET_PORT, user: SUPERUSER, database, ssl: false };
}

export function maintenanceConnection(socketFolder: string): pg.ClientConfig {
  return connectionTo(socketFolder, MAINTENANCE_DATABASE);
}

/** busy: it is there, but starts up or shuts down. */
export type Reachability = 'ready' | 'busy' | 'absent';

const CANNOT_CONNECT_NOW = '57P03';

export async function tryConnect(connection: pg.ClientConfig): Promise<Reachability> {
  try {
    await withClient(connection, (client) => client.query('select 1'));
    return 'ready';
  } catch (error) {
    return sqlState(error) === CANNOT_CONNECT_NOW ? 'busy' : 'absent';
  }
}

export async function withClient<T>(
  connection: pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
  queryTimeoutMs = QUERY_TIMEOUT_MS,
): Promise<T> {
  const client = newClient({ ...connection, query_timeout: queryTimeoutMs }, 'tanba-start');
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A connection that holds the hub's lock as long as it lives, or the pid of the hub that does (null: it just let go). */
export type HubLock = { readonly client: pg.Client } | { readonly heldBy: number | null };

export async function takeHubLock(socketFolder: string): Promise<HubLock> {
  const client = newClient(maintenanceConnection(socketFolder), `${HUB_NAME}${process.pid}`);
  try {
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>(TAKE_LOCK);
    if (rows[0]?.taken) return { client };
    const holder = await client.query<{ hub: number }>(LOCK_HOLDER, [HUB_NAME.length + 1, HUB_NAME]);
    await client.end();
    return { heldBy: holder.rows[0]?.hub ?? null };
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** Creates our database once; returns which cluster it is in. */
export async function prepareDatabase(socketFolder: string): Promise<{ readonly systemIdentifier: string }> {
  return await withClient(maintenanceConnection(socketFolder), async (client) => {
    const { rows } = await client.query<{ systemIdentifier: string; present: boolean }>(
      `select system_identifier::text as "systemIdentifier",
              exists (select from pg_database where datname = $1) as present
         from pg_control_system()`,
      [DATABASE],
    );
    const [cluster] = rows;
    if (cluster === undefined) throw new Error('pg_control_system() returned nothing');
    if (!cluster.present) await client.query(`create database ${DATABASE}`);
    return { systemIdentifier: cluster.systemIdentifier };
  });
}

function newClient(connection: pg.ClientConfig, applicationName: string): pg.Client {
  const client = new pg.Client({
    query_timeout: QUERY_TIMEOUT_MS,
    ...connection,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // The query in flight, or the next one, tells; without a listener the process would end.
  client.on('error', () => {});
  return client;
}
