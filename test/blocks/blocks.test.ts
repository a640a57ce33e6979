import assert from 'node:assert/strict';
import type { DocumentKind } from '../../src/core/documents/kinds.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import {
  AUTHORITY,
  emitCodes,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  push,
  RETAILER,
  receiptOf,
  ssccsFrom,
} from '../support/goods.ts';

const GROUND = { kind: 'prescription', number: '17-K', date: '2026-02-01' } as const;
const ORDER = { reason: 'SAFETY', ground: GROUND } as const;

describe('an authority’s block', () => {
  let test: TestDatabase;
  let circulation: Circulation;
  const clock = movableClock('2026-03-02T05:00:00Z');
  const newSscc = ssccsFrom(30_000);

  before(async () => {
    test = await createTestDatabase();
    await prepareGoods(test.db);
    circulation = openCirculation(test, clock);
  });
  after(async () => {
    await circulation.stop();
    await test.drop();
  });

  const goods = (count: number) => emitCodes(test.db, count, { status: 'in_circulation' });

  async function submit(kind: DocumentKind, body: object, bin: string) {
    clock.advance({ minutes: 1 });
    return circulation.submit(kind, body, { bin });
  }

  async function done(kind: DocumentKind, body: object, bin: string): Promise<string> {
    const { documentId, status, problems } = await submit(kind, body, bin);
    assert.equal(status, 'accepted', JSON.stringify(problems));
    return documentId;
  }

  async function refused(kind: DocumentKind, body: object, bin: string): Promise<string[]> {
    const { status, problems } = await submit(kind, body, bin);
    assert.equal(status, 'rejected');
    return problems.map(({ code, path }) => `${code} ${path}`);
  }

  async function packed(codes: readonly string[]): Promise<string> {
    const sscc = newSscc();
    await done('aggregation', { sscc, codes }, MANUFACTURER);
    return `00${sscc}`;
  }

  const blocked = (codes: readonly string[]) => done('blocking', { ...ORDER, codes }, AUTHORITY);
  const release = (blockingId: string, more: object = {}) =>
    done('release', { blockingId, ground: GROUND, ...more }, AUTHORITY);

  async function hold(cis: string): Promise<string | undefined> {
    const asker = { bin: AUTHORITY, seesEverything: true, ip: '::1' };
    return (await circulation.queries.query(asker, [cis])).codes[0]?.hold;
  }

  const withdrawal = (codes: readonly string[]) => ({ codes, reason: 'EXPORT', date: '2026-03-01' });

  it('holds anybody’s goods until its release', async () => {
    const [cis = ''] = await goods(1);
    const blockingId = await blocked([cis]);
    assert.deepEqual(await refused('withdrawal', withdrawal([cis]), MANUFACTURER), ['documents.on_hold /body/codes/0']);
    await release(blockingId);
    assert.equal(await hold(cis), 'none');
    await done('withdrawal', withdrawal([cis]), MANUFACTURER);
  });

  it('of a package holds everything inside', async () => {
    const [cis = ''] = await goods(1);
    const blockingId = await blocked([await packed([cis])]);
    assert.equal(await hold(cis), 'blocked');
    await release(blockingId);
    assert.equal(await hold(cis), 'none');
  });

  it('inside a package keeps it from going whole, but not the others from leaving it', async () => {
    const [held = '', free = ''] = await goods(2);
    const pallet = await packed([await packed([held, free])]);
    const blockingId = await blocked([held]);
    const shipment = { receiver: RETAILER, number: '1', date: '2026-03-01' };
    assert.deepEqual(await refused('shipment', { ...shipment, codes: [pallet] }, MANUFACTURER), [
      'documents.blocked_inside /body/codes/0',
    ]);
    assert.deepEqual(await refused('withdrawal', withdrawal([pallet]), MANUFACTURER), [
      'documents.blocked_inside /body/codes/0',
    ]);
    await done('shipment', { ...shipment, codes: [free] }, MANUFACTURER);
    await release(blockingId);
    await done('shipment', { ...shipment, codes: [pallet] }, MANUFACTURER);
  });

  it('inside a package under way keeps it from being accepted whole, until its release', async () => {
    const [held = '', free = ''] = await goods(2);
    const pallet = await packed([held, free]);
    const shipment = { receiver: RETAILER, number: '3', date: '2026-03-01', codes: [pallet] };
    const shipmentId = await done('shipment', shipment, MANUFACTURER);
    const blockingId = await blocked([held]);
    assert.deepEqual(await refused('acceptance', { shipmentId, codes: [pallet] }, RETAILER), [
      'documents.blocked_inside /body/codes/0',
    ]);
    await done('acceptance', { shipmentId, codes: [free] }, RETAILER);
    await release(blockingId);
    await done('acceptance', { shipmentId }, RETAILER);
  });

  it('goes along with a unit sold out of the blocked package, and ends with the same release', async () => {
    const [sold = '', stays = ''] = await goods(2);
    const blockingId = await blocked([await packed([sold, stays])]);
    await push(circulation, receiptOf([sold], { bin: MANUFACTURER }));
    assert.equal(await hold(sold), 'blocked');
    await release(blockingId);
    assert.deepEqual([await hold(sold), await hold(stays)], ['none', 'none']);
  });

  it('stands as long as one of several does', async () => {
    const [cis = ''] = await goods(1);
    const first = await blocked([cis]);
    const second = await blocked([cis]);
    await release(first);
    assert.equal(await hold(cis), 'blocked');
    await release(second);
    assert.equal(await hold(cis), 'none');
  });

  it('of goods under way leaves them under way when it ends', async () => {
    const [cis = ''] = await goods(1);
    const shipmentId = await done(
      'shipment',
      { receiver: RETAILER, number: '2', date: '2026-03-01', codes: [cis] },
      MANUFACTURER,
    );
    const blockingId = await blocked([cis]);
    assert.deepEqual(await refused('acceptance', { shipmentId }, RETAILER), ['documents.on_hold /body/codes/0']);
    await release(blockingId);
    assert.equal(await hold(cis), 'awaiting_acceptance');
    await done('acceptance', { shipmentId }, RETAILER);
  });

  it('is released in part', async () => {
    const [one = '', two = ''] = await goods(2);
    const blockingId = await blocked([one, two]);
    await release(blockingId, { codes: [one] });
    assert.deepEqual([await hold(one), await hold(two)], ['none', 'blocked']);
  });

  it('is nobody’s but an authority’s to order', async () => {
    const codes = await goods(1);
    await assert.rejects(submit('blocking', { ...ORDER, codes }, MANUFACTURER), { code: 'documents.kind_not_yours' });
  });

  it('gives an authority no right to documents of trade', async () => {
    const codes = await goods(1);
    await assert.rejects(submit('withdrawal', withdrawal(codes), AUTHORITY), { code: 'documents.kind_not_yours' });
  });

  it('is not ordered about goods that have left circulation for good', async () => {
    const codes = await emitCodes(test.db, 1, { status: 'written_off' });
    assert.deepEqual(await refused('blocking', { ...ORDER, codes }, AUTHORITY), [
      'documents.wrong_status /body/codes/0',
    ]);
  });

  it('is not ended twice, nor for a code that it does not hold', async () => {
    const [cis = '', other = ''] = await goods(2);
    const blockingId = await blocked([cis]);
    const body = { blockingId, ground: GROUND };
    assert.deepEqual(await refused('release', { ...body, codes: [other] }, AUTHORITY), [
      'blocks.not_in_blocking /body/codes/0',
    ]);
    await release(blockingId);
    assert.deepEqual(await refused('release', body, AUTHORITY), ['blocks.nothing_left /body/blockingId']);
  });

  it('is not ended by a document that is no blocking', async () => {
    const [cis = ''] = await goods(1);
    const withdrawn = await done('withdrawal', withdrawal([cis]), MANUFACTURER);
    assert.deepEqual(await refused('release', { blockingId: withdrawn, ground: GROUND }, AUTHORITY), [
      'blocks.not_found /body/blockingId',
    ]);
  });
});
