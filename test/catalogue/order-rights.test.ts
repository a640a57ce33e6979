import assert from 'node:assert/strict';
import { createTrust, type Trust } from '../../src/core/catalogue/trust.ts';
import {
  gtinOf,
  IMPORTER,
  type Issuing,
  lineOf,
  MAKER,
  type OrderDesk,
  openOrderDesk,
  problemsOf,
  requestOf,
} from '../codes/order-desk.ts';
import { refusalOf } from './card-desk.ts';

describe('codes of a GTIN', () => {
  let desk: OrderDesk;
  let issuing: Issuing;
  let trust: Trust;

  before(async () => {
    desk = await openOrderDesk();
    issuing = await desk.open();
    trust = createTrust({ db: desk.db, clock: desk.clock });
  });
  after(() => desk.close());

  const order = (asker: typeof MAKER | typeof IMPORTER, ...gtins: string[]) =>
    issuing.orders.place(asker, requestOf('water', ...gtins.map((gtin) => lineOf(gtin, 2))), undefined);

  it('are ordered by its owner', async () => {
    assert.deepEqual(await problemsOf(order(MAKER, await desk.goods('water'))), []);
  });

  it('are ordered by a participant whom the owner trusts, and are theirs', async () => {
    const gtin = await desk.goods('water');
    await trust.grant(MAKER, gtin, IMPORTER.bin);
    const { orderId } = await order(IMPORTER, gtin);
    const signal = new AbortController().signal;
    const pack = await issuing.orders.fetch(IMPORTER, {
      ...{ orderId, gtin, quantity: undefined, lastPackId: undefined, format: 'json', waitSeconds: 15 },
      signal,
    });
    pack.stream.destroy();
    const { rows } = await desk.db.query(`select distinct owner from code where cis like $1`, [`01${gtin}%`]);
    assert.deepEqual(rows, [{ owner: IMPORTER.bin }]);
  });

  it('are refused to one trusted with another GTIN only', async () => {
    const [trusted, other] = [await desk.goods('water'), await desk.goods('water')];
    await trust.grant(MAKER, trusted, IMPORTER.bin);
    assert.deepEqual(await problemsOf(order(IMPORTER, trusted, other)), ['/products/1/gtin orders.gtin_not_yours']);
  });

  it('are refused as soon as the trust is withdrawn', async () => {
    const gtin = await desk.goods('water');
    await trust.grant(MAKER, gtin, IMPORTER.bin);
    await order(IMPORTER, gtin);
    await trust.revoke(MAKER, gtin, IMPORTER.bin);
    assert.deepEqual(await problemsOf(order(IMPORTER, gtin)), ['/products/0/gtin orders.gtin_not_yours']);
  });

  for (const status of ['blocked', 'archived'] as const) {
    it(`are refused as soon as its card is ${status}`, async () => {
      const gtin = await desk.goods('water');
      await order(MAKER, gtin);
      await desk.db.query('update product set status = $2 where gtin = $1', [gtin, status]);
      assert.deepEqual(await problemsOf(order(MAKER, gtin)), [`/products/0/gtin orders.gtin_${status}`]);
    });
  }
});

describe('the trust of an owner', () => {
  let desk: OrderDesk;
  let trust: Trust;

  before(async () => {
    desk = await openOrderDesk();
    trust = createTrust({ db: desk.db, clock: desk.clock });
  });
  after(() => desk.close());

  const trusted = async (gtin: string) => (await trust.page(MAKER, gtin, null, 10)).map(({ bin }) => bin);

  it('is granted once, and kept as history when it is withdrawn and granted anew', async () => {
    const gtin = await desk.goods('water');
    await trust.grant(MAKER, gtin, IMPORTER.bin);
    await trust.grant(MAKER, gtin, IMPORTER.bin);
    assert.deepEqual(await trusted(gtin), [IMPORTER.bin]);
    await trust.revoke(MAKER, gtin, IMPORTER.bin);
    assert.deepEqual(await trusted(gtin), []);
    await trust.grant(MAKER, gtin, IMPORTER.bin);
    const { rowCount } = await desk.db.query('select from gtin_trust where gtin = $1', [gtin]);
    assert.equal(rowCount, 2);
    const { rows } = await desk.db.query('select action from audit where subject = $1 order by audit_id', [gtin]);
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['gtin_trust.granted', 'gtin_trust.revoked', 'gtin_trust.granted'],
    );
  });

  it('is listed page by page', async () => {
    const gtin = await desk.goods('water');
    await trust.grant(MAKER, gtin, IMPORTER.bin);
    assert.deepEqual(await trust.page(MAKER, gtin, IMPORTER.bin, 10), []);
  });

  it('is given by the owner of a published GTIN only', async () => {
    const gtin = await desk.goods('water');
    assert.deepEqual(await refusalOf(trust.grant(IMPORTER, gtin, MAKER.bin)), ['/gtin catalogue.not_yours']);
    assert.deepEqual(await refusalOf(trust.grant(MAKER, gtinOf(999_999), IMPORTER.bin)), ['/gtin catalogue.not_found']);
  });

  it('is given to registered participants other than the owner', async () => {
    const gtin = await desk.goods('water');
    assert.deepEqual(await refusalOf(trust.grant(MAKER, gtin, '150340001236')), ['/bin participants.unknown']);
    assert.deepEqual(await refusalOf(trust.grant(MAKER, gtin, MAKER.bin)), ['/bin catalogue.trust_in_oneself']);
  });

  it('cannot be withdrawn where it was not given', async () => {
    const gtin = await desk.goods('water');
    assert.deepEqual(await refusalOf(trust.revoke(MAKER, gtin, IMPORTER.bin)), ['/bin catalogue.trust_not_found']);
  });
});
