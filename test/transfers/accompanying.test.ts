import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { createParticipants } from '../../src/core/participants/participants.ts';
import type { Accompanying, ShippedCode } from '../../src/core/transfers/accompanying.ts';
import { createAccompanying } from '../../src/core/transfers/accompanying.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import {
  AUTHORITY,
  emitCodes,
  GTIN,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  RETAILER,
  ssccsFrom,
  WHOLESALER,
} from '../support/goods.ts';

const UNREGISTERED = '171140006335';
const PAGE_SIZE = 3;

describe('the accompanying document of a shipment', () => {
  const clock = movableClock();
  const newSscc = ssccsFrom(7_000);
  let store: TestDatabase;
  let circulation: Circulation;
  let accompanying: Accompanying;

  before(async () => {
    store = await createTestDatabase();
    const { db } = store;
    await prepareGoods(db);
    circulation = openCirculation(store, clock);
    const catalogue = createCatalogue({ db, clock });
    const participants = createParticipants({ db, clock });
    accompanying = createAccompanying({ db, clock, catalogue, participants, pageSize: PAGE_SIZE });
  });
  after(async () => {
    await circulation.stop();
    await store.drop();
  });

  const asker = (bin: string, seesEverything = false) => ({ bin, seesEverything, ip: '10.0.0.7' });

  async function accepted(...submission: Parameters<Circulation['submit']>): Promise<string> {
    const { documentId, status, problems } = await circulation.submit(...submission);
    assert.equal(status, 'accepted', JSON.stringify(problems));
    return documentId;
  }

  const goods = [{ gtin: GTIN, quantity: 2, priceTiyn: 1_050, vatPercent: 16, originSign: '1' }];

  async function shipped(codes: readonly string[], more: object = {}): Promise<string> {
    return accepted('shipment', { receiver: RETAILER, number: 'N-1', date: '2026-11-23', codes, ...more });
  }

  async function introduced(count: number): Promise<string[]> {
    const codes = await emitCodes(store.db, count);
    await circulation.introduce(codes);
    return codes;
  }

  async function pagesOf(shipmentId: string): Promise<(readonly ShippedCode[])[]> {
    const pages: (readonly ShippedCode[])[] = [];
    for await (const page of accompanying.codes(shipmentId)) pages.push(page);
    return pages;
  }

  async function disclosures(subject: string): Promise<unknown[]> {
    const { rows } = await store.db.query(
      `select bin, host(ip) as ip, details from audit where subject = $1 and action = 'transfer.disclosed'`,
      [subject],
    );
    return rows;
  }

  it('tells header, sides, goods with sums, and state', async () => {
    const transport = { kind: 'ROAD', number: '123 ABC 02' };
    const id = await shipped(await introduced(2), { basis: 'Contract 5', transport, goods });
    const document = await accompanying.read(asker(MANUFACTURER), id, 'xml');
    const { number, date, basis, sender, receiver, total, state } = document;
    assert.deepEqual([number, date, basis], ['N-1', '2026-11-23', 'Contract 5']);
    assert.deepEqual(document.transport, { ...transport, carrier: null });
    assert.deepEqual(
      [sender, receiver],
      [
        { bin: MANUFACTURER, name: 'Zavod' },
        { bin: RETAILER, name: 'Duken' },
      ],
    );
    assert.deepEqual(total, { withoutVat: 2_100n, vat: 336n, withVat: 2_436n });
    assert.deepEqual(document.goods[0]?.sums, total);
    assert.equal(document.goods[0]?.name?.kk, 'Етік');
    assert.deepEqual([state.status, state.recordedAt, state.decidedAt], ['awaiting_acceptance', clock.now(), null]);
  });

  it('has the digest of the raw document in the place of the signature', async () => {
    const id = await shipped(await introduced(1));
    const { rows } = await store.db.query<{ body: Buffer }>('select body from document_part where document_id = $1', [
      id,
    ]);
    const digest = createHash('sha256')
      .update(rows[0]?.body ?? '')
      .digest('hex');
    const { signature } = await accompanying.read(asker(MANUFACTURER), id, 'xml');
    assert.deepEqual([signature.bin, signature.digest], [MANUFACTURER, digest]);
  });

  it('names a receiver without registration by its BIN alone', async () => {
    const id = await shipped(await introduced(1), { receiver: UNREGISTERED });
    const { receiver } = await accompanying.read(asker(MANUFACTURER), id, 'xml');
    assert.deepEqual(receiver, { bin: UNREGISTERED, name: null });
  });

  it('has no name for goods without a card', async () => {
    const id = await shipped(await introduced(1), { goods: [{ gtin: '04870000100019', quantity: 1 }] });
    const [line] = (await accompanying.read(asker(MANUFACTURER), id, 'xml')).goods;
    assert.deepEqual([line?.name, line?.sums], [null, null]);
  });

  it('is for the receiver too, without a trace', async () => {
    const id = await shipped(await introduced(1));
    assert.equal((await accompanying.read(asker(RETAILER), id, 'pdf')).number, 'N-1');
    assert.deepEqual(await disclosures(id), []);
  });

  it('does not exist for a third party', async () => {
    const id = await shipped(await introduced(1));
    await assert.rejects(accompanying.read(asker(WHOLESALER), id, 'xml'), isNotFound);
    assert.deepEqual(await disclosures(id), []);
  });

  it('does not exist of a document that is no shipment', async () => {
    const codes = await emitCodes(store.db, 1);
    const id = await accepted('utilisation', { codes, productionDate: '2026-01-10' });
    await assert.rejects(accompanying.read(asker(MANUFACTURER), id, 'xml'), isNotFound);
  });

  it('is disclosed to an authority with the ground on record, as XML and as PDF', async () => {
    const id = await shipped(await introduced(1));
    await accompanying.read(asker(AUTHORITY, true), id, 'xml');
    await accompanying.read(asker(AUTHORITY, true), id, 'pdf');
    const details = { ground: 'role', of: MANUFACTURER, to: RETAILER };
    assert.deepEqual(await disclosures(id), [
      { bin: AUTHORITY, ip: '10.0.0.7', details: { ...details, format: 'xml' } },
      { bin: AUTHORITY, ip: '10.0.0.7', details: { ...details, format: 'pdf' } },
    ]);
  });

  for (const count of [1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE]) {
    it(`lists ${count} codes in their order, ${PAGE_SIZE} at a time`, async () => {
      const codes = (await introduced(count)).reverse();
      const pages = await pagesOf(await shipped(codes));
      assert.deepEqual(
        pages.flat().map(({ cis }) => cis),
        codes,
      );
      assert.ok(pages.every((page) => page.length > 0 && page.length <= PAGE_SIZE));
    });
  }

  it('lists what was decided on out of a package after what was shipped, with the outcomes', async () => {
    const inside = await introduced(7);
    const box = newSscc();
    await accepted('aggregation', { sscc: box, codes: inside });
    const id = await shipped([`00${box}`]);
    await accepted('acceptance', { shipmentId: id, codes: inside.slice(0, 4) }, { bin: RETAILER });
    await accepted('refusal', { shipmentId: id, reason: 'DAMAGED' }, { bin: RETAILER });
    const listed = (await pagesOf(id)).flat();
    assert.deepEqual(listed, [
      { line: 0, outcome: 'refused', cis: `00${box}` },
      ...inside.slice(0, 4).map((cis) => ({ line: null, outcome: 'accepted', cis })),
    ]);
    const { state } = await accompanying.read(asker(RETAILER), id, 'xml');
    assert.deepEqual([state.status, state.decidedAt], ['accepted_in_part', clock.now()]);
  });

  it('gives the first codes and says how many there are', async () => {
    const codes = await introduced(5);
    const { codes: first, count } = await accompanying.firstCodes(await shipped(codes), 4);
    assert.deepEqual([first.map(({ cis }) => cis), count], [codes.slice(0, 4), 5]);
  });

  it('gives all codes where they are fewer', async () => {
    const codes = await introduced(2);
    const { codes: first, count } = await accompanying.firstCodes(await shipped(codes), 4);
    assert.deepEqual([first.map(({ cis }) => cis), count], [codes, 2]);
  });
});

function isNotFound(error: unknown): boolean {
  return error instanceof TanbaError && error.code === 'transfers.not_found';
}
