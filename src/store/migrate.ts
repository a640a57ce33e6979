import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Log } from '../log.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));
const MIGRATIONS_TABLE = 'migration';
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Brings the schema up to the newest of migrations/*.sql, all or nothing. Several hubs may start at once: one migrates
 * under an advisory lock, the others wait and find nothing left to do.
 */
export async function migrate(connection: pg.ClientConfig, log: Log): Promise<void> {
  const client = new pg.Client({
    ...connection,
    application_name: 'tanba-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A server lost between two statements: the next statement tells.
  client.on('error', (error) => log.warn({ err: error }, 'connection lost while migrating'));
  await client.connect();
  try {
    const applied = await runner({
      dbClient: client,
      dir: MIGRATIONS_FOLDER,
      ignorePattern: '(?!.*\\.sql$).*',
      migrationsTable: MIGRATIONS_TABLE,
      direction: 'up',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      logger: {
        info: (message) => log.debug(message),
        warn: (message) => log.warn(message),
        error: (message) => log.error(message),
      },
    });
    if (applied.length > 0) log.info({ migrations: applied.map(({ name }) => name) }, 'schema migrated');
  } finally {
    await client.end();
  }
}
