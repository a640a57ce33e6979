import assert from 'node:assert/strict';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import { emitCodes, MANUFACTURER, openCirculation, prepareGoods, push, receiptOf, sscc } from '../support/goods.ts';

describe('documents of making and leaving', () => {
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

  async function introduced(count: number): Promise<string[]> {
    const codes = await emitCodes(store.db, count);
    await circulation.introduce(codes);
    return codes;
  }

  async function rowOf(cis: string) {
    const { rows } = await store.db.query<{
      ver: number;
      status: string;
      owner: string;
      parent: string;
      reason: string;
    }>('select ver, status, owner, parent, reason from code where cis = $1', [cis]);
    return rows[0];
  }

  async function eventsOf(cis: string) {
    const { rows } = await store.db.query<{
      event: string;
      ver: number;
      documentId: string;
      occurredAt: Date;
      actor: string;
    }>(
      `select event, ver, document_id as "documentId", occurred_at as "occurredAt", actor
         from code_history where cis = $1 order by ver`,
      [cis],
    );
    return rows;
  }

  it('applies codes to goods by an application report', async () => {
    const codes = await emitCodes(store.db, 3);
    const body = { codes, productionDate: '2026-01-10', expiryDate: '2027-01-10', batch: 'A-1' };
    const { status, documentId } = await circulation.submit('utilisation', body);
    assert.equal(status, 'accepted');
    for (const cis of codes) {
      assert.deepEqual(await rowOf(cis), {
        ver: 1,
        status: 'applied',
        owner: MANUFACTURER,
        parent: null,
        reason: null,
      });
      assert.deepEqual(await eventsOf(cis), [
        {
          event: 'applied',
          ver: 1,
          documentId,
          occurredAt: new Date('2026-01-10T00:00:00+05:00'),
          actor: MANUFACTURER,
        },
      ]);
    }
  });

  it('puts goods of own production into circulation', async () => {
    const codes = await emitCodes(store.db, 2);
    await circulation.submit('utilisation', { codes, productionDate: '2026-01-10' });
    const body = { codes, introductionType: 'PRODUCTION', date: '2026-01-11' };
    const { status, documentId } = await circulation.submit('introduction', body);
    assert.equal(status, 'accepted');
    assert.equal((await rowOf(codes[0] ?? ''))?.status, 'in_circulation');
    const events = await eventsOf(codes[1] ?? '');
    assert.deepEqual(
      events.map(({ event, ver }) => [event, ver]),
      [
        ['applied', 1],
        ['introduced', 2],
      ],
    );
    assert.equal(events[1]?.documentId, documentId);
  });

  it('puts imported goods into circulation by their customs declaration', async () => {
    const codes = await emitCodes(store.db, 1);
    await circulation.submit('utilisation', { codes, productionDate: '2026-01-10' });
    const customsDeclaration = { number: '55301/010226/0001234', date: '2026-02-01' };
    const body = { codes, introductionType: 'IMPORT', date: '2026-02-02', customsDeclaration };
    assert.equal((await circulation.submit('introduction', body)).status, 'accepted');
    assert.equal((await rowOf(codes[0] ?? ''))?.status, 'in_circulation');
  });

  it('packs codes into a package that takes over their owner', async () => {
    const codes = await introduced(2);
    const box = sscc(1_001);
    const { status, documentId } = await circulation.submit('aggregation', { sscc: box, codes });
    assert.equal(status, 'accepted');
    const owned = { status: 'in_circulation', reason: null };
    assert.deepEqual(await rowOf(`00${box}`), { ...owned, ver: 1, owner: MANUFACTURER, parent: null });
    assert.deepEqual(await rowOf(codes[0] ?? ''), { ...owned, ver: 3, owner: null, parent: `00${box}` });
    assert.deepEqual(
      (await eventsOf(`00${box}`)).map(({ event }) => event),
      ['aggregated'],
    );
    const packed = (await eventsOf(codes[0] ?? '')).at(-1);
    assert.deepEqual([packed?.event, packed?.documentId], ['packed', documentId]);
  });

  it('breaks up a package and gives its content back to its owner', async () => {
    const codes = await introduced(2);
    const box = sscc(1_002);
    await circulation.submit('aggregation', { sscc: box, codes });
    assert.equal((await circulation.submit('disaggregation', { sscc: box })).status, 'accepted');
    const unit = { ver: 4, status: 'in_circulation', owner: MANUFACTURER, parent: null, reason: null };
    assert.deepEqual(await rowOf(codes[0] ?? ''), unit);
    assert.deepEqual(await rowOf(`00${box}`), {
      ver: 2,
      status: 'written_off',
      owner: MANUFACTURER,
      parent: null,
      reason: 'DISAGGREGATED',
    });
    assert.deepEqual(
      (await eventsOf(codes[1] ?? '')).map(({ event }) => event),
      ['applied', 'introduced', 'packed', 'unpacked'],
    );
  });

  it('withdraws goods from circulation for a reason', async () => {
    const [cis = ''] = await introduced(1);
    const body = { codes: [cis], reason: 'EXPORT', date: '2026-03-01' };
    assert.equal((await circulation.submit('withdrawal', body)).status, 'accepted');
    const row = await rowOf(cis);
    assert.deepEqual([row?.status, row?.reason], ['withdrawn', 'EXPORT']);
  });

  it('returns withdrawn goods into circulation', async () => {
    const [cis = ''] = await introduced(1);
    await circulation.submit('withdrawal', { codes: [cis], reason: 'DEMO_SAMPLES', date: '2026-03-01' });
    assert.equal(
      (await circulation.submit('return', { codes: [cis], reason: 'REMOTE_SALE_RETURN', date: '2026-03-05' })).status,
      'accepted',
    );
    const row = await rowOf(cis);
    assert.deepEqual([row?.status, row?.reason], ['in_circulation', null]);
  });

  it('returns goods that a till of the owner sold', async () => {
    const [cis = ''] = await introduced(1);
    await push(circulation, receiptOf([cis], { bin: MANUFACTURER }));
    assert.equal((await circulation.submit('return', { codes: [cis], reason: 'RETAIL_RETURN' })).status, 'accepted');
    assert.equal((await rowOf(cis))?.status, 'in_circulation');
  });

  it('writes off codes that never came to goods', async () => {
    const codes = await emitCodes(store.db, 1);
    assert.equal((await circulation.submit('write_off', { codes, reason: 'SPOILED' })).status, 'accepted');
    const row = await rowOf(codes[0] ?? '');
    assert.deepEqual([row?.status, row?.reason], ['written_off', 'SPOILED']);
  });

  it('tells the exchange and the audit of every accepted document', async () => {
    const { documentId } = await circulation.submit('write_off', {
      codes: await emitCodes(store.db, 1),
      reason: 'LOST',
    });
    const sent = await store.db.query(`select topic from outbox where payload->>'documentId' = $1`, [documentId]);
    assert.deepEqual(sent.rows, [{ topic: 'document.accepted' }]);
    const audit = await store.db.query('select action from audit where subject = $1 order by audit_id', [documentId]);
    assert.deepEqual(audit.rows, [{ action: 'document.received' }, { action: 'document.accepted' }]);
  });

  it('shows production date, expiry and batch of the application report with the code', async () => {
    const codes = await emitCodes(store.db, 1);
    await circulation.submit('utilisation', {
      codes,
      productionDate: '2026-01-10',
      expiryDate: '2027-01-10',
      batch: 'B7',
    });
    const view = await circulation.queries.one(
      { bin: MANUFACTURER, seesEverything: false, ip: '127.0.0.1' },
      codes[0] ?? '',
    );
    assert.deepEqual([view.productionDate, view.expiryDate, view.batch], ['2026-01-10', '2027-01-10', 'B7']);
  });
});
