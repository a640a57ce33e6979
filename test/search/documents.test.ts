import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DocumentFilter, FoundDocument } from '../../src/core/documents/document-search.ts';
import { searchDocuments } from '../../src/core/documents/document-search.ts';
import { bucketOf, newId } from '../../src/store/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  type Circulation,
  emitCodes,
  GTIN,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  RETAILER,
  sscc,
  WHOLESALER,
} from '../support/goods.ts';
import { explained } from './plans.ts';

const OTHER_GTIN = '04870000000135';
const DAY_MS = 86_400_000;

describe('the search for documents', () => {
  let test: TestDatabase;
  let circulation: Circulation;

  before(async () => {
    test = await createTestDatabase();
    await prepareGoods(test.db);
    circulation = openCirculation(test, { now: () => new Date() });
    circulation.processor.start();
  });
  after(async () => {
    await circulation.stop();
    await test.drop();
  });

  const search = (filter: DocumentFilter, bin = MANUFACTURER, limit = 1_000): Promise<FoundDocument[]> =>
    searchDocuments(test.db, bin, filter, { after: null, limit });
  const ids = async (filter: DocumentFilter, bin?: string): Promise<string[]> =>
    (await search(filter, bin)).map(({ documentId }) => documentId);

  async function shipped(receiver: string, number: string, goods?: readonly object[]): Promise<string> {
    const codes = await emitCodes(test.db, 1, { status: 'in_circulation' });
    const body = { codes, receiver, number, date: '2026-02-01', ...(goods === undefined ? {} : { goods }) };
    const { documentId, status, problems } = await circulation.submit('shipment', body);
    assert.equal(status, 'accepted', JSON.stringify(problems));
    return documentId;
  }

  it('finds one’s own documents, the newest first', async () => {
    const first = await shipped(RETAILER, 'order-1');
    const second = await shipped(RETAILER, 'order-2');
    const found = await ids({});
    assert.deepEqual([found.indexOf(second), found.indexOf(first)], [0, 1]);
  });

  it('finds a shipment by its number', async () => {
    const documentId = await shipped(RETAILER, 'number-1');
    await shipped(RETAILER, 'number-10');
    const [found, ...rest] = await search({ number: 'number-1' });
    assert.deepEqual(
      [found?.documentId, found?.sender, found?.receiver, rest],
      [documentId, MANUFACTURER, RETAILER, []],
    );
  });

  it('finds shipments to a partner', async () => {
    const documentId = await shipped(WHOLESALER, 'partner-1');
    const found = await search({ partner: WHOLESALER });
    assert.ok(found.some((one) => one.documentId === documentId));
    assert.ok(found.every(({ receiver }) => receiver === WHOLESALER));
  });

  it('finds documents by kind and by status', async () => {
    const [cis = ''] = await emitCodes(test.db, 1);
    const refused = await circulation.submit('introduction', {
      codes: [cis],
      introductionType: 'PRODUCTION',
      date: '2026-01-11',
    });
    const { documentId } = await circulation.submit('utilisation', { codes: [cis], productionDate: '2026-01-10' });
    assert.deepEqual(await ids({ kind: 'utilisation' }), [documentId]);
    assert.deepEqual(await ids({ status: 'rejected' }), [refused.documentId]);
    assert.deepEqual(await ids({ kind: 'utilisation', status: 'rejected' }), []);
  });

  it('finds a document by the goods of its codes', async () => {
    const codes = await emitCodes(test.db, 2, { gtin: OTHER_GTIN });
    const { documentId, status } = await circulation.submit('write_off', { codes, reason: 'LOST' });
    assert.equal(status, 'accepted');
    assert.deepEqual(await ids({ gtin: OTHER_GTIN }), [documentId]);
    assert.ok(!(await ids({ gtin: GTIN })).includes(documentId));
  });

  it('finds a shipped package by the goods that its accompanying lines name', async () => {
    const gtin = '04870000000142';
    const documentId = await shipped(WHOLESALER, 'goods-1', [{ gtin, quantity: 1 }]);
    assert.deepEqual(await ids({ gtin }), [documentId]);
    assert.deepEqual(await ids({ gtin, direction: 'received' }, WHOLESALER), [documentId]);
  });

  it('finds by the moment of arrival, its beginning with it and its end without', async () => {
    const documentId = await shipped(RETAILER, 'time-1');
    const [found] = await search({ number: 'time-1' });
    const at = found?.receivedAt ?? assert.fail();
    const next = new Date(at.getTime() + 1);
    assert.ok((await ids({ from: at, to: next })).includes(documentId));
    assert.ok(!(await ids({ from: next })).includes(documentId));
    assert.ok(!(await ids({ to: at })).includes(documentId));
  });

  it('finds a stream by the moment of its end, though its id is from its beginning', async () => {
    const began = new Date('2026-01-05T00:00:00Z');
    const ended = new Date(began.getTime() + DAY_MS - 1);
    const documentId = await document(began, ended);
    assert.deepEqual(await ids({ from: ended, to: new Date(ended.getTime() + 1) }), [documentId]);
    assert.deepEqual(await ids({ from: began, to: ended }), []);
  });

  it('finds shipments to oneself, by number and sender', async () => {
    const documentId = await shipped(WHOLESALER, 'received-1');
    const received = { direction: 'received', number: 'received-1' } as const;
    assert.deepEqual(await ids(received, WHOLESALER), [documentId]);
    assert.deepEqual(await ids({ ...received, partner: MANUFACTURER, gtin: GTIN }, WHOLESALER), [documentId]);
    assert.deepEqual(await ids({ ...received, partner: RETAILER }, WHOLESALER), []);
    assert.deepEqual(await ids({ ...received, kind: 'withdrawal' }, WHOLESALER), []);
    assert.deepEqual(await ids(received, MANUFACTURER), []);
  });

  it('shows no document of others, whatever is asked', async () => {
    await shipped(RETAILER, 'foreign-1');
    for (const filter of [{}, { number: 'foreign-1' }, { gtin: GTIN }, { partner: RETAILER }] as DocumentFilter[]) {
      const found = await search(filter, WHOLESALER);
      assert.ok(found.every(({ sender }) => sender === WHOLESALER));
    }
    const received = await search({ direction: 'received' }, WHOLESALER);
    assert.ok(received.every(({ receiver }) => receiver === WHOLESALER));
  });

  it('does not show a stream that is still arriving', async () => {
    const documentId = await document(new Date(), new Date(), 'receiving');
    assert.ok(!(await ids({})).includes(documentId));
  });

  it('leaves nothing out and shows nothing twice while documents arrive', async () => {
    const plan = fc.record({
      before: fc.nat(12),
      limit: fc.integer({ min: 1, max: 5 }),
      arrivals: fc.array(fc.nat(3)),
    });
    let bin = 500_000_000_000;
    let arrival = Date.parse('2026-03-01T00:00:00Z');
    await fc.assert(
      fc.asyncProperty(plan, async ({ before, limit, arrivals }) => {
        bin += 1;
        const sender = String(bin);
        // As the intake does it: no two documents in one millisecond.
        const add = () => {
          arrival += 1;
          return document(new Date(arrival), new Date(arrival), 'accepted', sender);
        };
        const there: string[] = [];
        for (let count = 0; count < before; count++) there.push(await add());
        const seen: string[] = [];
        let after: string | null = null;
        do {
          const page: FoundDocument[] = await searchDocuments(test.db, sender, {}, { after, limit });
          seen.push(...page.map(({ documentId }) => documentId));
          for (let count = arrivals.shift() ?? 0; count > 0; count--) await add();
          after = page.length === limit ? (page.at(-1)?.documentId ?? null) : null;
        } while (after !== null);
        assert.deepEqual(seen, there.sort().reverse());
      }),
      { numRuns: 25 },
    );
  });

  describe('among thousands of documents', () => {
    const many = '777777777777';
    const third = '888888888888';

    before(async function () {
      this.timeout(60_000);
      await test.db.query(
        `insert into document (document_id, bucket, bin, kind, format, status, header, received_at)
         select md5('document ' || n)::uuid, $3, case when n % 50 = 0 then $1 else (100000000000 + n % 400)::text end,
                case when n % 1000 = 0 then 'write_off' else 'shipment' end, 'json',
                case when n % 1500 = 0 then 'rejected' else 'accepted' end,
                jsonb_build_object('number', 'n-' || n, 'receiver', $2::text), now()
           from generate_series(1, 20000) as n`,
        [many, third, bucketOf(many)],
      );
      await test.db.query(
        `insert into transfer (shipment_id, sender, receiver, number, shipped_at, recorded_at, accept_by, status)
         select document_id, bin, case when bin = $1 then $2 else $1 end, header ->> 'number', now(), now(), now(),
                'awaiting_acceptance'
           from document where header ->> 'receiver' = $2`,
        [many, third],
      );
      await test.db.query(
        `insert into document_gtin (document_id, bin, gtin)
         select document_id, bin, '048' || lpad((row_number() over ())::text, 11, '0') from document
          where header ->> 'receiver' = $1`,
        [third],
      );
      await test.db.query('analyze document, transfer, document_gtin');
    });

    const cases: readonly (readonly [string, DocumentFilter, RegExp])[] = [
      ['nothing', {}, /document_of_sender/],
      ['a number', { number: 'n-50' }, /document_by_number/],
      ['a kind', { kind: 'write_off' }, /document_of_kind/],
      ['a refusal', { status: 'rejected' }, /document_without_effect/],
      ['a partner', { partner: '999999999999' }, /document_by_receiver/],
      ['a time', { from: new Date('2026-01-01'), to: new Date('2026-02-01') }, /Index Scan/],
      ['goods', { gtin: '04800000000050' }, /document_gtin_pkey/],
      ['what was received', { direction: 'received' }, /transfer_by_receiver/],
      ['the number of what was received', { direction: 'received', number: 'n-7' }, /transfer_number_received/],
      ['the sender of what was received', { direction: 'received', partner: '100000000007' }, /transfer_between/],
      ['the goods of what was received', { direction: 'received', gtin: '04800000000050' }, /document_gtin_pkey/],
    ];
    for (const [what, filter, index] of cases) {
      it(`asks for ${what} by an index`, async () => {
        const { scans } = await explained(test.db, (db) =>
          searchDocuments(db, many, filter, { after: null, limit: 100 }),
        );
        assert.deepEqual(
          scans.filter((scan) => scan.startsWith('Seq Scan')),
          [],
        );
        assert.match(scans.join('; '), index);
      });
    }
  });

  /** A row as the intake and the processor leave it. */
  async function document(began: Date, ended: Date, status = 'accepted', bin = MANUFACTURER): Promise<string> {
    const documentId = newId(began);
    await test.db.query(
      `insert into document (document_id, bucket, bin, kind, format, status, header, received_at)
       values ($1, $2, $3, 'write_off', 'ndjson', $4, '{}', $5)`,
      [documentId, bucketOf(bin), bin, status, ended],
    );
    return documentId;
  }

  it('finds the packing of a package by the goods inside', async () => {
    const codes = await emitCodes(test.db, 2, { status: 'applied' });
    const { documentId } = await circulation.submit('aggregation', { codes, sscc: sscc(7_001) });
    assert.ok((await ids({ gtin: GTIN, kind: 'aggregation' })).includes(documentId));
  });
});
