import assert from 'node:assert/strict';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import type { Asker } from '../../src/core/codes/code-queries.ts';
import type { CodeFilter, CodeSearch, FoundCode } from '../../src/core/codes/code-search.ts';
import { createCodeSearch } from '../../src/core/codes/code-search.ts';
import { createMarkReader } from '../../src/core/codes/mark-reader.ts';
import type { TanbaError } from '../../src/core/errors.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  AUTHORITY,
  type Circulation,
  emitCodes,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  RETAILER,
  ssccsFrom,
  WHOLESALER,
} from '../support/goods.ts';
import { explained } from './plans.ts';

const clock = { now: () => new Date() };
const nextSscc = ssccsFrom(600_000);
const asker = (bin: string): Asker => ({ bin, seesEverything: bin === AUTHORITY, ip: '127.0.0.1' });

describe('the search for codes', () => {
  let test: TestDatabase;
  let circulation: Circulation;
  let search: CodeSearch;

  before(async () => {
    test = await createTestDatabase();
    await prepareGoods(test.db);
    circulation = openCirculation(test, clock);
    circulation.processor.start();
    search = searchOver(test.db);
  });
  after(async () => {
    await circulation.stop();
    await test.drop();
  });

  function searchOver(db: TestDatabase['db']): CodeSearch {
    const productGroups = loadProductGroups(new URL('../../config/product-groups/', import.meta.url));
    const catalogue = createCatalogue({ db, clock });
    const markReader = createMarkReader({ catalogue, productGroups, clock });
    const keyRing = { unseal: () => assert.fail('no order is read here') };
    return createCodeSearch({
      db,
      clock,
      queries: circulation.queries,
      markReader,
      catalogue,
      productGroups,
      keyRing,
      xml: circulation.xml,
    });
  }

  async function all(bin: string, filter: CodeFilter, limit: number): Promise<FoundCode[]> {
    const found: FoundCode[] = [];
    let after: string | null = null;
    do {
      const page = await search.page(asker(bin), filter, after, limit);
      assert.ok(page.codes.length <= limit);
      found.push(...page.codes);
      after = page.next;
    } while (after !== null);
    return found;
  }

  const texts = (found: readonly FoundCode[]): string[] => found.map(({ text }) => text);
  const notFound = { code: 'codes.not_found' } satisfies Partial<TanbaError>;

  async function packed(count: number): Promise<{ codes: string[]; sscc: string }> {
    const codes = await emitCodes(test.db, count, { status: 'in_circulation' });
    const sscc = nextSscc();
    const { status } = await circulation.submit('aggregation', { codes, sscc });
    assert.equal(status, 'accepted');
    return { codes, sscc };
  }

  async function shipped(sscc: string, receiver: string): Promise<string> {
    const body = { codes: [`00${sscc}`], receiver, number: 'n', date: '2026-02-01' };
    const { documentId, status } = await circulation.submit('shipment', body);
    assert.equal(status, 'accepted');
    return documentId;
  }

  describe('in a package', () => {
    it('gives its owner the content, page by page in the order of the codes', async () => {
      const { codes, sscc } = await packed(7);
      const found = await all(MANUFACTURER, { parent: sscc }, 3);
      assert.deepEqual(texts(found), codes.sort());
      assert.ok(found.every(({ view }) => view?.owner === MANUFACTURER && view.parent === `00${sscc}`));
    });

    it('gives the boxes of a pallet, not what is in them', async () => {
      const box = await packed(2);
      const pallet = nextSscc();
      await circulation.submit('aggregation', { codes: [`00${box.sscc}`], sscc: pallet });
      assert.deepEqual(texts(await all(MANUFACTURER, { parent: pallet }, 10)), [`00${box.sscc}`]);
      assert.deepEqual(texts(await all(MANUFACTURER, { parent: box.sscc }, 10)), box.codes.sort());
    });

    it('counts what is inside on all levels, by GTIN', async () => {
      const [first, second] = [await packed(3), await packed(2)];
      const pallet = nextSscc();
      const loose = await emitCodes(test.db, 1, { status: 'in_circulation', gtin: '04870000000135' });
      const codes = [`00${first.sscc}`, `00${second.sscc}`, ...loose];
      const { status } = await circulation.submit('aggregation', { codes, sscc: pallet });
      assert.equal(status, 'accepted');
      assert.deepEqual(await search.content(asker(MANUFACTURER), pallet), {
        cis: `00${pallet}`,
        units: 6,
        packages: 2,
        levels: 1,
        mixed: true,
        products: [
          { gtin: '04870000000128', productGroup: 'shoes', units: 5 },
          { gtin: '04870000000135', productGroup: null, units: 1 },
        ],
      });
      await assert.rejects(search.content(asker(RETAILER), pallet), notFound);
    });

    it('gives nothing to others: the package is not there for them', async () => {
      const { sscc } = await packed(1);
      await assert.rejects(all(RETAILER, { parent: sscc }, 10), notFound);
    });

    it('gives the content to the receiver while it is under way to it, and to nobody else', async () => {
      const { codes, sscc } = await packed(2);
      await shipped(sscc, WHOLESALER);
      const found = await all(WHOLESALER, { parent: sscc }, 10);
      assert.deepEqual(texts(found), codes.sort());
      assert.ok(found.every(({ view }) => view?.hold === 'awaiting_acceptance' && view.owner === undefined));
      await assert.rejects(all(RETAILER, { parent: sscc }, 10), notFound);
    });

    it('gives the content to the receiver of a pallet around it', async () => {
      const box = await packed(2);
      const pallet = nextSscc();
      await circulation.submit('aggregation', { codes: [`00${box.sscc}`], sscc: pallet });
      await shipped(pallet, WHOLESALER);
      assert.deepEqual(texts(await all(WHOLESALER, { parent: box.sscc }, 10)), box.codes.sort());
    });

    it('gives it no more once the shipment is cancelled, and to the new owner once it is accepted', async () => {
      const [cancelled, accepted] = [await packed(1), await packed(1)];
      const shipmentId = await shipped(cancelled.sscc, WHOLESALER);
      await circulation.submit('shipment_cancellation', { shipmentId });
      await assert.rejects(all(WHOLESALER, { parent: cancelled.sscc }, 10), notFound);
      await circulation.submit(
        'acceptance',
        { shipmentId: await shipped(accepted.sscc, WHOLESALER) },
        { bin: WHOLESALER },
      );
      assert.deepEqual(texts(await all(WHOLESALER, { parent: accepted.sscc }, 10)), accepted.codes);
      await assert.rejects(all(MANUFACTURER, { parent: accepted.sscc }, 10), notFound);
    });

    it('gives it to an authority, and leaves a trace', async () => {
      const { codes, sscc } = await packed(1);
      assert.deepEqual(texts(await all(AUTHORITY, { parent: sscc }, 10)), codes);
      const { rows } = await test.db.query(`select bin from audit where action = 'codes.disclosed' and subject = $1`, [
        codes[0],
      ]);
      assert.deepEqual(rows, [{ bin: AUTHORITY }]);
    });

    it('knows what no SSCC is, and what no package', async () => {
      await assert.rejects(all(MANUFACTURER, { parent: '123' }, 10), { code: 'aggregation.sscc_malformed' });
      await assert.rejects(all(MANUFACTURER, { parent: nextSscc() }, 10), notFound);
    });

    it('is read by the index of parents', async () => {
      const { sscc } = await packed(3);
      await emitCodes(test.db, 4_000);
      await test.db.query('analyze code');
      const { scans } = await explained(test.db, async (db) => {
        const over = searchOver({ ...test.db, query: db.query });
        await over.page(asker(MANUFACTURER), { parent: sscc }, null, 100);
      });
      assert.match(scans.join('; '), /_parent_idx/);
      assert.deepEqual(
        scans.filter((scan) => /Seq Scan code/.test(scan)),
        [],
      );
    });
  });

  describe('of a document', () => {
    it('gives them in its order with their present states, and what is no code as it was written', async () => {
      const [first = '', second = ''] = await emitCodes(test.db, 2);
      const codes = [second, 'no code', first];
      const { documentId } = await circulation.submit('utilisation', { codes, productionDate: '2026-01-10' });
      const found = await all(MANUFACTURER, { document: documentId }, 2);
      assert.deepEqual(
        found.map(({ place, text, view }) => [place, text, view?.status ?? null]),
        [
          [0, second, 'emitted'],
          [1, 'no code', null],
          [2, first, 'emitted'],
        ],
      );
    });

    it('gives those of a stream by their lines, across empty ones', async () => {
      const codes = await emitCodes(test.db, 5);
      const header = JSON.stringify({ kind: 'utilisation', body: { productionDate: '2026-01-10' } });
      const [head = '', ...rest] = codes.map((cis) => JSON.stringify(cis));
      const stream = [Buffer.from([header, head, '', ...rest].join('\n'))];
      const sender = { bin: MANUFACTURER, role: 'manufacturer', ip: '::1', idempotencyKey: undefined } as const;
      const { documentId } = await circulation.intake.acceptStream(sender, toAsync(stream));
      await circulation.finalState(documentId);
      for (const limit of [1, 2, 10]) {
        const found = await all(MANUFACTURER, { document: documentId }, limit);
        assert.deepEqual(texts(found), codes);
        assert.deepEqual(
          found.map(({ place }) => place),
          [0, 2, 3, 4, 5],
        );
      }
    });

    it('gives those of a shipment to its receiver as well', async () => {
      const { sscc } = await packed(1);
      const documentId = await shipped(sscc, WHOLESALER);
      assert.deepEqual(texts(await all(WHOLESALER, { document: documentId }, 10)), [`00${sscc}`]);
    });

    it('gives nothing to others, and to an authority with a trace', async () => {
      const codes = await emitCodes(test.db, 1);
      const { documentId } = await circulation.submit('utilisation', { codes, productionDate: '2026-01-10' });
      await assert.rejects(all(RETAILER, { document: documentId }, 10), { code: 'documents.not_found' });
      assert.deepEqual(texts(await all(AUTHORITY, { document: documentId }, 10)), codes);
      const { rows } = await test.db.query(
        `select bin from audit where action = 'document.disclosed' and subject = $1`,
        [documentId],
      );
      assert.deepEqual(rows, [{ bin: AUTHORITY }]);
    });

    it('takes no cursor but its own', async () => {
      const codes = await emitCodes(test.db, 1);
      const { documentId } = await circulation.submit('utilisation', { codes, productionDate: '2026-01-10' });
      const page = search.page(asker(MANUFACTURER), { document: documentId }, 'x', 10);
      await assert.rejects(page, { code: 'request.invalid' });
    });
  });
});

async function* toAsync(chunks: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
