import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { createLog } from '../../src/log.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { ensurePartitions } from '../../src/store/partitions.ts';
import { openPipelinedDatabase, type PipelinedDatabase } from '../../src/store/pipelined-database.ts';
import { dayRunId, newRunId, onDatabase, serverUrl, TEST_PREFIX, withClient } from './postgres.ts';

const root = new URL('../../', import.meta.url);
const POOL_SIZE = 8;
const STATEMENT_TIMEOUT_MS = 15_000;

export interface TestDatabase {
  readonly db: Database;
  /** Connections of the receipt desk. */
  readonly receipts: PipelinedDatabase;
  readonly connection: pg.ClientConfig;
  /** The same as `connection`, for a child process's DATABASE_URL. */
  readonly url: string;
  readonly name: string;
  /** Closes the pool and drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  readonly poolSize?: number;
}

/** A database of its own for one test or one file, cloned from a migrated template in some 50 ms. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await serverUrl();
  const template = await ensureTemplate(server);
  const runId = process.env['TANBA_TEST_RUN'] ?? newRunId(new Date());
  const name = `${TEST_PREFIX}${runId}_${randomBytes(5).toString('hex')}`;
  await withClient(server, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const url = onDatabase(server, name);
  const connection = { connectionString: url };
  const poolSize = options.poolSize ?? POOL_SIZE;
  const db = openDatabase(poolOptions(connection, poolSize));
  const receipts = openPipelinedDatabase(poolOptions(connection, poolSize));
  const drop = async (): Promise<void> => {
    await db.close();
    await receipts.close();
    await withClient(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  };
  return { db, receipts, connection, url, name, drop };
}

/**
 * Migrated once per run and content of migrations/, under an advisory lock; others wait and find it.
 * It is made under another name and renamed at the end, so that a template that exists is whole.
 */
async function ensureTemplate(server: string): Promise<string> {
  const now = new Date();
  const template = `${TEST_PREFIX}${process.env['TANBA_TEST_RUN'] ?? dayRunId(now)}_template_${await schemaDigest()}`;
  await withClient(server, async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [template]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount !== 0) return;
    const unfinished = `${template}_new`;
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${unfinished} TEMPLATE template0 ENCODING 'UTF8'`);
    await prepareTemplate(onDatabase(server, unfinished), now);
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  });
  return template;
}

async function prepareTemplate(url: string, now: Date): Promise<void> {
  const connection = { connectionString: url };
  await migrate(connection, createLog('silent'));
  const db = openDatabase(poolOptions(connection, 1));
  try {
    await ensurePartitions(db, now);
  } finally {
    await db.close();
  }
}

function poolOptions(connection: pg.ClientConfig, poolSize: number): DatabaseOptions {
  return {
    connection,
    poolSize,
    applicationName: 'tanba-test',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onIdleError: () => {},
  };
}

async function schemaDigest(): Promise<string> {
  const migrations = (await readdir(new URL('migrations/', root))).filter((file) => file.endsWith('.sql')).sort();
  const hash = createHash('sha256');
  for (const file of [
    ...migrations.map((name) => `migrations/${name}`),
    'src/store/migrate.ts',
    'src/store/partitions.ts',
  ]) {
    hash.update(file).update(await readFile(new URL(file, root)));
  }
  return hash.digest('hex').slice(0, 12);
}
