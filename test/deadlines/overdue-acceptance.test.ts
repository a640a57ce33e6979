import assert from 'node:assert/strict';
import { createOverdueAcceptanceJob } from '../../src/core/deadlines/overdue-acceptance.ts';
import { createOutageRegister } from '../../src/core/outages/outage-register.ts';
import { createLog } from '../../src/log.ts';
import { newId } from '../../src/store/ids.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes, MANUFACTURER, openCirculation, prepareGoods, WHOLESALER } from '../support/goods.ts';

/** Thursday 5 March 2026; 15 working days later, over Women's Day and Nauryz, is Wednesday 1 April. */
const SHIPPED = '2026-03-05T16:00:00+05:00';
const ACCEPT_BY = '2026-04-01T23:59:59.999+05:00';
const OVERDUE = '2026-04-02T00:00:00+05:00';

describe('a shipment whose acceptance is overdue', () => {
  let store: TestDatabase;

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
  });
  after(() => store.drop());
  beforeEach(() => store.db.query('delete from transfer; delete from outbox; delete from audit; delete from outage'));

  async function shipped(status = 'awaiting_acceptance'): Promise<string> {
    const shipmentId = newId(new Date());
    await store.db.query(
      `insert into transfer (shipment_id, sender, receiver, number, shipped_at, recorded_at, accept_by, status, decided_at)
       values ($1, $2, $3, '17', $4, $4, $5, $6, $7)`,
      [
        shipmentId,
        MANUFACTURER,
        WHOLESALER,
        SHIPPED,
        ACCEPT_BY,
        status,
        status === 'awaiting_acceptance' ? null : SHIPPED,
      ],
    );
    return shipmentId;
  }

  function run(at: string, batch?: number) {
    const outages = createOutageRegister(store.db);
    const job = createOverdueAcceptanceJob({ db: store.db, outages, ...(batch === undefined ? {} : { batch }) });
    return job.run({ now: new Date(at), signal: new AbortController().signal, log: createLog('silent') });
  }

  async function told(): Promise<string[]> {
    const { rows } = await store.db.query<{ told: string }>(
      `select bin || ' ' || keys[1] as told from outbox where topic = 'transfer.overdue' order by 1`,
    );
    return rows.map((row) => row.told);
  }
  const both = (shipmentId: string) => [MANUFACTURER, WHOLESALER].map((bin) => `${bin} document:${shipmentId}`).sort();

  it('counts 15 working days from its registration', async () => {
    const clock = movableClock(SHIPPED);
    const circulation = openCirculation(store, clock);
    const codes = await emitCodes(store.db, 1, { status: 'in_circulation' });
    const { documentId, status } = await circulation.submit('shipment', {
      ...{ codes, receiver: WHOLESALER, number: '17', date: '2026-03-05' },
    });
    await circulation.stop();
    assert.equal(status, 'accepted');
    const { rows } = await store.db.query('select accept_by as by from transfer where shipment_id = $1', [documentId]);
    assert.deepEqual(rows, [{ by: new Date(ACCEPT_BY) }]);
  });

  it('is not told of in the last moment of its term', async () => {
    await shipped();
    assert.deepEqual(await run(ACCEPT_BY), { shipments: 0 });
    assert.deepEqual(await told(), []);
  });

  it('is told of to both sides when the term is over', async () => {
    const shipmentId = await shipped();
    assert.deepEqual(await run(OVERDUE), { shipments: 1 });
    assert.deepEqual(await told(), both(shipmentId));
  });

  it('is told of once', async () => {
    const shipmentId = await shipped();
    await run(OVERDUE);
    assert.deepEqual(await run('2026-05-01T00:00:00+05:00'), { shipments: 0 });
    assert.deepEqual(await told(), both(shipmentId));
  });

  for (const status of ['accepted', 'refused', 'cancelled']) {
    it(`is not told of when it is ${status}`, async () => {
      await shipped(status);
      assert.deepEqual(await run(OVERDUE), { shipments: 0 });
    });
  }

  it('is told of once by two hubs at the same time, batch by batch', async () => {
    const shipments = await Promise.all(Array.from({ length: 9 }, () => shipped()));
    await Promise.all([run(OVERDUE, 2), run(OVERDUE, 2)]);
    await run(OVERDUE, 2);
    assert.deepEqual(await told(), shipments.flatMap(both).sort());
  });

  it('that somebody decides on just now is left to the next run', async () => {
    const shipmentId = await shipped();
    await store.db.transaction(async (tx) => {
      await tx.query('select from transfer where shipment_id = $1 for update', [shipmentId]);
      assert.deepEqual(await run(OVERDUE), { shipments: 0 });
    });
    assert.deepEqual(await run(OVERDUE), { shipments: 1 });
  });

  it('may still be accepted on the working day after an outage at the end of its term', async () => {
    await shipped();
    await store.db.query(
      `insert into outage (outage_id, began_at, ended_at, key_in_by, title, announced_by, announced_at)
       values ($1, '2026-04-01T20:00+05', '2026-04-02T10:00+05', '2026-04-03T23:59:59.999+05', '{}', $2, now())`,
      [newId(new Date()), MANUFACTURER],
    );
    assert.deepEqual(await run('2026-04-03T23:59:59.999+05:00'), { shipments: 0 });
    assert.deepEqual(await run('2026-04-04T00:00:00+05:00'), { shipments: 1 });
  });
});
