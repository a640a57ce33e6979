import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dumpDatabase, restoreDump, serverMajor } from '../../src/store/backup/dump.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { withClient } from '../support/postgres.ts';

const DUMP_PROGRAM = 'pg_dump';
const hasClients = spawnSync(DUMP_PROGRAM, ['--version']).status === 0;

describe('the dump of a database elsewhere', () => {
  let test: TestDatabase;
  let folder: string;

  beforeEach(async () => {
    test = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'tanba-dump-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
    await test.drop();
  });

  async function empty(): Promise<void> {
    await withClient(test.url, (client) => client.query('drop schema public cascade; create schema public'));
  }

  async function bins(): Promise<string[]> {
    const { rows } = await withClient(test.url, (client) =>
      client.query<{ bin: string }>('select bin from participant'),
    );
    return rows.map(({ bin }) => bin);
  }

  async function dumpOneParticipant(): Promise<number> {
    await test.db.query(
      `insert into participant (bin, name, role, registered_at) values ('000000000000', 'Kept', 'retailer', now())`,
    );
    const major = await serverMajor(test.url);
    await dumpDatabase(test.url, folder, major);
    return major;
  }

  it('gives the rows back', async function () {
    if (!hasClients) this.skip();
    const major = await dumpOneParticipant();
    await empty();
    await restoreDump(test.url, folder, major);
    assert.deepEqual(await bins(), ['000000000000']);
  });

  it('comes back as a cluster that no hub knows, so that nothing is issued before recovery', async function () {
    if (!hasClients) this.skip();
    await test.db.query(`insert into instance (instance_id, system_identifier, timeline, created_at)
                         values (gen_random_uuid(), '1', 1, now())`);
    const major = await dumpOneParticipant();
    await empty();
    await restoreDump(test.url, folder, major);
    const { rows } = await withClient(test.url, (client) => client.query('select timeline from instance'));
    assert.deepEqual(rows, [{ timeline: 0 }]);
  });

  it('never overwrites a database that holds something', async () => {
    await assert.rejects(restoreDump(test.url, folder, 15), /holds \d+ tables/);
  });
});
