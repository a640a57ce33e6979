import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { TanbaError } from '../../../src/core/errors.ts';
import { DELIVERY_STATES } from '../../../src/exchange/delivery-states.ts';
import type { OperatorDesk } from '../../../src/exchange/operator/desk.ts';
import { REPLAYABLE_STATES, type ReplaySelection, type ReplayWish } from '../../../src/exchange/operator/replay.ts';
import { movableClock } from '../../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { scriptedAdapter } from '../support.ts';
import {
  auditOf,
  everything,
  forgetDeliveries,
  type Made,
  type MadeDelivery,
  makeDelivery,
  OPERATOR,
  openDesk,
  REASON,
  refuses,
} from './support.ts';

const START = Date.parse('2026-11-20T06:00:00Z');
const HOUR_MS = 3_600_000;
const PARTNERS = ['one', 'two', 'gone'];
const ALWAYS = { from: new Date(0), to: new Date('2100-01-01T00:00:00Z') };

/** No exchange runs here: what is replayed stays where the replay has put it. */
describe('the replay of deliveries', () => {
  const clock = movableClock();
  let database: TestDatabase;
  let desk: OperatorDesk;

  before(async () => {
    database = await createTestDatabase();
    await database.db.query(
      `insert into partner (partner_id, adapter, name, topics, created_at, changed_at, removed_at)
       select id, 'scripted', id, '{*}', $2, $2, case when id = 'gone' then $2::timestamptz end from unnest($1::text[]) as id`,
      [PARTNERS, clock.now()],
    );
    const directory = { find: () => undefined };
    desk = openDesk({ db: database.db, adapters: [scriptedAdapter()], directory, clock });
  });
  after(() => database.drop());
  beforeEach(() => forgetDeliveries(database.db));

  const made = fc.record({
    partnerId: fc.constantFrom(...PARTNERS),
    state: fc.constantFrom(...DELIVERY_STATES),
    topic: fc.constantFrom('document.accepted', 'order.ready'),
    lane: fc.constantFrom(null, 'order:1', 'order:2'),
    reason: fc.constantFrom(null, 'rejected'),
    outcome: fc.constantFrom(null, 'http.500'),
    body: fc.constantFrom(Buffer.from('{}'), Buffer.from('{"a":1}'), null),
    hour: fc.integer({ min: 0, max: 5 }),
  });
  const selections = fc.record(
    {
      states: fc.subarray([...REPLAYABLE_STATES], { minLength: 1 }),
      from: fc.integer({ min: 0, max: 5 }).map(atHour),
      to: fc.integer({ min: 0, max: 6 }).map(atHour),
      partnerId: fc.constantFrom(...PARTNERS),
      topic: fc.constantFrom('document.accepted', 'order.ready'),
      reason: fc.constant('rejected'),
      outcome: fc.constant('http.500'),
    },
    { requiredKeys: ['states', 'from', 'to'] },
  );

  function atHour(hour: number): Date {
    return new Date(START + hour * HOUR_MS);
  }

  async function makeAll(rows: readonly (MadeDelivery & { readonly hour: number })[]): Promise<Made[]> {
    await forgetDeliveries(database.db);
    const all: Made[] = [];
    for (const { hour, ...row } of rows) all.push(await makeDelivery(database.db, { ...row, createdAt: atHour(hour) }));
    return all;
  }

  const replayedIds = async (): Promise<Set<string>> => {
    const { rows } = await database.db.query<{ id: string }>(
      'select delivery_id as id from delivery where replays = 1',
    );
    return new Set(rows.map(({ id }) => id));
  };

  /** Its preview changes nothing, and says what it then does. */
  async function previewedAndReplayed(wish: ReplayWish) {
    const before = await everything(database.db);
    const { oldest, ...preview } = await desk.decisions.preview(wish);
    assert.deepEqual(await everything(database.db), before, 'a preview changed something');
    const counts = await desk.decisions.replay(wish, OPERATOR, REASON);
    assert.deepEqual(counts, preview);
    const ids = await replayedIds();
    assert.equal(ids.size, counts.replayed);
    for (const { deliveryId } of oldest) assert.ok(ids.has(deliveryId));
    assert.equal(oldest.length, Math.min(20, counts.replayed));
    return counts;
  }

  it('does what its preview says, for any selection', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(made, { maxLength: 25 }), selections, async (rows, selection: ReplaySelection) => {
        const all = await makeAll(rows);
        const counts = await previewedAndReplayed({ selection });
        const selected = rows
          .map((row, index) => ({ ...row, ...all[index] }))
          .filter((row) => isSelected(row, selection));
        const going = selected.filter(({ body, partnerId }) => body !== null && partnerId !== 'gone');
        assert.deepEqual(await replayedIds(), new Set(going.map(({ deliveryId }) => deliveryId)));
        assert.equal(
          counts.bodyErased,
          selected.filter(({ body, partnerId }) => body === null && partnerId !== 'gone').length,
        );
        assert.equal(counts.partnerRemoved, selected.filter(({ partnerId }) => partnerId === 'gone').length);
      }),
      { numRuns: 25 },
    );
  });

  function isSelected(
    row: {
      state: string;
      hour: number;
      partnerId: string;
      topic: string;
      reason: string | null;
      outcome: string | null;
    },
    { states, from, to, partnerId, topic, reason, outcome }: ReplaySelection,
  ): boolean {
    const wanted: readonly string[] = states;
    const at = atHour(row.hour);
    return (
      wanted.includes(row.state) &&
      at >= from &&
      at < to &&
      (partnerId ?? row.partnerId) === row.partnerId &&
      (topic ?? row.topic) === row.topic &&
      (reason ?? row.reason) === row.reason &&
      (outcome ?? row.outcome) === row.outcome
    );
  }

  it('leaves one delivery at the head of each lane, by its position, and the others queued', async () => {
    await makeAll(
      [0, 1, 2, 3].flatMap((hour) => [
        { hour, state: 'cancelled', lane: 'order:1' } as const,
        { hour, state: 'delivered', lane: 'order:2' } as const,
        { hour, state: 'parked' } as const,
      ]),
    );
    await desk.decisions.replay({ selection: { states: REPLAYABLE_STATES, ...ALWAYS } }, OPERATOR, REASON);
    const { rows } = await database.db.query(
      `select lane, array_agg(state::text order by position) as states from delivery group by lane order by lane`,
    );
    assert.deepEqual(rows, [
      { lane: 'order:1', states: ['waiting', 'queued', 'queued', 'queued'] },
      { lane: 'order:2', states: ['waiting', 'queued', 'queued', 'queued'] },
      { lane: null, states: ['waiting', 'waiting', 'waiting', 'waiting'] },
    ]);
  });

  it('starts the life of a delivery anew', async () => {
    const { deliveryId } = await makeDelivery(database.db, { state: 'parked', reason: 'out_of_attempts' });
    await database.db.query('update delivery set attempts = 7, losses = 2');
    await desk.decisions.replay({ deliveryIds: [deliveryId] }, OPERATOR, REASON);
    const { rows } = await database.db.query(
      `select state, attempts, losses, replays, due_at as "dueAt", held_by as "heldBy", carried_until as "carriedUntil",
              reason, finished_at as "finishedAt" from delivery`,
    );
    const begun = { attempts: 0, losses: 0, replays: 1, carriedUntil: null, reason: null, finishedAt: null };
    assert.deepEqual(rows, [{ state: 'waiting', dueAt: clock.now(), heldBy: 'replay', ...begun }]);
  });

  it('tells of a list what does not go, and why', async () => {
    const ids = [];
    for (const row of [
      { state: 'parked' },
      { state: 'waiting' },
      { state: 'parked', body: null },
      { state: 'parked', partnerId: 'gone' },
    ] as const) {
      ids.push((await makeDelivery(database.db, row)).deliveryId);
    }
    const wish = { deliveryIds: [...ids, ids[0] ?? '', randomUUID(), 'no id'] };
    const { byPartner, ...counts } = await previewedAndReplayed(wish);
    assert.deepEqual(counts, { replayed: 1, bodyErased: 1, partnerRemoved: 1, otherState: 1, unknown: 2 });
    assert.deepEqual(byPartner, [{ partnerId: 'one', state: 'parked', deliveries: 1 }]);
  });

  it('writes down who replayed what, and why', async () => {
    const { deliveryId } = await makeDelivery(database.db, { state: 'parked' });
    await desk.decisions.replay({ deliveryIds: [deliveryId] }, OPERATOR, REASON);
    const selection = { states: ['cancelled'] as const, ...ALWAYS, partnerId: 'one' };
    await desk.decisions.replay({ selection }, OPERATOR, REASON);
    const [list, selected] = await auditOf(database.db);
    assert.equal(list?.action, 'deliveries.replayed');
    assert.equal(list?.subject, deliveryId);
    assert.equal(list?.details['reason'], REASON);
    assert.deepEqual(list?.details['deliveryIds'], [deliveryId]);
    assert.equal(list?.details['replayed'], 1);
    assert.equal(selected?.subject, 'one');
    assert.deepEqual(Object(selected?.details['selection']).states, ['cancelled']);
  });

  it('replays each delivery once, however many ask for it at once', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, hour) => ({ hour: hour % 5, state: 'parked', lane: `order:${hour % 3}` }) as const,
    );
    await makeAll(rows);
    const wish = { selection: { states: ['parked'] as const, ...ALWAYS } };
    const counts = await Promise.all([1, 2, 3, 4].map(() => desk.decisions.replay(wish, OPERATOR, REASON)));
    assert.equal(
      counts.reduce((sum, { replayed }) => sum + replayed, 0),
      40,
    );
    assert.equal((await replayedIds()).size, 40);
  });

  it('takes 100,000 in one statement and refuses more, in a preview too', async () => {
    await database.db.query(
      `with made as (
         insert into message (created_at, message_id, bucket, direction, topic, bin, trace, digest, body)
         select $1, gen_random_uuid(), 0, 'outbound', 'bulk.told', '', '', '', '{}' from generate_series(1, 100001)
         returning message_id)
       insert into delivery (delivery_id, message_id, message_at, partner_id, topic, state, due_at, created_at)
       select gen_random_uuid(), message_id, $1, 'one', 'bulk.told', 'parked', $1, $1 from made`,
      [atHour(0)],
    );
    const selection = { states: ['parked'] as const, ...ALWAYS };
    await refusesTooMuch(() => desk.decisions.replay({ selection }, OPERATOR, REASON));
    await refusesTooMuch(() => desk.decisions.preview({ selection }));
    await database.db.query(`delete from delivery where delivery_id in (select delivery_id from delivery limit 1)`);
    const preview = await desk.decisions.preview({ selection });
    assert.equal(preview.replayed, 100_000);
    assert.equal((await desk.decisions.replay({ selection }, OPERATOR, REASON)).replayed, 100_000);
  });

  /** As `refuses`, without comparing 100,000 rows. */
  async function refusesTooMuch(work: () => Promise<unknown>): Promise<void> {
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof TanbaError);
      assert.equal(error.code, 'exchange.selection_too_large');
      assert.deepEqual(error.options.details, { count: 100_001, limit: 100_000 });
      return true;
    });
    assert.equal((await replayedIds()).size, 0);
    assert.deepEqual(await auditOf(database.db), []);
  }

  it('refuses without a reason, too many ids, and a single one that cannot go', async () => {
    const { db } = database;
    const { deliveryId } = await makeDelivery(db, { state: 'sending' });
    const replay = (ids: readonly string[], reason = REASON) =>
      desk.decisions.replay({ deliveryIds: ids }, OPERATOR, reason);
    await refuses(db, 'exchange.reason_needed', () => replay([deliveryId], 'no'));
    await refuses(db, 'exchange.delivery_state', () => replay([deliveryId]));
    await refuses(db, 'exchange.delivery_unknown', () => replay([randomUUID()]));
    const many = Array.from({ length: 1_001 }, () => randomUUID());
    await refuses(db, 'exchange.selection_too_large', () => replay(many));
  });
});
