import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createAnomalyList } from '../../src/core/receipts/anomaly-list.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  type Circulation,
  emitCodes,
  GTIN,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  push,
  RETAILER,
  receiptOf,
} from '../support/goods.ts';

const AUTHORITY = '050140007613';
const TOBACCO = '04870000100033';
/** With a serial of seven characters. */
const TOBACCO_CIS_LENGTH = 25;

describe('what is wrong about a receipt', () => {
  const clock = movableClock();
  let store: TestDatabase;
  let circulation: Circulation;

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
    await store.db.query(
      `insert into participant (bin, name, role, registered_at) values ($1, 'Inspection', 'authority', now())`,
      [AUTHORITY],
    );
    await store.db.query(
      `insert into product (gtin, product_group, owner_bin, card, published_at)
       select $1, 'tobacco', owner_bin, card, published_at from product where gtin = $2`,
      [TOBACCO, GTIN],
    );
  });
  beforeEach(() => {
    circulation = openCirculation(store, clock);
  });
  afterEach(() => circulation.stop());
  after(() => store.drop());

  const inCirculation = (count: number, options: object = {}): Promise<string[]> =>
    emitCodes(store.db, count, { status: 'in_circulation', owner: RETAILER, ...options });
  async function cigarettes(owner = RETAILER): Promise<string> {
    const [made = ''] = await inCirculation(1, { gtin: TOBACCO, owner });
    const cis = made.slice(0, TOBACCO_CIS_LENGTH);
    await store.db.query('update code set cis = $2 where cis = $1', [made, cis]);
    return cis;
  }
  async function recorded(receiptId: string) {
    const { rows } = await store.db.query<{ kind: string; cis: string; owner: string | null; details: object }>(
      'select kind, cis, owner, details from receipt_anomaly where receipt_id = $1 order by anomaly_id',
      [receiptId],
    );
    return rows;
  }
  async function told(receiptId: string) {
    const { rows } = await store.db.query<{ bin: string; payload: { ground: string } }>(
      `select bin, payload from outbox where topic = 'receipts.anomalies' and $1 = any(keys) order by bin`,
      [`receipt:${receiptId}`],
    );
    return rows.map(({ bin, payload }) => [bin, payload.ground]);
  }
  /** Goods that have gone the whole way, with an expiry date. */
  async function expiring(expiryDate: string): Promise<string> {
    const [cis = ''] = await emitCodes(store.db, 1);
    await circulation.submit('utilisation', { codes: [cis], productionDate: '2026-01-10', expiryDate });
    await circulation.submit('introduction', { codes: [cis], introductionType: 'PRODUCTION', date: '2026-01-11' });
    await store.db.query('update code set owner = $2 where cis = $1', [cis, RETAILER]);
    return cis;
  }

  it('is recorded with the goods’ owner, and told to owner, seller and authority', async () => {
    const [cis = ''] = await inCirculation(1, { owner: MANUFACTURER });
    const { receiptId, outcomes } = await push(circulation, receiptOf([cis]));
    assert.deepEqual(outcomes, [{ cis, outcome: 'sold', anomaly: 'sold_by_other_owner' }]);
    assert.deepEqual(await recorded(receiptId), [
      { kind: 'sold_by_other_owner', cis, owner: MANUFACTURER, details: {} },
    ]);
    assert.deepEqual(await told(receiptId), [
      [AUTHORITY, 'oversight'],
      [MANUFACTURER, 'own_goods_or_sales'],
      [RETAILER, 'own_goods_or_sales'],
    ]);
  });

  it('is nothing where nothing is wrong', async () => {
    const { receiptId } = await push(circulation, receiptOf(await inCirculation(2)));
    assert.deepEqual([await recorded(receiptId), await told(receiptId)], [[], []]);
  });

  it('is recorded and told once, however often the receipt comes', async () => {
    const receipt = receiptOf(['no code']);
    const { receiptId } = await push(circulation, receipt);
    await push(circulation, receipt);
    assert.equal((await recorded(receiptId)).length, 1);
    assert.equal((await told(receiptId)).length, 2);
  });

  it('is a sale after the expiry date, which lasts through its day in Kazakhstan', async () => {
    const fresh = await push(
      circulation,
      receiptOf([await expiring('2026-03-01')], { at: '2026-03-01T23:59:59+05:00' }),
    );
    assert.equal(fresh.outcomes[0]?.anomaly, null);
    const late = await push(
      circulation,
      receiptOf([await expiring('2026-03-01')], { at: '2026-03-02T00:00:00+05:00' }),
    );
    assert.deepEqual(
      late.outcomes.map(({ outcome, anomaly }) => [outcome, anomaly]),
      [['sold', 'sold_after_expiry']],
    );
  });

  it('is a price outside the limits of the product group, piece by piece', async () => {
    const under = await push(circulation, receiptOf([await cigarettes()], { sum: 96_999 }));
    assert.equal(under.outcomes[0]?.anomaly, 'price_out_of_range');
    assert.deepEqual((await recorded(under.receiptId))[0]?.details, { price: 96_999, minTiyn: 97_000 });
    const right = await push(circulation, receiptOf([await cigarettes()], { sum: 97_000 }));
    assert.equal(right.outcomes[0]?.anomaly, null);
  });

  it('is judged by the price that was in force at the time of the receipt', async () => {
    const earlier = receiptOf([await cigarettes()], { sum: 92_000, at: '2025-12-31T23:59:59+05:00' });
    assert.equal((await push(circulation, earlier)).outcomes[0]?.anomaly, null);
  });

  it('is no part of a unit where a mark was scanned twice, or where goods are weighed', async () => {
    const [twice = '', weighed = ''] = await inCirculation(2);
    const items = [
      { marks: [twice, twice], quantity: 1, price: 100, sum: 100 },
      { marks: [weighed], quantity: 0.35, measureUnit: '166', price: 100, sum: 35 },
    ];
    const { outcomes } = await push(circulation, { ...receiptOf([]), items });
    assert.deepEqual(
      outcomes.map(({ outcome, anomaly }) => [outcome, anomaly]),
      [
        ['sold', null],
        ['unchanged', 'repeated_in_receipt'],
        ['sold', null],
      ],
    );
  });

  it('is all recorded, and the first is told: lifecycle, then expiry, then price', async () => {
    const cis = await cigarettes(MANUFACTURER);
    const { receiptId, outcomes } = await push(circulation, receiptOf([cis], { sum: 1 }));
    assert.equal(outcomes[0]?.anomaly, 'sold_by_other_owner');
    assert.deepEqual((await recorded(receiptId)).map(({ kind }) => kind).sort(), [
      'price_out_of_range',
      'sold_by_other_owner',
    ]);
  });

  it('is a part of a unit, which stays in circulation', async () => {
    const [cis = ''] = await inCirculation(1);
    const receipt = receiptOf([cis]);
    const half = { ...receipt, items: [{ marks: [cis], quantity: 0.5, price: 100, sum: 50 }] };
    const { outcomes } = await push(circulation, half);
    assert.deepEqual(outcomes, [{ cis, outcome: 'unchanged', anomaly: 'part_of_unit' }]);
    const { rows } = await store.db.query('select status from code where cis = $1', [cis]);
    assert.deepEqual(rows, [{ status: 'in_circulation' }]);
  });

  it('has as many first records as the answers have anomalies, whatever is in the receipts', async () => {
    const goods = fc.constantFrom('own', 'foreign', 'sold', 'nonsense', 'unknown', 'twice');
    await fc.assert(
      fc.asyncProperty(fc.array(goods, { minLength: 1, maxLength: 6 }), async (kinds) => {
        const marks: string[] = [];
        for (const kind of kinds) {
          const [own = ''] = await inCirculation(1, kind === 'foreign' ? { owner: MANUFACTURER } : {});
          if (kind === 'sold') await push(circulation, receiptOf([own]));
          if (kind === 'nonsense') marks.push(`x${marks.length}`);
          else if (kind === 'unknown') marks.push(`01${GTIN}21unknown${marks.length}00000000`.slice(0, 31));
          else marks.push(own);
          if (kind === 'twice') marks.push(own);
        }
        const { receiptId, outcomes } = await push(circulation, receiptOf(marks));
        const wrong = outcomes.filter(({ anomaly }) => anomaly !== null).map(({ anomaly }) => anomaly);
        assert.deepEqual((await recorded(receiptId)).map(({ kind }) => kind).sort(), wrong.sort());
      }),
      { numRuns: 25 },
    );
  });

  describe('is listed', () => {
    const everything = { from: null, to: null, kind: null, gtin: null, after: null, limit: 1_000 };
    const list = () => createAnomalyList({ db: store.db, clock });
    const asker = (bin: string, seesEverything = false) => ({ bin, ip: '127.0.0.1', seesEverything });

    it('to everybody who sold or owned the goods, to nobody else', async () => {
      const [cis = ''] = await inCirculation(1, { owner: MANUFACTURER });
      const { receiptId } = await push(circulation, receiptOf([cis]));
      for (const bin of [RETAILER, MANUFACTURER]) {
        const page = await list().page(asker(bin), everything);
        assert.equal(page.filter((one) => one.receiptId === receiptId).length, 1, bin);
      }
      const seenBy = async (bin: string) =>
        (await list().page(asker(bin), everything)).find((one) => one.receiptId === receiptId);
      const [seller, owner] = [await seenBy(RETAILER), await seenBy(MANUFACTURER)];
      assert.deepEqual([seller?.owner, owner?.registerId, owner?.seller], [null, null, RETAILER]);
      assert.deepEqual(await list().page(asker('110940003475'), everything), []);
    });

    it('to authorities whole, and that is written down', async () => {
      const page = await list().page(asker(AUTHORITY, true), everything);
      const { rows } = await store.db.query<{ count: number }>(
        'select count(*)::integer as count from receipt_anomaly',
      );
      assert.equal(page.length, rows[0]?.count);
      const audit = await store.db.query(`select from audit where action = 'anomalies.read' and bin = $1`, [AUTHORITY]);
      assert.equal(audit.rowCount, 1);
    });

    it('page by page, without gaps and repetitions', async () => {
      const whole = await list().page(asker(RETAILER), everything);
      const paged: string[] = [];
      for (let after: string | null = null; ; ) {
        const page = await list().page(asker(RETAILER), { ...everything, after, limit: 2 });
        paged.push(...page.map(({ anomalyId }) => anomalyId));
        after = page.at(-1)?.anomalyId ?? null;
        if (page.length < 2) break;
      }
      assert.deepEqual(
        paged,
        whole.map(({ anomalyId }) => anomalyId),
      );
    });
  });
});
