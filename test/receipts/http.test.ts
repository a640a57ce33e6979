import assert from 'node:assert/strict';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes, statusesOf } from '../support/goods.ts';
import type { TestHub } from '../support/hub.ts';
import { demoGoods, startTestHub } from '../support/hub.ts';
import { demoReceipt, pushLines } from '../support/receipts.ts';

describe('receipts over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  const push = (body: unknown, as: 'ofd' | 'retailer' | 'manufacturer' | 'authority' = 'ofd') =>
    hub.call('POST', '/api/v1/receipts', { as, body });

  const codes = (count: number): Promise<string[]> =>
    emitCodes(store.db, count, { ...demoGoods(hub), owner: hub.binOf('retailer'), status: 'in_circulation' });

  async function stored(fiscalSign: string): Promise<number | null> {
    return (await store.db.query('select 1 from receipt where fiscal_sign = $1', [fiscalSign])).rowCount;
  }

  it('are answered code by code, with the words of each anomaly', async () => {
    const [cis = ''] = await codes(1);
    const receipt = demoReceipt(hub, [cis, 'no code']);
    const { status, body } = await push(receipt);
    assert.equal(status, 200);
    assert.equal(body.status, 'accepted');
    assert.deepEqual(body.codes[0], { cis, outcome: 'sold', anomaly: null });
    assert.equal(body.codes[1].mark, 'no code');
    assert.equal(body.codes[1].anomaly.code, 'receipts.malformed_code');
    assert.match(body.codes[1].anomaly.message, /\p{Script=Cyrillic}/u);
  });

  it('are kept byte for byte as they came', async () => {
    const text = ` ${JSON.stringify(demoReceipt(hub, await codes(1), { fiscalSign: 'raw-1' }), null, 3)}\n`;
    await push(text);
    const { rows } = await store.db.query<{ raw: Buffer }>(`select raw from receipt where fiscal_sign = 'raw-1'`);
    assert.equal(rows[0]?.raw.toString(), text);
  });

  it('are the same receipt alone, in an array and in a stream', async () => {
    const receipt = demoReceipt(hub, await codes(1));
    const [alone] = [await push(receipt)];
    const inArray = await push([receipt]);
    const [inStream] = await pushLines(hub, [JSON.stringify(receipt)]);
    assert.equal(inArray.body[0].receiptId, alone?.body.receiptId);
    assert.equal(inStream.receiptId, alone?.body.receiptId);
    assert.equal(await stored(receipt.fiscalSign), 1);
  });

  it('of a taxpayer come from that taxpayer or from a fiscal data operator', async () => {
    const receipt = demoReceipt(hub, await codes(1));
    const foreign = await push(receipt, 'manufacturer');
    assert.deepEqual([foreign.status, foreign.body.code], [403, 'receipts.foreign_bin']);
    assert.equal((await push(receipt, 'retailer')).status, 200);
  });

  it('conflict when their key comes with another body, which has no effect', async () => {
    const [one = '', two = ''] = await codes(2);
    const receipt = demoReceipt(hub, [one]);
    await push(receipt);
    const { status, body } = await push({ ...receipt, items: demoReceipt(hub, [two]).items });
    assert.deepEqual([status, body.code], [409, 'receipts.conflict']);
    assert.deepEqual(await statusesOf(store.db, [two]), ['in_circulation']);
  });

  it('in an array are answered one by one, the broken ones too', async () => {
    const [first = '', last = ''] = await codes(2);
    const broken = { ...demoReceipt(hub, [first]), operation: 'gift' };
    const { status, body } = await push([demoReceipt(hub, [first]), broken, 'nothing', demoReceipt(hub, [last])]);
    assert.equal(status, 200);
    assert.deepEqual(
      body.map((one: { index: number; status: string }) => [one.index, one.status]),
      [
        [0, 'accepted'],
        [1, 'refused'],
        [2, 'refused'],
        [3, 'accepted'],
      ],
    );
    assert.equal(body[1].httpStatus, 400);
    assert.equal(await stored(broken.fiscalSign), 0);
    assert.deepEqual(await statusesOf(store.db, [first, last]), ['withdrawn', 'withdrawn']);
  });

  it('in a stream are answered line by line, the broken ones too', async () => {
    const [first = '', last = ''] = await codes(2);
    const answers = await pushLines(hub, [
      JSON.stringify(demoReceipt(hub, [first])),
      '{"fiscalSign": "x',
      Buffer.from([0x22, 0xc3, 0x28, 0x22]),
      '',
      JSON.stringify(demoReceipt(hub, [last])),
    ]);
    assert.deepEqual(
      answers.map((one) => [one.line, one.status, one.error?.code]),
      [
        [1, 'accepted', undefined],
        [2, 'refused', 'documents.line_malformed'],
        [3, 'refused', 'request.invalid_utf8'],
        [5, 'accepted', undefined],
      ],
    );
    assert.deepEqual(await statusesOf(store.db, [first, last]), ['withdrawn', 'withdrawn']);
  });

  it('with a mark that no text can hold are accepted all the same', async () => {
    const [cis = ''] = await codes(1);
    const { status, body, text } = await push(demoReceipt(hub, ['a\u0000b', 'half \ud800', cis]));
    assert.equal(status, 200, text);
    assert.deepEqual(
      body.codes.map((one: { outcome: string; anomaly: { code: string } | null }) => one.anomaly?.code ?? one.outcome),
      ['receipts.malformed_code', 'receipts.malformed_code', 'sold'],
    );
  });
});
