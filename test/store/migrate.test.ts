import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { createLog } from '../../src/log.ts';
import { migrate } from '../../src/store/migrate.ts';
import { newRunId, onDatabase, serverUrl, TEST_PREFIX, withClient } from '../support/postgres.ts';

const silent = createLog('silent');

describe('migrate', () => {
  const name = `${TEST_PREFIX}${process.env['TANBA_TEST_RUN'] ?? newRunId(new Date())}_${randomBytes(5).toString('hex')}`;
  let server: string;
  let connection: { connectionString: string };

  beforeEach(async () => {
    server = await serverUrl();
    connection = { connectionString: onDatabase(server, name) };
    await withClient(server, (client) => client.query(`create database ${name} template template0`));
  });

  afterEach(async () => {
    await withClient(server, (client) => client.query(`drop database ${name} with (force)`));
  });

  async function appliedMigrations(): Promise<string[]> {
    const { rows } = await withClient(connection.connectionString, (client) =>
      client.query<{ name: string }>('select name from migration order by id'),
    );
    return rows.map((row) => `${row.name}.sql`);
  }

  async function migrationFiles(): Promise<string[]> {
    return (await readdir(new URL('../../migrations/', import.meta.url))).sort();
  }

  it('applies every migration in order', async () => {
    await migrate(connection, silent);
    assert.deepEqual(await appliedMigrations(), await migrationFiles());
  });

  it('applies each once when several hubs start together', async () => {
    await Promise.all([migrate(connection, silent), migrate(connection, silent), migrate(connection, silent)]);
    assert.deepEqual(await appliedMigrations(), await migrationFiles());
  });

  it('has nothing to do at the next start', async () => {
    await migrate(connection, silent);
    await migrate(connection, silent);
    assert.deepEqual(await appliedMigrations(), await migrationFiles());
  });
});
