import assert from 'node:assert/strict';
import { TanbaError } from '../../src/core/errors.ts';
import {
  fetchPack,
  gtinOf,
  IMPORTER,
  type Issuing,
  issuedCis,
  lineOf,
  MAKER,
  type OrderDesk,
  openOrderDesk,
  place,
  problemsOf,
  requestOf,
  withCode,
} from './order-desk.ts';

describe('an order of codes', () => {
  let desk: OrderDesk;
  let issuing: Issuing;

  before(async () => {
    desk = await openOrderDesk();
  });

  after(() => desk.close());

  beforeEach(async () => {
    await desk.reset();
    desk.clock.set('2026-11-24T09:00:00Z');
    issuing = await desk.open({ limits: { codesPerGtinPerOrder: 1_000, codesPerDayDefault: 5_000, activeOrders: 3 } });
  });

  const order = (...products: ReturnType<typeof lineOf>[]) =>
    issuing.orders.place(MAKER, requestOf('water', ...products), undefined);

  it('becomes ready, with one row per code that says whose it is', async () => {
    const gtin = await desk.goods('water');
    const orderId = await place(issuing.orders, 'water', lineOf(gtin, 100));
    const cis = await issuedCis(desk.db, issuing.orders, orderId);
    assert.equal(new Set(cis).size, 100);
    assert.ok(cis.every((code) => code.startsWith(`01${gtin}21`) && code.length === 31));
    const { rows } = await desk.db.query(`select distinct type, status, ver, hold, owner, parent from code`);
    assert.deepEqual(rows, [{ type: 'unit', status: 'emitted', ver: 0, hold: 'none', owner: MAKER.bin, parent: null }]);
    assert.equal((await issuing.orders.get(MAKER, orderId)).order.status, 'ready');
  });

  it('tells the outside once when all of its lines are ready', async () => {
    const gtins = [await desk.goods('water'), await desk.goods('water'), await desk.goods('water')];
    const orderId = await place(issuing.orders, 'water', ...gtins.map((gtin) => lineOf(gtin, 10)));
    await issuedCis(desk.db, issuing.orders, orderId);
    const { rows } = await desk.db.query('select topic, payload from outbox');
    assert.deepEqual(rows, [{ topic: 'order.ready', payload: { orderId } }]);
  });

  it('keeps its seed and own serials out of the audit', async () => {
    const gtin = await desk.goods('water');
    await place(issuing.orders, 'water', lineOf(gtin, 1, ['secretserial1']));
    const { rows } = await desk.db.query<{ details: object }>(
      `select details from audit where action = 'order.placed'`,
    );
    assert.deepEqual(rows, [{ details: { productGroup: 'water', codes: 1 } }]);
  });

  describe('is refused', () => {
    const water = (count: number) => Array.from({ length: count }, () => desk.goods('water'));

    it('with all of its problems at once', async () => {
      const mine = await desk.goods('water');
      const foreign = await desk.goods('water', IMPORTER.bin);
      const milk = await desk.goods('milk');
      const absent = gtinOf(999_999);
      assert.deepEqual(
        await problemsOf(
          order(
            lineOf('123', 1),
            lineOf(mine.slice(0, 13) + ((Number(mine[13]) + 1) % 10), 1),
            lineOf(absent, 1),
            lineOf(foreign, 0),
            lineOf(milk, 1_001),
            lineOf(mine, -5, ['a']),
            lineOf(mine, 1),
          ),
        ),
        [
          '/products/0/gtin code.gtin_malformed',
          '/products/1/gtin code.gtin_check_digit',
          '/products/2/gtin orders.gtin_not_in_catalogue',
          '/products/3/gtin orders.gtin_not_yours',
          '/products/3/quantity orders.quantity_invalid',
          '/products/4/gtin orders.gtin_of_other_group',
          '/products/4/quantity orders.quantity_too_large',
          '/products/5/quantity orders.quantity_invalid',
          '/products/5/serialNumbers orders.serials_count_differs',
          '/products/6/gtin orders.gtin_repeated',
        ],
      );
    });

    it('for an unknown product group', async () => {
      const placing = issuing.orders.place(
        MAKER,
        requestOf('rockets', lineOf(await desk.goods('water'), 1)),
        undefined,
      );
      assert.deepEqual(await problemsOf(placing), ['/productGroup orders.unknown_product_group']);
    });

    it('without goods', async () => {
      assert.deepEqual(await problemsOf(order()), ['/products orders.no_products']);
    });

    it('with more than ten GTINs', async () => {
      const gtins = await Promise.all(water(11));
      assert.deepEqual(await problemsOf(order(...gtins.map((gtin) => lineOf(gtin, 1)))), [
        '/products orders.too_many_gtins',
      ]);
    });

    it('for own serials that do not fit, each in its place', async () => {
      const gtin = await desk.goods('lp');
      const serials = [
        '3aaaaaaaaaaaa',
        '3aaaaaaaaaaaa',
        '3aaaaaaaaaaa',
        '4aaaaaaaaaaaa',
        '3aaaaaaaaaaa ',
        "3'; drop --aa",
      ];
      const placing = issuing.orders.place(MAKER, requestOf('lp', lineOf(gtin, 6, serials)), undefined);
      assert.deepEqual(await problemsOf(placing), [
        '/products/0/serialNumbers/1 orders.serial_repeated',
        '/products/0/serialNumbers/2 code.serial_length',
        '/products/0/serialNumbers/3 code.serial_prefix',
        '/products/0/serialNumbers/4 code.serial_alphabet',
        '/products/0/serialNumbers/5 code.serial_alphabet',
      ]);
    });

    it('for missing own serials, and for serials where the operator makes them', async () => {
      const [one, other] = [await desk.goods('water'), await desk.goods('water')];
      const unasked = { ...lineOf(other, 1), serialNumbers: ['aaaaaaaaaaaaa'] };
      assert.deepEqual(await problemsOf(order(lineOf(one, 1, []), unasked)), [
        '/products/0/serialNumbers orders.serials_missing',
        '/products/1/serialNumbers orders.serials_not_expected',
      ]);
    });

    it('at once for an own serial that was issued before', async () => {
      const gtin = await desk.goods('water');
      const first = await place(issuing.orders, 'water', lineOf(gtin, 2, ['aaaaaaaaaaaaa', 'bbbbbbbbbbbbb']));
      await issuedCis(desk.db, issuing.orders, first);
      assert.deepEqual(await problemsOf(order(lineOf(gtin, 2, ['ccccccccccccc', 'bbbbbbbbbbbbb']))), [
        '/products/0/serialNumbers/1 orders.serial_already_issued',
      ]);
    });

    it('over the day’s quota, until midnight in Kazakhstan', async () => {
      desk.clock.set('2026-11-24T18:59:00Z');
      const gtin = await desk.goods('water');
      for (let i = 0; i < 2; i += 1) await order(lineOf(gtin, 1_000));
      await desk.db.query(`insert into emission_quota values ($1, 'water', 2500)`, [MAKER.bin]);
      await assert.rejects(order(lineOf(gtin, 501)), (error) => {
        assert.ok(error instanceof TanbaError);
        assert.equal(error.code, 'orders.quota_exceeded');
        assert.deepEqual(error.options.details, { quota: 2_500, left: 500 });
        assert.equal(error.options.retryAfterSeconds, 60);
        return true;
      });
      desk.clock.set('2026-11-24T19:00:00Z');
      await order(lineOf(gtin, 501));
    });

    it('while too many orders are open', async () => {
      const gtin = await desk.goods('water');
      const first = await place(issuing.orders, 'water', lineOf(gtin, 1));
      await issuedCis(desk.db, issuing.orders, first);
      for (let i = 0; i < 2; i += 1) await order(lineOf(gtin, 1));
      await assert.rejects(order(lineOf(gtin, 1)), withCode('orders.too_many_active'));
      await issuing.orders.close(MAKER, first);
      await order(lineOf(gtin, 1));
    });

    it('when a serial would become easier to guess than 1 in 10,000', async () => {
      const gtin = await desk.goods('milk');
      const orderId = await place(issuing.orders, 'milk', lineOf(gtin, 1));
      await issuedCis(desk.db, issuing.orders, orderId);
      // 62^6 / 10,000 = 5,680,023 codes; so many orders would take too long here.
      await desk.db.query('update order_line set quantity = 5680013');
      desk.clock.advance({ days: 1 });
      const placing = (quantity: number) =>
        issuing.orders.place(MAKER, requestOf('milk', lineOf(gtin, quantity)), undefined);
      assert.deepEqual(await problemsOf(placing(11)), ['/products/0/quantity orders.serial_space_exhausted']);
      await placing(10);
    });
  });

  it('is invisible to every other participant', async () => {
    const orderId = await place(issuing.orders, 'water', lineOf(await desk.goods('water'), 1));
    await assert.rejects(issuing.orders.get(IMPORTER, orderId), withCode('orders.not_found'));
    await assert.rejects(issuing.orders.close(IMPORTER, orderId), withCode('orders.not_found'));
    await assert.rejects(issuing.orders.get(MAKER, "1' or true"), withCode('orders.not_found'));
  });

  it('shares a day’s quota with no other order, however many are placed together', async () => {
    await issuing.stop();
    issuing = await desk.open({ limits: { codesPerDayDefault: 5_000 }, emits: false });
    const [one, other] = [await desk.goods('water'), await desk.goods('water')];
    const placings = Array.from({ length: 20 }, (_, i) =>
      order(lineOf(i % 2 === 0 ? one : other, 300), lineOf(i % 2 === 0 ? other : one, 300)),
    );
    const results = await Promise.allSettled(placings);
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 8);
  });

  describe('with an idempotency key', () => {
    let gtin: string;

    beforeEach(async () => {
      gtin = await desk.goods('water');
    });

    const send = (quantity: number) => issuing.orders.place(MAKER, requestOf('water', lineOf(gtin, quantity)), 'key');

    it('is one order, however often it is sent', async () => {
      const first = await send(5);
      desk.clock.advance({ hours: 1 });
      assert.deepEqual(await send(5), first);
    });

    it('is one order when it is sent twice at the same time', async () => {
      const placed = await Promise.all([send(5), send(5), send(5)]);
      assert.equal(new Set(placed.map(({ orderId }) => orderId)).size, 1);
    });

    it('is a conflict when it says something else', async () => {
      await send(5);
      await assert.rejects(send(6), withCode('request.idempotency_conflict'));
    });
  });

  describe('when closed', () => {
    it('gives packs handed over before, and no new ones', async () => {
      const gtin = await desk.goods('water');
      const orderId = await place(issuing.orders, 'water', lineOf(gtin, 10));
      const { packId, stream } = await fetchPack(issuing.orders, orderId, gtin, { quantity: 4 });
      stream.destroy();
      assert.equal((await issuing.orders.close(MAKER, orderId)).lines[0]?.status, 'closed');
      const again = await fetchPack(issuing.orders, orderId, gtin);
      again.stream.destroy();
      assert.equal(again.packId, packId);
      await assert.rejects(fetchPack(issuing.orders, orderId, gtin, { lastPackId: packId }), withCode('orders.closed'));
    });

    it('may be closed again, with the same answer', async () => {
      const orderId = await place(issuing.orders, 'water', lineOf(await desk.goods('water'), 1));
      await issuedCis(desk.db, issuing.orders, orderId);
      const first = await issuing.orders.close(MAKER, orderId);
      assert.deepEqual(await issuing.orders.close(MAKER, orderId), first);
    });

    it('is not closed while its codes are being made', async () => {
      await issuing.stop();
      issuing = await desk.open({ emits: false });
      const orderId = await place(issuing.orders, 'water', lineOf(await desk.goods('water'), 1));
      await assert.rejects(issuing.orders.close(MAKER, orderId), withCode('orders.not_ready'));
    });
  });
});
