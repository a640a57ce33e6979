import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { DELIVERY_STATES } from '../../../src/exchange/delivery-states.ts';
import type { OperatorDesk } from '../../../src/exchange/operator/desk.ts';
import { DELIVERED, FAILED, scriptedAdapter, startTestExchange, type TestExchange } from '../support.ts';
import { auditOf, makeDelivery, OPERATOR, openDesk, REASON, refuses } from './support.ts';

describe('decisions about single deliveries', () => {
  const adapter = scriptedAdapter({ order: 'object', retrySeconds: [] });
  let test: TestExchange;
  let desk: OperatorDesk;

  before(async () => {
    test = await startTestExchange({ transport: 'embedded', adapters: [adapter] });
    await test.addPartner('one');
    const { db } = test.database;
    desk = openDesk({ db, adapters: [adapter], directory: test.exchange.directory });
  });
  after(() => test.stop());
  beforeEach(async () => {
    adapter.answer = () => DELIVERED;
    await test.database.db.query('delete from delivery');
    await test.database.db.query('delete from audit');
  });

  /** The first of the lane fails for good, and the others stand behind it. */
  async function stuckLane(count: number): Promise<readonly string[]> {
    const before = adapter.dispatches.length;
    adapter.answer = () => FAILED;
    await test.send(...Array.from({ length: count }, (_, number) => ({ keys: ['order:7'], payload: { number } })));
    const rows = await test.until(
      (found) => found.length === count && found[0]?.state === 'parked',
      'the head is parked',
    );
    assert.equal(adapter.dispatches.length, before + 1);
    adapter.answer = () => DELIVERED;
    return rows.map(({ deliveryId }) => deliveryId);
  }

  const numbersSince = (from: number): readonly number[] =>
    adapter.dispatches.slice(from).map(({ body }) => JSON.parse(body.toString()).data.number);

  it('lets the next of a lane go when its stuck head is cancelled', async () => {
    const [head = ''] = await stuckLane(3);
    const from = adapter.dispatches.length;
    await desk.decisions.cancel(head, OPERATOR, REASON);
    const rows = await test.until(
      (found) => found.slice(1).every(({ state }) => state === 'delivered'),
      'the others go',
    );
    assert.equal(rows[0]?.state, 'cancelled');
    assert.equal(rows[0]?.reason, 'by_operator');
    assert.deepEqual(numbersSince(from), [1, 2]);
  });

  it('keeps the order of a lane when its head is replayed', async () => {
    const [head = ''] = await stuckLane(4);
    const from = adapter.dispatches.length;
    const { replayed } = await desk.decisions.replay({ deliveryIds: [head] }, OPERATOR, REASON);
    assert.equal(replayed, 1);
    await test.until((found) => found.every(({ state }) => state === 'delivered'), 'all go');
    assert.deepEqual(numbersSince(from), [0, 1, 2, 3]);
    assert.deepEqual(
      adapter.dispatches.slice(from).map(({ attempt }) => attempt),
      [1, 1, 1, 1],
    );
  });

  it('replays a whole lane in its order, under the same message ids', async () => {
    await test.send(...[0, 1, 2, 3, 4].map((number) => ({ keys: ['order:8'], payload: { number } })));
    const before = await test.until(
      (found) => found.length === 5 && found.every(({ state }) => state === 'delivered'),
      'all go',
    );
    const from = adapter.dispatches.length;
    const selection = { states: ['delivered'] as const, from: new Date(0), to: new Date(Date.now() + 60_000) };
    const counts = await desk.decisions.replay({ selection }, OPERATOR, REASON);
    assert.equal(counts.replayed, 5);
    await test.until(
      (found) => adapter.dispatches.length === from + 5 && found.every(({ state }) => state === 'delivered'),
      'all again',
    );
    assert.deepEqual(numbersSince(from), [0, 1, 2, 3, 4]);
    assert.deepEqual(
      adapter.dispatches.slice(from).map(({ messageId }) => messageId),
      before.map(({ messageId }) => messageId),
    );
  });

  it('parks what waits, so that its lane stands', async () => {
    const [, second = ''] = await stuckLane(3);
    await desk.decisions.park(second, OPERATOR, REASON);
    const [head = ''] = (await test.deliveries()).map(({ deliveryId }) => deliveryId);
    const from = adapter.dispatches.length;
    await desk.decisions.cancel(head, OPERATOR, REASON);
    await test.exchange.pass();
    assert.deepEqual(
      (await test.deliveries()).map(({ state }) => state),
      ['cancelled', 'parked', 'queued'],
    );
    await desk.decisions.replay({ deliveryIds: [second] }, OPERATOR, REASON);
    await test.until((found) => found.slice(1).every(({ state }) => state === 'delivered'), 'the rest goes');
    assert.deepEqual(numbersSince(from), [1, 2]);
  });

  it('writes down who decided, from which state, and why', async () => {
    const { db } = test.database;
    const one = await makeDelivery(db, { state: 'queued', lane: 'x' });
    await desk.decisions.park(one.deliveryId, OPERATOR, '  look at it first ');
    await desk.decisions.cancel(one.deliveryId, OPERATOR, REASON);
    const [parked, cancelled] = await auditOf(db);
    const { deliveryId: subject, messageId } = one;
    const details = { messageId, partnerId: 'one' };
    const { bin } = OPERATOR;
    assert.deepEqual(parked, {
      bin,
      action: 'delivery.parked',
      subject,
      details: { ...details, reason: 'look at it first', from: 'queued' },
    });
    assert.deepEqual(cancelled, {
      bin,
      action: 'delivery.cancelled',
      subject,
      details: { ...details, reason: REASON, from: 'parked' },
    });
  });

  const MAY = {
    park: ['queued', 'waiting', 'uncertain'],
    cancel: ['queued', 'waiting', 'uncertain', 'parked'],
  } as const;

  for (const decision of ['park', 'cancel'] as const) {
    const may: readonly string[] = MAY[decision];
    for (const state of DELIVERY_STATES.filter((each) => !may.includes(each))) {
      it(`refuses to ${decision} what is ${state}`, async () => {
        const { db } = test.database;
        // Of a partner that no worker serves, so that nothing moves meanwhile.
        const { deliveryId } = await makeDelivery(db, { state, partnerId: 'nobody' });
        const { options } = await refuses(db, 'exchange.delivery_state', () =>
          desk.decisions[decision](deliveryId, OPERATOR, REASON),
        );
        assert.deepEqual(options.details, { state });
      });
    }

    it(`refuses to ${decision} without a reason, or what there is not`, async () => {
      const { db } = test.database;
      const { deliveryId } = await makeDelivery(db, { state: 'uncertain', partnerId: 'nobody' });
      for (const reason of ['', ' x ', 'x'.repeat(501)]) {
        await refuses(db, 'exchange.reason_needed', () => desk.decisions[decision](deliveryId, OPERATOR, reason));
      }
      for (const id of [randomUUID(), 'x']) {
        await refuses(db, 'exchange.delivery_unknown', () => desk.decisions[decision](id, OPERATOR, REASON));
      }
    });
  }
});
