import assert from 'node:assert/strict';
import { createOutageRegister } from '../../src/core/outages/outage-register.ts';
import type { Outages } from '../../src/core/outages/outages.ts';
import { createOutages } from '../../src/core/outages/outages.ts';
import { newId } from '../../src/store/ids.ts';
import { withCode } from '../codes/order-desk.ts';
import type { MovableClock } from '../support/clock.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';

const OPERATOR = { bin: '940240001119', ip: '127.0.0.1' };
const TITLE = { kk: 'Үзіліс', ru: 'Перерыв', en: 'Outage' };
/** A Friday. */
const NOW = '2026-11-27T15:00:00+05:00';
const FROM = new Date('2026-11-27T10:00:00+05:00');
const YEAR_MS = 366 * 86_400_000;

describe('outages', () => {
  let store: TestDatabase;
  let clock: MovableClock;
  let outages: Outages;

  before(async () => {
    store = await createTestDatabase();
    await store.db.query(
      `insert into participant (bin, name, role, registered_at) values ($1, 'Operator', 'operator', now())`,
      [OPERATOR.bin],
    );
  });
  after(() => store.drop());
  beforeEach(async () => {
    await store.db.query('delete from outage; delete from audit');
    clock = movableClock(NOW);
    outages = createOutages({ db: store.db, clock, register: createOutageRegister(store.db) });
  });

  const announce = (from = FROM, to: Date | null = null) => outages.announce(OPERATOR, { from, to, title: TITLE });
  const end = (outageId: string, to = clock.now()) => outages.end(OPERATOR, outageId, to);
  const list = () => outages.list({ after: null, limit: 100 });

  it('may have no end yet, nor a time of keying in', async () => {
    const announced = await announce();
    assert.deepEqual([announced.to, announced.keyInBy], [null, null]);
    assert.deepEqual(await list(), [announced]);
  });

  it('leave one working day after their end to key in what was paper', async () => {
    const { outageId } = await announce();
    const ended = await end(outageId);
    assert.deepEqual(ended.keyInBy, new Date('2026-11-30T23:59:59.999+05:00'));
    assert.deepEqual(await list(), [ended]);
  });

  it('may be announced with their end, as planned works are', async () => {
    const to = new Date('2026-11-29T10:00:00+05:00');
    const { keyInBy } = await announce(new Date('2026-11-28T10:00:00+05:00'), to);
    assert.deepEqual(keyInBy, new Date('2026-11-30T23:59:59.999+05:00'));
  });

  it('end earlier or later than planned', async () => {
    const { outageId } = await announce(FROM, new Date('2026-11-28T10:00:00+05:00'));
    assert.deepEqual((await end(outageId)).to, clock.now());
  });

  it('end once', async () => {
    const { outageId } = await announce();
    await end(outageId);
    await assert.rejects(end(outageId), withCode('outages.ended'));
  });

  it('end once, whoever tells it at the same time', async () => {
    const { outageId } = await announce();
    const ends = await Promise.allSettled([end(outageId), end(outageId), end(outageId)]);
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('do not end in the future, nor when they begin', async () => {
    const { outageId } = await announce();
    for (const to of [new Date(clock.now().getTime() + 1), FROM]) {
      await assert.rejects(end(outageId, to), withCode('outages.period_invalid'));
    }
    assert.deepEqual((await end(outageId, new Date(FROM.getTime() + 1))).to, new Date(FROM.getTime() + 1));
  });

  it('end after they begin', async () => {
    await assert.rejects(announce(FROM, FROM), withCode('outages.period_invalid'));
    await announce(FROM, new Date(FROM.getTime() + 1));
  });

  for (const [side, shift] of [
    ['before', -1],
    ['behind', 1],
  ] as const) {
    it(`lie no more than a year ${side} now`, async () => {
      const edge = clock.now().getTime() + shift * YEAR_MS;
      await announce(new Date(edge));
      await assert.rejects(announce(new Date(edge + shift)), withCode('outages.period_invalid'));
    });
  }

  it('that nobody announced do not end', async () => {
    await assert.rejects(end(newId(new Date())), withCode('outages.not_found'));
  });

  it('are listed the newest first, page by page', async () => {
    const ids: string[] = [];
    for (let left = 3; left > 0; left -= 1) {
      clock.advance({ seconds: 1 });
      ids.unshift((await announce()).outageId);
    }
    const first = await outages.list({ after: null, limit: 2 });
    const rest = await outages.list({ after: first.at(-1)?.outageId ?? null, limit: 2 });
    assert.deepEqual(
      [...first, ...rest].map(({ outageId }) => outageId),
      ids,
    );
  });

  it('are written down with who announced and ended them', async () => {
    const { outageId } = await announce();
    await end(outageId);
    const { rows } = await store.db.query('select bin, action from audit where subject = $1 order by audit_id', [
      outageId,
    ]);
    assert.deepEqual(rows, [
      { bin: OPERATOR.bin, action: 'outage.announced' },
      { bin: OPERATOR.bin, action: 'outage.ended' },
    ]);
  });

  it('are known to rules from the announcement on, to other hubs from their next refresh', async () => {
    const register = createOutageRegister(store.db);
    const other = createOutageRegister(store.db);
    outages = createOutages({ db: store.db, clock, register });
    await announce();
    const known = [{ from: FROM, keyInBy: null }];
    assert.deepEqual([register.known(), other.known()], [known, []]);
    await other.refresh();
    assert.deepEqual(other.known(), known);
  });
});
