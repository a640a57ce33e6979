import { hostname } from 'node:os';
import type { ClientConfig } from 'pg';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './log.ts';
import type { Stops } from './stops.ts';
import { every } from './stops.ts';
import { lockDataFolder } from './store/data-lock.ts';
import type { Database } from './store/database.ts';
import { openDatabase } from './store/database.ts';
import { startEmbeddedServer } from './store/embedded/server.ts';
import { migrate } from './store/migrate.ts';
import { ensurePartitions } from './store/partitions.ts';
import type { PipelinedDatabase } from './store/pipelined-database.ts';
import { openPipelinedDatabase } from './store/pipelined-database.ts';

/** PostgreSQL with its schema, and the connections of those who may not wait for each other. */
export interface Store {
  readonly db: Database;
  /** Connections of the receipt desk alone, pipelined: tills wait for nobody else's work. */
  readonly receipts: PipelinedDatabase;
  /** Connections of the exchange alone: a slow partner costs nobody else. */
  readonly exchange: PipelinedDatabase;
  /** For those who open connections of their own. */
  readonly connection: ClientConfig;
  readonly description: string;
}

const POOL_SIZE = 16;
/** Three batches, four receipts of the slow lane, and one for a look at what is known. */
const RECEIPTS_POOL_SIZE = 8;
/** Relay, feeder, upkeep, two batches of the worker, and one for the operator. */
const EXCHANGE_POOL_SIZE = 6;
const STATEMENT_TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;

export async function openStore(config: Config, clock: Clock, log: Log, stops: Stops): Promise<Store> {
  const { connection, description } = await findServer(config, log, stops);
  await migrate(connection, log);
  const options = {
    connection,
    applicationName: `tanba ${hostname()} ${process.pid}`.slice(0, 63),
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onIdleError: (error: Error) => log.warn({ err: error }, 'a database connection was lost'),
  };
  const db = openDatabase({ ...options, poolSize: POOL_SIZE });
  stops.push(() => db.close());
  const receipts = openPipelinedDatabase({ ...options, poolSize: RECEIPTS_POOL_SIZE });
  stops.push(() => receipts.close());
  await ensurePartitions(db, clock.now());
  stops.push(every(DAY_MS, log, 'partitions', () => ensurePartitions(db, clock.now())));
  const exchange = openPipelinedDatabase({ ...options, poolSize: EXCHANGE_POOL_SIZE });
  stops.push(() => exchange.close());
  return { db, receipts, exchange, connection, description };
}

async function findServer(
  config: Config,
  log: Log,
  stops: Stops,
): Promise<{ connection: ClientConfig; description: string }> {
  if (config.databaseUrl !== undefined) {
    const { host, pathname } = new URL(config.databaseUrl);
    return { connection: { connectionString: config.databaseUrl }, description: `PostgreSQL at ${host}${pathname}` };
  }
  const lock = await lockDataFolder(config.dataFolder);
  stops.push(() => lock.release());
  const server = await startEmbeddedServer({ dataFolder: config.dataFolder, log });
  stops.push(() => server.stop());
  return { connection: server.connection, description: server.describe() };
}
