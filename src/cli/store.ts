import type { ClientConfig } from 'pg';
import type { Config } from '../config.ts';
import { createLog } from '../log.ts';
import { dataFolderHolder, lockDataFolder } from '../store/data-lock.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { connectionTo } from '../store/embedded/connect.ts';
import { pgDataOf, readInstance } from '../store/embedded/instance.ts';
import { runningPostmaster } from '../store/embedded/postmaster.ts';
import { startEmbeddedServer } from '../store/embedded/server.ts';
import { migrate } from '../store/migrate.ts';

const STATEMENT_TIMEOUT_MS = 30_000;

/** Works on the store of these settings, beside a running hub or without one. */
export async function withStore<T>(config: Config, work: (db: Database) => Promise<T>): Promise<T> {
  if (config.databaseUrl !== undefined) return withConnection({ connectionString: config.databaseUrl }, work);
  const running = await connectionOfRunningHub(config.dataFolder);
  if (running !== null) return withConnection(running, work);
  const lock = await lockDataFolder(config.dataFolder);
  try {
    const server = await startEmbeddedServer({ dataFolder: config.dataFolder, log: createLog('warn') });
    try {
      return await withConnection(server.connection, work);
    } finally {
      await server.stop();
    }
  } finally {
    await lock.release();
  }
}

async function connectionOfRunningHub(dataFolder: string): Promise<ClientConfig | null> {
  if ((await dataFolderHolder(dataFolder)) === null) return null;
  const instance = await readInstance(dataFolder);
  const postmaster = instance === null ? null : await runningPostmaster(pgDataOf(dataFolder, instance));
  return postmaster === null ? null : connectionTo(postmaster.socketFolder);
}

async function withConnection<T>(connection: ClientConfig, work: (db: Database) => Promise<T>): Promise<T> {
  await migrate(connection, createLog('warn'));
  const db = openDatabase({
    connection,
    poolSize: 2,
    applicationName: 'tanba-cli',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    // The next query tells.
    onIdleError: () => undefined,
  });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
