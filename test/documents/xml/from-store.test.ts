import assert from 'node:assert/strict';
import { movableClock } from '../../support/clock.ts';
import type { TestDatabase } from '../../support/database.ts';
import { createTestDatabase } from '../../support/database.ts';
import type { Circulation } from '../../support/goods.ts';
import { emitCodes, MANUFACTURER, openCirculation, prepareGoods, ssccsFrom, statusesOf } from '../../support/goods.ts';
import { toXml } from './to-xml.ts';

const SENDER = { bin: MANUFACTURER, role: 'manufacturer', ip: '127.0.0.1', idempotencyKey: undefined } as const;

describe('a document in XML that another hub received', () => {
  let store: TestDatabase;
  let receiver: Circulation;
  let worker: Circulation;
  const newSscc = ssccsFrom(72_000);

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
    receiver = openCirculation(store, movableClock(), { applies: false });
    worker = openCirculation(store, movableClock());
  });
  after(async () => {
    await receiver.stop();
    await worker.stop();
    await store.drop();
  });

  async function outcome(kind: string, body: object) {
    const { documentId } = await receiver.intake.acceptXml(SENDER, Buffer.from(toXml({ kind, body }, { space: '\n' })));
    worker.processor.wake(documentId, MANUFACTURER);
    return worker.finalState(documentId);
  }

  it('has its codes read from the raw document', async () => {
    const codes = await emitCodes(store.db, 3);
    const { status } = await outcome('utilisation', { productionDate: '2026-01-10', codes });
    assert.equal(status, 'accepted');
    assert.deepEqual(await statusesOf(store.db, codes), ['applied', 'applied', 'applied']);
  });

  it('has them read in a thread when it is large', async () => {
    const codes = await emitCodes(store.db, 2_000);
    const { status } = await outcome('utilisation', { productionDate: '2026-01-10', codes });
    assert.equal(status, 'accepted');
    assert.deepEqual([...new Set(await statusesOf(store.db, codes))], ['applied']);
  });

  it('has its errors at the places of its codes', async () => {
    const [good = ''] = await emitCodes(store.db, 1, { status: 'in_circulation' });
    const { status, problems } = await outcome('aggregation', { sscc: newSscc(), codes: [good, 'x'] });
    assert.deepEqual([status, problems.map(({ path }) => path)], ['rejected', ['/body/codes/1']]);
  });
});
