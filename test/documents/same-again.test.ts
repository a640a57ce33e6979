import assert from 'node:assert/strict';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import { emitCodes, MANUFACTURER, openCirculation, prepareGoods, RETAILER, statusesOf } from '../support/goods.ts';

describe('the same document again', () => {
  let store: TestDatabase;
  let circulation: Circulation;

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
    circulation = openCirculation(store, movableClock());
  });
  after(async () => {
    await circulation.stop();
    await store.drop();
  });

  async function send(document: object, idempotencyKey?: string, bin = MANUFACTURER) {
    const raw = Buffer.from(JSON.stringify(document));
    return circulation.intake.acceptJson({ bin, role: 'manufacturer', ip: '127.0.0.1', idempotencyKey }, document, raw);
  }

  async function written(codes: readonly string[]): Promise<number | null> {
    return (await store.db.query('select 1 from code_history where cis = any($1)', [codes])).rowCount;
  }

  function application(codes: readonly string[], batch = 'A') {
    return { kind: 'utilisation', body: { codes, productionDate: '2026-01-10', batch } };
  }

  it('has the first answer and one effect, without a key of its own', async () => {
    const codes = await emitCodes(store.db, 2);
    const first = await send(application(codes));
    await circulation.finalState(first.documentId);
    const second = await send(application(codes));
    assert.deepEqual(second, { documentId: first.documentId, status: 'accepted' });
    assert.equal(await written(codes), 2);
  });

  it('is one document when it arrives twice at once', async () => {
    const codes = await emitCodes(store.db, 2);
    const [first, second] = await Promise.all([send(application(codes)), send(application(codes))]);
    await circulation.finalState(first?.documentId ?? '');
    assert.equal(first?.documentId, second?.documentId);
    assert.equal(await written(codes), 2);
  });

  it('has the first answer under its Idempotency-Key, rejected ones too', async () => {
    const document = { kind: 'write_off', body: { codes: ['no code'], reason: 'LOST' } };
    const first = await send(document, 'one-key');
    assert.equal((await circulation.finalState(first.documentId)).status, 'rejected');
    assert.deepEqual(await send(document, 'one-key'), { documentId: first.documentId, status: 'rejected' });
  });

  it('may be sent again after a rejection, when it has no key of its own', async () => {
    const codes = await emitCodes(store.db, 1);
    const document = { kind: 'introduction', body: { codes, introductionType: 'PRODUCTION', date: '2026-01-11' } };
    const early = await send(document);
    assert.equal((await circulation.finalState(early.documentId)).status, 'rejected');
    await circulation.submit('utilisation', { codes, productionDate: '2026-01-10' });
    const again = await send(document);
    assert.notEqual(again.documentId, early.documentId);
    assert.equal((await circulation.finalState(again.documentId)).status, 'accepted');
  });

  it('conflicts when its Idempotency-Key comes with another document, which has no effect', async () => {
    const codes = await emitCodes(store.db, 1);
    const others = await emitCodes(store.db, 1);
    await send(application(codes), 'used-key');
    await assert.rejects(send(application(others), 'used-key'), { code: 'request.idempotency_conflict' });
    assert.deepEqual(await statusesOf(store.db, others), ['emitted']);
  });

  it('is another document when another participant sends it under the same key', async () => {
    const mine = await emitCodes(store.db, 1);
    const theirs = await emitCodes(store.db, 1, { owner: RETAILER });
    const first = await send(application(mine), 'shared-key');
    const second = await send(application(theirs), 'shared-key', RETAILER);
    assert.equal((await circulation.finalState(first.documentId)).status, 'accepted');
    assert.equal((await circulation.finalState(second.documentId)).status, 'accepted');
  });
});
