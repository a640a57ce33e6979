import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { digestOf } from '../../../src/exchange/message.ts';
import type { DeliveryView } from '../../../src/exchange/operator/delivery-views.ts';
import type { OperatorDesk } from '../../../src/exchange/operator/desk.ts';
import { FAILED, scriptedAdapter, startTestExchange, type TestExchange } from '../support.ts';
import { auditOf, makeDelivery, OPERATOR, openDesk, refuses } from './support.ts';

describe('one message, as operators see it', () => {
  const adapter = scriptedAdapter({ retrySeconds: [3_600] });
  let test: TestExchange;
  let desk: OperatorDesk;

  before(async () => {
    test = await startTestExchange({ transport: 'embedded', adapters: [adapter] });
    for (const partnerId of ['one', 'two']) await test.addPartner(partnerId, { topics: [`${partnerId}.*`] });
    const { db } = test.database;
    desk = openDesk({ db, adapters: [adapter], directory: test.exchange.directory });
  });
  after(() => test.stop());

  const viewed = (messageId: string) => desk.messages.view(messageId, OPERATOR, 'en');
  const onlyDelivery = async (messageId: string): Promise<DeliveryView> => {
    const [delivery] = (await viewed(messageId)).deliveries;
    return delivery ?? assert.fail('no delivery');
  };

  it('shows its header, its body without personal data, and each attempt with what was sent and answered', async () => {
    adapter.answer = () => ({ ...FAILED, sent: { url: 'https://one.kz' } });
    await test.send({
      topic: 'one.told',
      keys: ['document:1', 'gtin:2'],
      payload: { bin: '180540001239', mail: 'a@b.kz', phone: '+7 701 234 56 78', gtin: '04870000100019', sum: 5 },
    });
    const [row] = await test.until((rows) => rows[0]?.attempts === 1, 'one attempt');
    const view = await viewed(row?.messageId ?? '');
    assert.deepEqual(view.keys, ['document:1', 'gtin:2']);
    assert.equal(view.topic, 'one.told');
    assert.equal(view.direction, 'outbound');
    assert.equal(view.digest, adapter.dispatches[0]?.digest.toString('hex'));
    assert.equal(view.traceId, adapter.dispatches[0]?.traceparent.split('-')[1]);
    assert.equal(view.bodyErased, false);
    assert.deepEqual(Object(view.body).data, {
      bin: '********1239',
      mail: '***@b.kz',
      phone: '***',
      gtin: '04870000100019',
      sum: 5,
    });
    assert.equal(Object(view.body).id, row?.messageId);
    const [delivery] = view.deliveries;
    assert.ok(delivery);
    assert.match(delivery.explanation, /did not take it \(http.500\); attempt 2 follows at/);
    assert.deepEqual(delivery.policy?.retrySeconds, [3_600]);
    const made = delivery.made.map(({ number, outcome, code, sent, answer }) => ({
      number,
      outcome,
      code,
      sent,
      answer,
    }));
    const sent = { url: 'https://one.kz' };
    assert.deepEqual(made, [{ number: 1, outcome: 'failed', code: 'http.500', sent, answer: { status: 500 } }]);
  });

  it('notes in the audit log who has seen a body', async () => {
    const { messageId } = await makeDelivery(test.database.db);
    await viewed(messageId);
    const entry = (await auditOf(test.database.db)).find(({ subject }) => subject === messageId);
    assert.equal(entry?.action, 'message.disclosed');
    assert.equal(entry?.bin, OPERATOR.bin);
  });

  it('says so where the body has been erased, and keeps the digest', async () => {
    const { messageId } = await makeDelivery(test.database.db, { body: null });
    const view = await viewed(messageId);
    assert.equal(view.body, null);
    assert.equal(view.bodyErased, true);
    assert.equal(view.digest, digestOf(Buffer.alloc(0)).toString('hex'));
  });

  it('shows a body that is no JSON as masked text', async () => {
    const { messageId } = await makeDelivery(test.database.db, { body: Buffer.from('<bin>180540001239</bin>') });
    assert.equal((await viewed(messageId)).body, '<bin>********1239</bin>');
  });

  it('tells how many stand before it in its lane, and in what state the first is since when', async () => {
    const { db } = test.database;
    const createdAt = new Date('2026-11-24T06:00:00Z');
    const head = await makeDelivery(db, { state: 'parked', lane: 'order:1', partnerId: 'two', createdAt });
    await makeDelivery(db, { state: 'delivered', lane: 'order:1', partnerId: 'two' });
    await makeDelivery(db, { state: 'queued', lane: 'order:1', partnerId: 'two' });
    await makeDelivery(db, { state: 'queued', lane: 'order:2', partnerId: 'two' });
    const last = await makeDelivery(db, { state: 'queued', lane: 'order:1', partnerId: 'two', heldBy: 'lane' });
    const { explanation, lane } = await onlyDelivery(last.messageId);
    assert.equal(lane, 'order:1');
    assert.match(
      explanation,
      new RegExp(`there are 2; the first, ${head.deliveryId}, is parked since 2026-11-24 11:00:00`),
    );
    await db.query(`delete from delivery where lane is not null`);
  });

  it('explains by what holds the partner now, not by what its row said last', async () => {
    const { db } = test.database;
    const { messageId } = await makeDelivery(db, { state: 'parked', partnerId: 'two' });
    await db.query(`update partner set switched_off = true, switch_reason = 'their wish' where partner_id = 'two'`);
    // Never fed while it is off, so that the row says nothing of it.
    await db.query(`update delivery set state = 'waiting', held_by = 'retry' where message_id = $1`, [messageId]);
    assert.match((await onlyDelivery(messageId)).explanation, /switched off \(their wish\)/);
    await db.query(`update partner set switched_off = false where partner_id = 'two'`);
    await db.query(
      `update partner_gate set breaker = 'open', breaker_until = now() + interval '1 hour' where partner_id = 'two'`,
    );
    assert.match((await onlyDelivery(messageId)).explanation, /failed too often; at .* one message tries/);
    await db.query(`delete from delivery where message_id = $1`, [messageId]);
  });

  it('answers in the language that is asked for', async () => {
    const { messageId } = await makeDelivery(test.database.db, { state: 'parked', reason: 'by_operator' });
    const [ru] = (await desk.messages.view(messageId, OPERATOR, 'ru')).deliveries;
    const [kk] = (await desk.messages.view(messageId, OPERATOR, 'kk')).deliveries;
    assert.match(ru?.explanation ?? '', /Отложена оператором/);
    assert.match(kk?.explanation ?? '', /оператор тоқтатқан/);
  });

  it('refuses ids that are none of a message', async () => {
    for (const id of [randomUUID(), 'x']) await refuses(test.database.db, 'exchange.message_unknown', () => viewed(id));
  });
});
