import assert from 'node:assert/strict';
import { TanbaError } from '../../src/core/errors.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import {
  emitCodes,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  push,
  RETAILER,
  receiptOf,
  sscc,
  statusesOf,
} from '../support/goods.ts';

describe('the receipt desk', () => {
  let store: TestDatabase;
  let circulation: Circulation;

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
  });
  beforeEach(() => {
    circulation = openCirculation(store, movableClock());
  });
  afterEach(() => circulation.stop());
  after(() => store.drop());

  async function inCirculation(count: number, owner = RETAILER): Promise<string[]> {
    return emitCodes(store.db, count, { status: 'in_circulation', owner });
  }
  const codeOf = (error: unknown): string => (error instanceof TanbaError ? error.code : String(error));

  it('sells the codes of a receipt', async () => {
    const codes = await inCirculation(3);
    const { outcomes } = await push(circulation, receiptOf(codes));
    assert.deepEqual(
      outcomes,
      codes.map((cis) => ({ cis, outcome: 'sold', anomaly: null })),
    );
    assert.deepEqual(await statusesOf(store.db, codes), ['withdrawn', 'withdrawn', 'withdrawn']);
  });

  it('answers the same receipt again with the first answer and no second effect', async () => {
    const codes = await inCirculation(1);
    const receipt = receiptOf(codes);
    const first = await push(circulation, receipt);
    const second = await push(circulation, receipt);
    assert.deepEqual(second.outcomes, first.outcomes);
    assert.equal(second.receiptId, first.receiptId);
    const history = await store.db.query('select 1 from code_history where cis = $1', [codes[0]]);
    assert.equal(history.rowCount, 1);
  });

  it('joins the same receipt sent twice at once', async () => {
    const receipt = receiptOf(await inCirculation(1));
    const [first, second] = await Promise.all([push(circulation, receipt), push(circulation, receipt)]);
    assert.equal(first?.receiptId, second?.receiptId);
  });

  it('keeps both bodies of a key used twice, and gives the second no effect', async () => {
    const [one = '', two = ''] = await inCirculation(2);
    const first = receiptOf([one], { fiscalSign: 'twice' });
    await push(circulation, first);
    await assert.rejects(push(circulation, { ...first, items: receiptOf([two]).items }), (error) => {
      assert.equal(codeOf(error), 'receipts.conflict');
      return true;
    });
    assert.deepEqual(await statusesOf(store.db, [two]), ['in_circulation']);
    const kept = await store.db.query(`select raw from receipt_conflict where fiscal_sign = 'twice'`);
    assert.equal(kept.rowCount, 1);
  });

  it('never refuses a receipt because a code in it is wrong', async () => {
    const [sold = ''] = await inCirculation(1);
    const [emitted = ''] = await emitCodes(store.db, 1);
    const unknown = `${sold.slice(0, -3)}zzz`;
    const { outcomes } = await push(circulation, receiptOf([sold, emitted, unknown, 'no code', sold]));
    assert.deepEqual(
      outcomes.map(({ outcome, anomaly }) => `${outcome} ${anomaly}`),
      [
        'sold null',
        'unchanged sold_before_application',
        'unchanged unknown_code',
        'unchanged malformed_code',
        'unchanged repeated_in_receipt',
      ],
    );
  });

  it('keeps the order of a sale and its return that arrive together', async () => {
    const [cis = ''] = await inCirculation(1);
    const [sale, back] = await Promise.all([
      push(circulation, receiptOf([cis])),
      push(circulation, receiptOf([cis], { operation: 'sale_return' })),
    ]);
    assert.equal(sale?.outcomes[0]?.outcome, 'sold');
    assert.equal(back?.outcomes[0]?.outcome, 'returned');
    assert.deepEqual(await statusesOf(store.db, [cis]), ['in_circulation']);
  });

  it('lets one poisoned receipt among fifty fail alone', async () => {
    const codes = await inCirculation(50);
    await store.db.query(`alter table receipt add constraint poison check (fiscal_sign <> 'poison') not valid`);
    try {
      const answers = await Promise.allSettled(
        codes.map((cis, index) => push(circulation, receiptOf([cis], index === 20 ? { fiscalSign: 'poison' } : {}))),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        codes.map((_, index) => (index === 20 ? 'rejected' : 'fulfilled')),
      );
      const expected = codes.map((_, index) => (index === 20 ? 'in_circulation' : 'withdrawn'));
      assert.deepEqual(await statusesOf(store.db, codes), expected);
    } finally {
      await store.db.query('alter table receipt drop constraint poison');
    }
  });

  it('refuses what lies in the future without keeping it', async () => {
    const receipt = receiptOf(await inCirculation(1), { at: '2026-12-24T00:00:00Z', fiscalSign: 'future' });
    await assert.rejects(push(circulation, receipt), { name: 'TanbaError' });
    const kept = await store.db.query(`select 1 from receipt where fiscal_sign = 'future'`);
    assert.equal(kept.rowCount, 0);
  });

  it('settles a receipt whose code a document holds once the document lets go', async () => {
    const [held = '', free = ''] = await inCirculation(2);
    const holder = await store.db.pool.connect();
    await holder.query('begin');
    await holder.query('select 1 from code where cis = $1 for no key update', [held]);
    const waiting = push(circulation, receiptOf([held]));
    const other = await push(circulation, receiptOf([free]));
    assert.equal(other.outcomes[0]?.outcome, 'sold');
    await holder.query('commit');
    holder.release();
    assert.equal((await waiting).outcomes[0]?.outcome, 'sold');
  });

  it('deadlocks never, whatever the order in which overlapping receipts name their codes', async () => {
    const codes = await inCirculation(40);
    const second = openCirculation(store, movableClock());
    const receipts = Array.from({ length: 60 }, (_, index) => {
      const some = codes.filter((_code, at) => (at * 7 + index) % 3 === 0);
      return receiptOf(index % 2 === 0 ? some : some.toReversed());
    });
    await Promise.all(receipts.map((receipt, index) => push(index % 3 === 0 ? second : circulation, receipt)));
    await second.stop();
    const { rows } = await store.db.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    assert.equal(rows[0]?.deadlocks, '0');
    assert.deepEqual(
      await statusesOf(store.db, codes),
      codes.map(() => 'withdrawn'),
    );
    const sales = await store.db.query(`select cis from code_history where cis = any($1) and event = 'sold'`, [codes]);
    assert.equal(sales.rowCount, codes.length);
  });

  it('sells a unit out of an unopened pallet without touching the pallet', async () => {
    const codes = await emitCodes(store.db, 3);
    await circulation.introduce(codes);
    const pallet = sscc(1);
    const packed = await circulation.submit('aggregation', { sscc: pallet, codes });
    assert.equal(packed.status, 'accepted', JSON.stringify(packed.problems));
    const [unit = '', other = ''] = codes;
    const { outcomes } = await push(circulation, receiptOf([unit], { bin: MANUFACTURER }));
    assert.deepEqual(outcomes[0], { cis: unit, outcome: 'sold', anomaly: null });
    const { rows } = await store.db.query<{ cis: string; parent: string | null; ver: number }>(
      'select cis, parent, ver from code where cis = any($1) order by cis',
      [[unit, other, `00${pallet}`]],
    );
    assert.deepEqual(
      rows.map(({ cis, parent }) => [cis, parent]),
      [
        [`00${pallet}`, null],
        [unit, null],
        [other, `00${pallet}`],
      ],
    );
    assert.equal(rows[0]?.ver, 1);
  });

  it('sells a whole pallet by its SSCC, and with it every unit inside', async () => {
    const codes = await emitCodes(store.db, 2);
    await circulation.introduce(codes);
    const pallet = sscc(2);
    await circulation.submit('aggregation', { sscc: pallet, codes });
    const whole = await push(circulation, receiptOf([`00${pallet}`], { bin: MANUFACTURER }));
    assert.equal(whole.outcomes[0]?.outcome, 'sold');
    const unit = await push(circulation, receiptOf([codes[0] ?? ''], { bin: MANUFACTURER }));
    assert.equal(unit.outcomes[0]?.anomaly, 'already_sold');
  });

  it('gives returned goods to the seller, outside any package', async () => {
    const codes = await emitCodes(store.db, 1);
    await circulation.introduce(codes);
    await push(circulation, receiptOf(codes));
    await push(circulation, receiptOf(codes, { operation: 'sale_return' }));
    const { rows } = await store.db.query('select status, owner, parent, reason from code where cis = $1', codes);
    assert.deepEqual(rows[0], { status: 'in_circulation', owner: RETAILER, parent: null, reason: null });
  });
});
