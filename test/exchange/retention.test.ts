import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DELIVERY_STATES } from '../../src/exchange/delivery-states.ts';
import { nextRunOf } from '../../src/exchange/jobs/job.ts';
import { createReconciliationJob } from '../../src/exchange/jobs/reconciliation-job.ts';
import { createRetentionJob } from '../../src/exchange/jobs/retention.ts';
import { createLog } from '../../src/log.ts';
import { ensurePartitions } from '../../src/store/partitions.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { RowDelivery } from './rows.ts';
import { DIGEST, insertMessage, insertPartner } from './rows.ts';

const NOW = new Date('2026-11-24T03:30:00+05:00');
const DAY_MS = 86_400_000;
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);
const OLD = daysAgo(400);
/** Its own word for `long`, the general 30 and 90 days for `short`. */
const KEPT = { short: { delivered: 30, cancelled: 90 }, long: { delivered: 300, cancelled: 10 } } as const;
const TEST_ADAPTER = { name: 'test', policy: {} };

describe('retention', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
    await insertPartner(test.db, 'short');
    await insertPartner(test.db, 'long', { retention: { deliveredDays: 300, cancelledDays: 10 } });
  });
  after(() => test.drop());
  beforeEach(() => test.db.query('truncate message, delivery'));

  function run(more: Partial<Parameters<typeof createRetentionJob>[0]> = {}, signal = new AbortController().signal) {
    const job = createRetentionJob({ db: test.db, adapters: [TEST_ADAPTER], batch: 3, ...more });
    return job.run({ now: NOW, signal, log: createLog('silent') });
  }

  const finished = (partnerId: string, state: 'delivered' | 'cancelled', days: number): RowDelivery => ({
    partnerId,
    state,
    finishedAt: daysAgo(days),
  });

  async function keepsBody(messageId: string): Promise<boolean> {
    const { rows } = await test.db.query<{ body: Buffer | null; digest: Buffer }>(
      'select body, digest from message where message_id = $1',
      [messageId],
    );
    const [message] = rows;
    assert.ok(message !== undefined);
    assert.deepEqual(message.digest, DIGEST, 'the digest stays');
    return message.body !== null;
  }

  describe('of bodies', () => {
    const cases: [string, RowDelivery[], boolean][] = [
      ['delivered long enough ago', [finished('short', 'delivered', 31)], false],
      ['delivered not so long ago', [finished('short', 'delivered', 29)], true],
      ['delivered, where the partner keeps for longer', [finished('long', 'delivered', 299)], true],
      ['cancelled, where that is kept for longer', [finished('short', 'cancelled', 31)], true],
      ['cancelled, where that is kept for a shorter time', [finished('long', 'cancelled', 11)], false],
      ['needed by nobody', [finished('short', 'delivered', 301), finished('long', 'delivered', 301)], false],
      ['needed by one of two', [finished('short', 'delivered', 301), finished('long', 'delivered', 299)], true],
      ['parked', [{ partnerId: 'short', state: 'parked' }], true],
      [
        'delivered to one, parked for the other',
        [finished('long', 'cancelled', 400), { partnerId: 'short', state: 'parked' }],
        true,
      ],
      ['of a partner that nobody knows', [finished('nobody', 'delivered', 400)], true],
    ];
    for (const [name, deliveries, kept] of cases) {
      it(`${kept ? 'keeps' : 'removes'} one ${name}`, async () => {
        const messageId = await insertMessage(test.db, OLD, deliveries);
        assert.equal((await run())['bodies'], kept ? 0 : 1);
        assert.equal(await keepsBody(messageId), kept);
      });
    }

    it('keeps those that came in', async () => {
      const messageId = await insertMessage(test.db, OLD, [], 'inbound');
      await run();
      assert.ok(await keepsBody(messageId));
    });

    it('keeps everything of an adapter that this hub does not have', async () => {
      const messageId = await insertMessage(test.db, OLD, [finished('short', 'delivered', 300)]);
      assert.equal((await run({ adapters: [] }))['bodies'], 0);
      assert.ok(await keepsBody(messageId));
    });

    it('follows the adapter where the partner says nothing', async () => {
      const messageId = await insertMessage(test.db, OLD, [finished('short', 'delivered', 300)]);
      const policy = { retention: { deliveredDays: 3_650, cancelledDays: 3_650 } };
      await run({ adapters: [{ name: 'test', policy }] });
      assert.ok(await keepsBody(messageId));
    });

    it('goes on past batches that have to stay, and has nothing left to do afterwards', async () => {
      for (let count = 0; count < 20; count += 1) {
        await insertMessage(test.db, daysAgo(100), [finished(count % 3 === 0 ? 'short' : 'long', 'delivered', 99)]);
      }
      assert.equal((await run())['bodies'], 7);
      assert.equal((await run())['bodies'], 0);
    });

    it('leaves alone what an operator sends again at the same time', async () => {
      const messageId = await insertMessage(test.db, OLD, [finished('short', 'delivered', 300)]);
      await test.db.transaction(async (tx) => {
        await tx.query(`update delivery set state = 'waiting', finished_at = null where message_id = $1`, [messageId]);
        assert.equal((await run())['bodies'], 0);
      });
      assert.equal((await run())['bodies'], 0);
      assert.ok(await keepsBody(messageId));
    });

    it('stops when told to', async () => {
      await insertMessage(test.db, OLD, [finished('short', 'delivered', 300)]);
      await assert.rejects(run({}, AbortSignal.abort()));
    });

    it('keeps a body exactly as long as any partner needs it', async function () {
      this.timeout(60_000);
      const delivery = fc.record({
        partnerId: fc.constantFrom('short', 'long'),
        state: fc.constantFrom(...DELIVERY_STATES),
        days: fc.integer({ min: 0, max: 400 }),
      });
      const needed = ({
        partnerId,
        state,
        days,
      }: typeof delivery extends fc.Arbitrary<infer T> ? T : never): boolean =>
        state === 'delivered' || state === 'cancelled' ? days <= KEPT[partnerId][state] : true;
      const messages = fc.array(fc.array(delivery, { minLength: 1, maxLength: 3 }), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(messages, async (all) => {
          await test.db.query('truncate message, delivery');
          const ids: string[] = [];
          for (const deliveries of all) {
            const rows = deliveries.map(({ partnerId, state, days }) => {
              const over = state === 'delivered' || state === 'cancelled';
              return { partnerId, state, finishedAt: over ? daysAgo(days) : undefined };
            });
            ids.push(await insertMessage(test.db, OLD, rows));
          }
          await run();
          assert.deepEqual(
            await Promise.all(ids.map(keepsBody)),
            all.map((deliveries) => deliveries.some(needed)),
          );
        }),
        { numRuns: 40 },
      );
    });
  });

  describe('of the outbox', () => {
    const TODAY = new Date('2026-11-24T12:00:00Z');
    const AGED = new Date('2026-11-09T12:00:00Z');

    beforeEach(async () => {
      for (const partition of await partitions()) {
        if (partition !== 'outbox_default') await test.db.query(`drop table ${partition}`);
      }
      await test.db.query('truncate outbox');
      await ensurePartitions(test.db, new Date('2026-11-07T12:00:00Z'));
      await ensurePartitions(test.db, TODAY);
    });

    async function partitions(): Promise<string[]> {
      const { rows } = await test.db.query<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'outbox'::regclass order by 1`,
      );
      return rows.map(({ name }) => name);
    }

    const append = (at: Date, sentAt: Date | null, db: Pick<TestDatabase['db'], 'query'> = test.db): Promise<unknown> =>
      db.query(
        `insert into outbox (created_at, sent_at, message_id, bucket, topic, payload)
         values ($1, $2, gen_random_uuid(), 1, 'test', '{}')`,
        [at, sentAt],
      );

    it('drops days that ended a fortnight ago, and no later ones', async () => {
      await append(AGED, AGED);
      await append(TODAY, null);
      const { outboxDays } = await run();
      assert.deepEqual(outboxDays, {
        dropped: ['outbox_2026_11_07', 'outbox_2026_11_08'],
        unsent: [],
        busy: [],
      });
      assert.ok((await partitions()).includes('outbox_2026_11_09'), 'its fourteenth day is not over');
      assert.equal((await test.db.query('select from outbox')).rowCount, 2);
    });

    it('keeps a day in which something has not been sent', async () => {
      const day = new Date('2026-11-08T12:00:00Z');
      await append(day, day);
      await append(day, null);
      assert.deepEqual((await run())['outboxDays'], {
        dropped: ['outbox_2026_11_07'],
        unsent: ['outbox_2026_11_08'],
        busy: [],
      });
      assert.equal((await test.db.query('select from outbox')).rowCount, 2);
    });

    it('does not hold up writers for long, and tries again', async () => {
      await test.db.transaction(async (tx) => {
        await append(TODAY, null, tx);
        const { outboxDays } = await run();
        assert.deepEqual(outboxDays, { dropped: [], unsent: [], busy: ['outbox_2026_11_07', 'outbox_2026_11_08'] });
      });
      const { outboxDays } = await run();
      assert.deepEqual(outboxDays, { dropped: ['outbox_2026_11_07', 'outbox_2026_11_08'], unsent: [], busy: [] });
    });

    it('loses nothing that is written at the same time, whatever its day', async () => {
      let [written, over] = [0, false];
      const days = [new Date('2026-11-07T12:00:00Z'), new Date('2026-11-08T12:00:00Z'), TODAY];
      const writer = async (day: Date): Promise<void> => {
        while (!over) {
          await append(day, null);
          written += 1;
        }
      };
      const writers = days.map(writer);
      await run();
      over = true;
      await Promise.all(writers);
      assert.equal((await test.db.query('select from outbox')).rowCount, written);
    });
  });

  it('and the comparison run at night', () => {
    const job = createRetentionJob({ db: test.db, adapters: [] });
    const comparison = createReconciliationJob({ db: test.db, directory: { partners: () => [] } });
    const times = [job, comparison].map((each) => nextRunOf(each, NOW).getTime());
    assert.deepEqual(times, ['2026-11-25T03:30:00+05:00', '2026-11-24T04:00:00+05:00'].map(Date.parse));
    assert.throws(() => nextRunOf({ ...job, schedule: '0 0 30 2 *' }, NOW), /no time to come/);
  });
});
