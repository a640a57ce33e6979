import assert from 'node:assert/strict';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes, statusesOf } from '../support/goods.ts';
import type { Json, TestHub } from '../support/hub.ts';
import { demoGoods, startTestHub } from '../support/hub.ts';
import { demoReceipt, pushLines } from '../support/receipts.ts';

const RECEIPTS = 3_000;
const RECEIPT_MAX = 4_000;
const ARRAY_MAX = 50;

describe('receipts in bulk', () => {
  let store: TestDatabase;
  let hub: TestHub;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    // A queue much smaller than the load: bulk work has to wait for room.
    const limits = { receiptQueue: 200, receiptsPerStream: RECEIPT_MAX, receiptsPerArray: ARRAY_MAX };
    hub = await startTestHub({ databaseUrl: store.url, limits });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  const codes = (count: number): Promise<string[]> =>
    emitCodes(store.db, count, { ...demoGoods(hub), owner: hub.binOf('retailer'), status: 'in_circulation' });

  describe('numbered by their sender', () => {
    const push = (query: string, lines: readonly string[]) =>
      hub.call('POST', `/api/v1/receipts?${query}`, {
        as: 'ofd',
        body: lines.map((line) => `${line}\n`).join(''),
        type: 'application/x-ndjson',
      });
    const lastOf = async (stream: string): Promise<number> => {
      const { body } = await hub.call('GET', `/api/v1/receipts/streams/${stream}`, { as: 'ofd' });
      return body.lastSequence;
    };
    const receipts = async (count: number): Promise<string[]> =>
      (await codes(count)).map((cis) => JSON.stringify(demoReceipt(hub, [cis])));

    it('say how far they have come, and go on there', async () => {
      assert.equal(await lastOf('kkm'), 0);
      const { text } = await push('stream=kkm&from=1', await receipts(3));
      const numbers = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).sequence);
      assert.deepEqual([numbers, await lastOf('kkm')], [[1, 2, 3], 3]);
      await push('stream=kkm&from=4', [...(await receipts(1)), '{"refused": "for good"}']);
      assert.equal(await lastOf('kkm'), 5);
    });

    it('may come again, and never set the count back', async () => {
      const lines = await receipts(2);
      await push('stream=again', lines);
      await push('stream=again', lines.slice(0, 1));
      assert.equal(await lastOf('again'), 2);
    });

    it('are refused where numbers are left out, with the next one', async () => {
      const { status, body } = await push('stream=gap&from=7', await receipts(1));
      assert.deepEqual([status, body.code], [409, 'receipts.sequence_gap']);
      assert.match(body.detail, /1/);
    });

    it('do not count a line that came in part', async () => {
      const [whole = '', part = ''] = await receipts(2);
      await hub.call('POST', '/api/v1/receipts?stream=part', {
        as: 'ofd',
        body: `${whole}\n${part}${' '.repeat(300_000)}`,
        type: 'application/x-ndjson',
      });
      assert.equal(await lastOf('part'), 1);
    });
  });

  it('are answered in order, one line each, whatever the size of the queue', async function () {
    this.timeout(60_000);
    const sold = await codes(RECEIPTS);
    const answers = await pushLines(
      hub,
      sold.map((cis) => JSON.stringify(demoReceipt(hub, [cis]))),
    );
    assert.deepEqual(
      answers.map((one: Json) => [one.line, one.status, one.codes?.[0]?.cis, one.codes?.[0]?.outcome ?? one.error]),
      sold.map((cis, index) => [index + 1, 'accepted', cis, 'sold']),
    );
    const rows = await store.db.query(`select 1 from code where cis = any($1) and status = 'withdrawn'`, [sold]);
    assert.equal(rows.rowCount, RECEIPTS);
  });

  it('take their effect in order: sale, return and sale again of the same codes', async () => {
    const few = await codes(5);
    const operations = ['sale', 'sale_return', 'sale', 'sale_return', 'sale'];
    const lines = operations.flatMap((operation) =>
      few.map((cis) => JSON.stringify(demoReceipt(hub, [cis], { operation }))),
    );
    const answers = await pushLines(hub, lines);
    assert.deepEqual(
      answers.map((one: Json) => one.codes[0].outcome),
      operations.flatMap((operation) => few.map(() => (operation === 'sale' ? 'sold' : 'returned'))),
    );
    assert.deepEqual(
      await statusesOf(store.db, few),
      few.map(() => 'withdrawn'),
    );
  });

  it('leave room for single receipts that come meanwhile', async function () {
    this.timeout(60_000);
    const [till = '', ...bulk] = await codes(RECEIPTS);
    const answers = pushLines(
      hub,
      bulk.map((cis) => JSON.stringify(demoReceipt(hub, [cis]))),
    );
    const single = await hub.call('POST', '/api/v1/receipts', { as: 'ofd', body: demoReceipt(hub, [till]) });
    assert.equal(single.status, 200, single.text);
    assert.equal((await answers).length, bulk.length);
  });

  it('end at the published number of receipts: those before it stand', async function () {
    this.timeout(60_000);
    const lines = Array.from({ length: RECEIPT_MAX + 3 }, () => JSON.stringify(demoReceipt(hub, ['no code'])));
    const answers = await pushLines(hub, lines);
    assert.equal(answers.length, RECEIPT_MAX + 1);
    assert.ok(answers.slice(0, RECEIPT_MAX).every((one: Json) => one.status === 'accepted'));
    assert.deepEqual([answers.at(-1).line, answers.at(-1).error.code], [RECEIPT_MAX + 1, 'receipts.too_many']);
  });

  it('in an array are refused whole above the published number', async () => {
    const receipts = Array.from({ length: ARRAY_MAX + 1 }, () => demoReceipt(hub, ['no code']));
    const { status, body } = await hub.call('POST', '/api/v1/receipts', { as: 'ofd', body: receipts });
    assert.deepEqual([status >= 400 && status < 500, body.code], [true, 'receipts.too_many']);
    const kept = await store.db.query('select 1 from receipt where fiscal_sign = $1', [receipts[0]?.fiscalSign]);
    assert.equal(kept.rowCount, 0);
  });

  it('stand up to the line that is too long, which ends the stream', async () => {
    const [cis = ''] = await codes(1);
    const answers = await pushLines(hub, [JSON.stringify(demoReceipt(hub, [cis])), `"${'x'.repeat(300_000)}"`]);
    assert.deepEqual(
      answers.map((one: Json) => [one.line, one.status, one.error?.code]),
      [
        [1, 'accepted', undefined],
        [2, 'refused', 'documents.line_too_long'],
      ],
    );
    assert.deepEqual(await statusesOf(store.db, [cis]), ['withdrawn']);
  });
});
