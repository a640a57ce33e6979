import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { GS } from '../../src/core/codes/charset.ts';
import { parseCode } from '../../src/core/codes/gs1.ts';
import {
  fetchPack,
  type Issuing,
  issuedCis,
  lineOf,
  MAKER,
  type OrderDesk,
  openOrderDesk,
  place,
  productGroups,
  readPack,
  withCode,
} from './order-desk.ts';

describe('packs of codes', () => {
  let desk: OrderDesk;
  let issuing: Issuing;

  before(async () => {
    desk = await openOrderDesk();
  });

  after(() => desk.close());

  beforeEach(async () => {
    await desk.reset();
    issuing = await desk.open();
  });

  async function order(productGroup: string, quantity: number, serials?: readonly string[]) {
    const gtin = await desk.goods(productGroup);
    return { gtin, orderId: await place(issuing.orders, productGroup, lineOf(gtin, quantity, serials)) };
  }

  it('hold, one after another, every code of the order exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }), async (sizes) => {
        const quantity = sizes.reduce((sum, size) => sum + size, 0);
        const { orderId, gtin } = await order('milk', quantity);
        const fetched: string[] = [];
        let lastPackId: string | undefined;
        for (const size of sizes) {
          const pack = await readPack(issuing.orders, orderId, gtin, { quantity: size, lastPackId });
          assert.equal(pack.codes.length, size);
          fetched.push(...pack.codes);
          lastPackId = pack.packId;
        }
        const cis = fetched.map((code) => code.split(GS)[0] ?? '').sort();
        assert.deepEqual(cis, await issuedCis(desk.db, issuing.orders, orderId));
        await assert.rejects(
          fetchPack(issuing.orders, orderId, gtin, { lastPackId }),
          withCode('orders.buffer_exhausted'),
        );
      }),
      { numRuns: 5 },
    );
  });

  it('come again, the same, for the same last pack and any quantity', async () => {
    const { orderId, gtin } = await order('shoes', 60);
    const first = await readPack(issuing.orders, orderId, gtin, { quantity: 20 });
    assert.deepEqual(await readPack(issuing.orders, orderId, gtin, { quantity: 60 }), first);
    const second = await readPack(issuing.orders, orderId, gtin, { quantity: 5, lastPackId: first.packId });
    assert.deepEqual(await readPack(issuing.orders, orderId, gtin, { lastPackId: first.packId }), second);
    assert.deepEqual(await readPack(issuing.orders, orderId, gtin), first);
  });

  it('are one pack for callers who ask at the same time', async () => {
    const { orderId, gtin } = await order('water', 50);
    const packs = await Promise.all(
      [7, 8, 9, 10].map((quantity) => readPack(issuing.orders, orderId, gtin, { quantity })),
    );
    assert.equal(new Set(packs.map((pack) => pack.packId)).size, 1);
    assert.equal((await issuing.orders.get(MAKER, orderId)).lines[0]?.handedOver, packs[0]?.codes.length);
  });

  for (const [productGroup, length] of [
    ['shoes', 31 + 1 + 6 + 1 + 90],
    ['lp', 31 + 1 + 6 + 1 + 46],
    ['milk', 24 + 1 + 6],
    ['autofluids', 38 + 1 + 6 + 1 + 90],
  ] as const) {
    it(`hold whole codes of ${productGroup} whose tails are right`, async () => {
      const { orderId, gtin } = await order(productGroup, 30);
      const template = productGroups.at(productGroup, desk.clock.now())?.template;
      assert.ok(template);
      for (const code of (await readPack(issuing.orders, orderId, gtin)).codes) {
        const parsed = parseCode(code, () => template.serialLength);
        assert.ok(parsed.ok && parsed.code.tail);
        assert.equal(code.length, length);
        assert.ok(await issuing.keyRing.verifyTail(parsed.code.cis, template, parsed.code.tail));
      }
    });
  }

  it('keep their tails when the keys are rotated', async () => {
    const { orderId, gtin } = await order('shoes', 10);
    const before = await readPack(issuing.orders, orderId, gtin);
    await issuing.keyRing.rotate('ed25519');
    desk.clock.advance({ days: 1 });
    assert.deepEqual(await readPack(issuing.orders, orderId, gtin), before);
  });

  it('come as CSV with the codes of the JSON, quoted only where needed', async () => {
    const serials = ['a"b,c=<>?:;/.-', 'plain_serials', 'comma,serials', "apostrophe's."].map((s) =>
      s.slice(0, 13).padEnd(13, 'x'),
    );
    const { orderId, gtin } = await order('water', serials.length, serials);
    const { codes } = await readPack(issuing.orders, orderId, gtin);
    const csv = await text((await fetchPack(issuing.orders, orderId, gtin, { format: 'csv' })).stream);
    const lines = csv.split('\n');
    assert.equal(lines.pop(), '');
    assert.deepEqual(
      lines.map((line) => (line.startsWith('"') ? line.slice(1, -1).replaceAll('""', '"') : line)),
      codes,
    );
    assert.deepEqual(
      lines.map((line) => line.startsWith('"')),
      [true, false, true, false],
    );
  });

  it('of own serials keep the order of the list, over more than one piece', async () => {
    const serials = Array.from({ length: 11_000 }, (_, i) => `s${String((i * 7_919) % 11_000).padStart(12, '0')}`);
    const { orderId, gtin } = await order('water', serials.length, serials);
    const { codes } = await readPack(issuing.orders, orderId, gtin);
    assert.deepEqual(
      codes.map((code) => code.slice(18, 31)),
      serials,
    );
  });

  it('are not handed over while the line is pending, but the caller may wait', async () => {
    await issuing.stop();
    issuing = await desk.open({ emits: false });
    const { orderId, gtin } = await order('water', 5);
    await assert.rejects(fetchPack(issuing.orders, orderId, gtin, { waitSeconds: 0 }), withCode('orders.not_ready'));
    const waiting = readPack(issuing.orders, orderId, gtin);
    await desk.open();
    assert.equal((await waiting).codes.length, 5);
  });

  it('are each written down: who, when, which, in what form', async () => {
    const { orderId, gtin } = await order('water', 5);
    const { packId } = await readPack(issuing.orders, orderId, gtin);
    await readPack(issuing.orders, orderId, gtin);
    const downloads = await desk.db.query(
      'select pack_id, bin, host(ip) as ip, format, downloaded_at from code_download order by download_id',
    );
    const note = { pack_id: packId, bin: MAKER.bin, ip: MAKER.ip, format: 'json', downloaded_at: desk.clock.now() };
    assert.deepEqual(downloads.rows, [note, note]);
    const audit = await desk.db.query(`select subject, details from audit where action = 'codes.downloaded'`);
    const entry = { subject: orderId, details: { gtin, packId, codes: 5, format: 'json' } };
    assert.deepEqual(audit.rows, [entry, entry]);
  });

  it('need a pack id of this order, a size and a GTIN that exist', async () => {
    const { orderId, gtin } = await order('water', 5);
    const fetch = (options: object, of = gtin) => fetchPack(issuing.orders, orderId, of, options);
    const stranger = '01a20b9a-1f55-7f14-a64e-97a1d81f7064';
    await assert.rejects(fetch({ lastPackId: stranger }), withCode('orders.pack_unknown'));
    await assert.rejects(fetch({ lastPackId: 'x' }), withCode('orders.pack_unknown'));
    await assert.rejects(fetch({ quantity: 0 }), withCode('orders.pack_size'));
    await assert.rejects(fetch({ quantity: 20_001 }), withCode('orders.pack_size'));
    await assert.rejects(fetch({}, '00000000000000'), withCode('orders.gtin_not_in_order'));
  });

  it('stop being made when the caller goes away', async () => {
    const { orderId, gtin } = await order('shoes', 20_000);
    const caller = new AbortController();
    const { stream } = await fetchPack(issuing.orders, orderId, gtin, { signal: caller.signal });
    let bytes = 0;
    stream.on('data', (piece: Buffer) => {
      bytes += piece.length;
      caller.abort();
    });
    await new Promise((resolve) => stream.once('close', resolve));
    // The first of ten pieces: 2,000 codes of 129 characters, GS written as six, with quotes and comma.
    assert.ok(bytes < 2_100 * 142);
  });
});
