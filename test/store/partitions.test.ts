import assert from 'node:assert/strict';
import { ensurePartitions } from '../../src/store/partitions.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const NOW = new Date('2026-11-24T23:30:00+05:00');
const A_MONTH_LATER = new Date('2026-12-24T12:00:00Z');

describe('ensurePartitions', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
    await dropPartitions();
  });

  afterEach(async () => {
    await test.drop();
  });

  /** The template has those of today. */
  async function dropPartitions(): Promise<void> {
    for (const table of ['code_history', 'receipt', 'outbox']) {
      const dated = (await partitionsOf(table)).filter((name) => name !== 'default');
      for (const name of dated) await test.db.query(`drop table ${table}_${name}`);
    }
  }

  async function partitionsOf(table: string): Promise<string[]> {
    const { rows } = await test.db.query<{ name: string }>(
      `select relname as name from pg_inherits join pg_class on oid = inhrelid
        where inhparent = $1::regclass order by 1`,
      [table],
    );
    return rows.map(({ name }) => name.slice(table.length + 1));
  }

  it('gives the history its months, from the last one on', async () => {
    await ensurePartitions(test.db, NOW);
    const months = ['2026_10', '2026_11', '2026_12', '2027_01', '2027_02', 'default'];
    assert.deepEqual(await partitionsOf('code_history'), months);
  });

  it('gives receipts three months back, for those that come late', async () => {
    await ensurePartitions(test.db, NOW);
    assert.deepEqual((await partitionsOf('receipt')).slice(0, 3), ['2026_08', '2026_09', '2026_10']);
  });

  it('gives the outbox its days, of UTC', async () => {
    await ensurePartitions(test.db, NOW);
    const days = await partitionsOf('outbox');
    assert.deepEqual([days.length, days[0], days[7]], [9, '2026_11_24', '2026_12_01']);
  });

  it('changes nothing when repeated', async () => {
    await ensurePartitions(test.db, NOW);
    const first = await partitionsOf('outbox');
    await ensurePartitions(test.db, NOW);
    assert.deepEqual(await partitionsOf('outbox'), first);
  });

  it('adds what time has brought', async () => {
    await ensurePartitions(test.db, NOW);
    await ensurePartitions(test.db, A_MONTH_LATER);
    assert.ok((await partitionsOf('code_history')).includes('2027_03'));
  });

  it('is safe from several hubs at once', async () => {
    await Promise.all([NOW, NOW, NOW, NOW].map((now) => ensurePartitions(test.db, now)));
    assert.equal((await partitionsOf('outbox')).length, 9);
  });

  it('moves what had to go to the default partition', async () => {
    await test.db.query(
      `insert into outbox (created_at, message_id, bucket, topic, payload)
       values ($1, gen_random_uuid(), 1, 'late', '{}')`,
      [NOW],
    );
    await ensurePartitions(test.db, NOW);
    const { rows } = await test.db.query<{ partition: string }>(
      'select tableoid::regclass::text as partition from outbox',
    );
    assert.deepEqual(rows, [{ partition: 'outbox_2026_11_24' }]);
  });
});
