import assert from 'node:assert/strict';
import type { Print, PrintReport, Prints } from '../../src/core/prints/prints.ts';
import { createPrints } from '../../src/core/prints/prints.ts';
import { newId } from '../../src/store/ids.ts';
import { withCode } from '../codes/order-desk.ts';
import type { MovableClock } from '../support/clock.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { GTIN, MANUFACTURER, prepareGoods, RETAILER } from '../support/goods.ts';

const ORDERED = '2026-11-24T09:00:00Z';
const PRINTED = new Date('2026-11-24T10:00:00Z');
const NOW = '2026-11-24T12:00:00Z';
const OWNER = { bin: MANUFACTURER, ip: '127.0.0.1', seesEverything: false };
const OTHER = { ...OWNER, bin: RETAILER };
const OPERATOR = { ...OTHER, seesEverything: true };
const WHOLE = { after: null, limit: 100 };

describe('prints of codes', () => {
  let store: TestDatabase;
  let clock: MovableClock;
  let prints: Prints;

  before(async () => {
    store = await createTestDatabase({ poolSize: 12 });
    await prepareGoods(store.db);
    clock = movableClock(NOW);
    prints = createPrints({ db: store.db, clock });
  });
  after(() => store.drop());

  /** An order with so many codes in the participant's hands, of more. */
  async function order(handedOver: number, gtins: readonly string[] = [GTIN]): Promise<string> {
    const orderId = newId(new Date());
    await store.db.query(
      `insert into code_order (order_id, bin, product_group, release_method_type, status, created_at)
       values ($1, $2, 'shoes', 'PRIMARY', 'ready', $3)`,
      [orderId, MANUFACTURER, ORDERED],
    );
    await store.db.query(
      `insert into order_line (order_id, gtin, quantity, serial_number_type, cis_type, template, key_id, serial_numbers,
                               status, consumed, handed_over, created_at, emitted_at)
       select $1, gtin, 100, 'SELF_MADE', 'unit', 'shoes-13-88', 'test', '{}', 'active', 100, $3, $4, $4
         from unnest($2::text[]) as t (gtin)`,
      [orderId, gtins, handedOver, ORDERED],
    );
    return orderId;
  }

  const report = (orderId: string, changes: Partial<Print> = {}, key: string | null = null, as = OWNER) => {
    const plain = { kind: 'print', count: 1, printedAt: PRINTED, device: null, reason: null } as const;
    return prints.report(as, { orderId, gtin: GTIN, ...plain, ...changes }, key);
  };
  const reprint = { kind: 'reprint', reason: 'Smeared' } as const;

  async function totals(orderId: string) {
    const [line] = (await prints.list(OWNER, orderId, WHOLE)).totals;
    return line ?? assert.fail('there is a line');
  }

  it('are as many as the codes handed over', async () => {
    const orderId = await order(5);
    await report(orderId, { count: 3 });
    await report(orderId, { count: 2 });
    assert.deepEqual(await totals(orderId), { gtin: GTIN, handedOver: 5, printed: 5, reprinted: 0 });
  });

  it('are not one more', async () => {
    const orderId = await order(5);
    await report(orderId, { count: 3 });
    await assert.rejects(report(orderId, { count: 3 }), withCode('prints.too_many'));
    assert.equal((await totals(orderId)).printed, 3);
  });

  it('are counted apart from reprints, of which there may be any number', async () => {
    const orderId = await order(2);
    await report(orderId, { count: 2 });
    await report(orderId, { ...reprint, count: 2 });
    await report(orderId, { ...reprint, count: 1 });
    assert.deepEqual(await totals(orderId), { gtin: GTIN, handedOver: 2, printed: 2, reprinted: 3 });
  });

  it('are refused as a reprint without its reason', async () => {
    const orderId = await order(2);
    await assert.rejects(report(orderId, { kind: 'reprint' }), withCode('prints.reason_missing'));
  });

  it('happen between the order and now', async () => {
    const orderId = await order(4);
    await report(orderId, { printedAt: new Date(ORDERED) });
    await report(orderId, { printedAt: new Date(NOW) });
    for (const shift of [new Date(ORDERED).getTime() - 1, new Date(NOW).getTime() + 1]) {
      await assert.rejects(report(orderId, { printedAt: new Date(shift) }), withCode('prints.time_implausible'));
    }
  });

  it('concern an order of one’s own', async () => {
    const orderId = await order(1);
    await assert.rejects(report(orderId, {}, null, OTHER), withCode('orders.not_found'));
    await assert.rejects(report(orderId, {}, null, OPERATOR), withCode('orders.not_found'));
  });

  it('concern a GTIN of the order', async () => {
    const orderId = await order(1, ['04870000000999']);
    await assert.rejects(report(orderId), withCode('orders.gtin_not_in_order'));
  });

  it('are written down with who reported them', async () => {
    const orderId = await order(1);
    const { reportId } = await report(orderId, { device: 'Line 2' });
    const { rows } = await store.db.query('select bin, action, details from audit where subject = $1', [orderId]);
    const details = { gtin: GTIN, kind: 'print', count: 1, reportId };
    assert.deepEqual(rows, [{ bin: MANUFACTURER, action: 'prints.reported', details }]);
  });

  describe('reported at the same time', () => {
    it('never exceed the codes handed over', async () => {
      const orderId = await order(5);
      const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => report(orderId)));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 5);
      assert.equal((await totals(orderId)).printed, 5);
    });

    it('under one key are counted once', async () => {
      const orderId = await order(5);
      const reports = await Promise.all(Array.from({ length: 6 }, () => report(orderId, {}, `race ${orderId}`)));
      assert.equal(new Set(reports.map(({ reportId }) => reportId)).size, 1);
      assert.equal((await totals(orderId)).printed, 1);
    });

    it('under one key about two GTINs are one report and one refusal', async () => {
      const other = '04870000000999';
      const orderId = await order(5, [GTIN, other]);
      const key = `two ${orderId}`;
      const outcomes = await Promise.allSettled([report(orderId, {}, key), report(orderId, { gtin: other }, key)]);
      const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      assert.equal(refused.length, 1);
      assert.ok(withCode('request.idempotency_conflict')(refused[0]));
    });
  });

  describe('reported again under the same key', () => {
    it('have the first answer and count once, even when nothing is left', async () => {
      const orderId = await order(1);
      const first = await report(orderId, {}, `again ${orderId}`);
      clock.advance({ minutes: 5 });
      assert.deepEqual(await report(orderId, {}, `again ${orderId}`), first);
      assert.equal((await totals(orderId)).printed, 1);
    });

    it('with another content are refused', async () => {
      const orderId = await order(5);
      await report(orderId, {}, `other ${orderId}`);
      await assert.rejects(report(orderId, { count: 2 }, `other ${orderId}`), withCode('request.idempotency_conflict'));
    });
  });

  describe('are listed', () => {
    it('oldest first, page by page', async () => {
      const orderId = await order(5);
      const made: PrintReport[] = [];
      for (let count = 1; count <= 2; count += 1) {
        clock.advance({ seconds: 1 });
        made.push(await report(orderId, { count, device: 'Line 2' }));
      }
      const first = await prints.list(OWNER, orderId, { after: null, limit: 1 });
      assert.deepEqual(first.reports, [made[0]]);
      const rest = await prints.list(OWNER, orderId, { after: made[0]?.reportId ?? null, limit: 5 });
      assert.deepEqual(rest.reports, [made[1]]);
    });

    it('to nobody else', async () => {
      const orderId = await order(1);
      await assert.rejects(prints.list(OTHER, orderId, WHOLE), withCode('orders.not_found'));
    });

    it('to the operator, which leaves its trace', async () => {
      const orderId = await order(1);
      assert.equal((await prints.list(OPERATOR, orderId, WHOLE)).totals.length, 1);
      const { rows } = await store.db.query('select action, details from audit where subject = $1', [orderId]);
      assert.deepEqual(rows, [{ action: 'prints.disclosed', details: { ground: 'role', of: MANUFACTURER } }]);
    });
  });
});
