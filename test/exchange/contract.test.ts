import assert from 'node:assert/strict';
import { newTrace, traceIdOf } from '../../src/core/trace.ts';
import { raiseEpoch } from '../../src/exchange/epoch.ts';
import { movableClock } from '../support/clock.ts';
import {
  DELIVERED,
  FAILED,
  numberOf,
  type ScriptedAdapter,
  scriptedAdapter,
  startTestExchange,
  type TestExchange,
  type TestExchangeOptions,
  TRANSPORTS,
  type TransportName,
} from './support.ts';

/** The same for every way in which carriers travel. */
for (const transport of TRANSPORTS) {
  describe(`the exchange over ${transport}`, () => {
    contractOf(transport);
  });
}

type Options = Partial<Omit<TestExchangeOptions, 'transport' | 'adapters'>>;

function contractOf(transport: TransportName): void {
  const running: TestExchange[] = [];
  afterEach(async () => {
    for (const test of running.splice(0)) await test.stop();
  });

  async function start(adapter: ScriptedAdapter, options: Options = {}): Promise<TestExchange> {
    const test = await startTestExchange({ transport, adapters: [adapter], ...options });
    running.push(test);
    return test;
  }

  it('brings what was committed to every partner that takes it, and to nobody else', async () => {
    const adapter = scriptedAdapter();
    const test = await start(adapter);
    await test.addPartner('all');
    await test.addPartner('orders', { topics: ['order.*'] });
    await test.send({ topic: 'document.accepted' }, { topic: 'order.ready' });
    await test.until(
      (rows) => rows.length === 3 && rows.every(({ state }) => state === 'delivered'),
      'three delivered',
    );
    const got = adapter.dispatches.map(({ partner, topic }) => `${partner.partnerId} ${topic}`).sort();
    assert.deepEqual(got, ['all document.accepted', 'all order.ready', 'orders order.ready']);
  });

  it('tells a participant of nobody but itself', async () => {
    const adapter = scriptedAdapter();
    const test = await start(adapter);
    await test.database.db.query(
      `insert into participant (bin, name, role, registered_at) values ('990140000015', 'Own', 'retailer', now())`,
    );
    await test.addPartner('own', { bin: '990140000015' });
    await test.send({ bin: '990140000015' }, { bin: '990140000023' });
    await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
    assert.deepEqual(
      adapter.dispatches.map(({ body }) => JSON.parse(String(body)).participant),
      ['990140000015'],
    );
  });

  it('tries again by the schedule, with the same id and the same bytes', async () => {
    const adapter = scriptedAdapter({ retrySeconds: [1, 1] });
    adapter.answer = ({ attempt }) => (attempt < 3 ? FAILED : DELIVERED);
    const test = await start(adapter);
    await test.addPartner('one');
    await test.send({});
    const [delivery] = await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
    assert.equal(delivery?.attempts, 3);
    const sent = adapter.dispatches.map(({ messageId, body }) => `${messageId} ${body}`);
    assert.equal(sent.length, 3);
    assert.equal(new Set(sent).size, 1);
    const { rows } = await test.database.db.query('select number, code from attempt order by started_at');
    assert.deepEqual(rows, [
      { number: 1, code: 'http.500' },
      { number: 2, code: 'http.500' },
      { number: 3, code: 'http.200' },
    ]);
  });

  it('hands the trace of the request on to the partner', async () => {
    const adapter = scriptedAdapter();
    const test = await start(adapter);
    await test.addPartner('one');
    const trace = newTrace();
    await test.send({ trace });
    await adapter.attempts(1);
    const traceparent = adapter.dispatches[0]?.traceparent ?? '';
    assert.equal(traceIdOf(traceparent), traceIdOf(trace));
    assert.notEqual(traceparent, trace);
  });

  it('parks what is out of attempts, and alerts once for many', async () => {
    const adapter = scriptedAdapter({ retrySeconds: [], breaker: NEVER_OPENS });
    adapter.answer = () => FAILED;
    const test = await start(adapter);
    await test.addPartner('one');
    await test.send({}, {}, {});
    const rows = await test.until((all) => all.length === 3 && all.every(({ state }) => state === 'parked'), 'parked');
    assert.deepEqual(new Set(rows.map(({ reason }) => reason)), new Set(['out_of_attempts']));
    const alerts = await test.database.db.query(`select kind from alert where kind = 'delivery_parked'`);
    assert.equal(alerts.rowCount, 1);
  });

  it('parks at once what the partner will never take', async () => {
    const adapter = scriptedAdapter();
    adapter.answer = () => ({ ...FAILED, outcome: 'rejected', code: 'http.410' });
    const test = await start(adapter);
    await test.addPartner('one');
    await test.send({});
    const [delivery] = await test.until((rows) => rows[0]?.state === 'parked', 'parked');
    assert.deepEqual([delivery?.attempts, delivery?.reason], [1, 'rejected']);
  });

  it('does not spend an attempt on a failure of its own', async () => {
    const adapter = scriptedAdapter({ retrySeconds: [] });
    let calls = 0;
    adapter.answer = () => {
      calls += 1;
      if (calls === 1) throw new Error('a fault in the adapter');
      return DELIVERED;
    };
    const test = await start(adapter);
    await test.addPartner('one');
    await test.send({});
    const [delivery] = await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
    assert.deepEqual([delivery?.attempts, delivery?.losses], [1, 1]);
  });

  it('asks the partner about an attempt of unknown outcome before it sends again', async () => {
    const adapter = scriptedAdapter({ retrySeconds: [1] });
    adapter.answer = () => ({ ...FAILED, outcome: 'uncertain', code: 'timeout' });
    const asking: ScriptedAdapter = Object.assign(adapter, { queryOutcome: async () => 'arrived' as const });
    const test = await start(asking);
    await test.addPartner('one');
    await test.send({});
    await test.until((rows) => rows[0]?.state === 'uncertain', 'uncertain');
    const [delivery] = await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
    assert.equal(delivery?.outcome, 'confirmed');
    assert.equal(adapter.dispatches.length, 1);
  });

  it('keeps a lane in order while its head is tried again, and lets other lanes pass', async () => {
    const adapter = scriptedAdapter({ retrySeconds: [1, 1, 1], order: 'object', breaker: NEVER_OPENS });
    adapter.answer = ({ attempt, body }) => (numberOf(body) === 1 && attempt < 3 ? FAILED : DELIVERED);
    const test = await start(adapter);
    await test.addPartner('one');
    const lane = (key: string, number: number) => ({ keys: [key], payload: { number } });
    await test.send(lane('a', 1), lane('a', 2), lane('b', 10), lane('a', 3), lane('b', 11));
    await test.until((rows) => rows.length === 5 && rows.every(({ state }) => state === 'delivered'), 'all delivered');
    const order = adapter.dispatches.map(({ body }) => numberOf(body));
    assert.deepEqual(
      order.filter((number) => number < 10),
      [1, 1, 1, 2, 3],
    );
    assert.deepEqual(
      order.filter((number) => number >= 10),
      [10, 11],
    );
    assert.ok(order.indexOf(11) < order.lastIndexOf(1), 'lane b did not wait for lane a');
  });

  it('keeps those behind a parked head queued', async () => {
    const adapter = scriptedAdapter({ retrySeconds: [], order: 'partner' });
    adapter.answer = () => FAILED;
    const test = await start(adapter);
    await test.addPartner('one');
    await test.send({}, {});
    const rows = await test.until((all) => all[0]?.state === 'parked', 'parked');
    assert.deepEqual([rows[1]?.state, rows[1]?.heldBy], ['queued', 'lane']);
    assert.equal(adapter.dispatches.length, 1);
  });

  it('sends no more at once than the partner takes', async () => {
    const adapter = scriptedAdapter({ concurrency: 3 });
    let underWay = 0;
    let most = 0;
    adapter.answer = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay -= 1;
      return DELIVERED;
    };
    const test = await start(adapter);
    await test.addPartner('one');
    await test.send(...Array.from({ length: 60 }, () => ({})));
    await test.until((rows) => rows.length === 60 && rows.every(({ state }) => state === 'delivered'), 'all delivered');
    assert.equal(most, 3);
  });

  it('holds back for a switched-off partner without spending attempts, and goes on when it is switched on', async () => {
    const adapter = scriptedAdapter();
    const test = await start(adapter);
    await test.addPartner('one');
    const switchTo = (off: boolean) =>
      test.database.db.query(`update partner set switched_off = $1, changed_at = changed_at + interval '1 s'`, [off]);
    await switchTo(true);
    await test.send({});
    await test.until((rows) => rows.length === 1, 'made');
    await test.exchange.pass();
    assert.equal(adapter.dispatches.length, 0);
    await switchTo(false);
    const [delivery] = await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
    assert.equal(delivery?.attempts, 1);
  });

  it('waits for the partner’s hours', async () => {
    const clock = movableClock('2026-03-02T20:00:00+05:00');
    const adapter = scriptedAdapter({
      calendar: {
        timeZone: 'Asia/Almaty',
        windows: [{ days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' }],
        closedDates: [],
      },
    });
    const test = await start(adapter, { clock });
    await test.addPartner('one');
    await test.send({});
    await test.until((rows) => rows.length === 1, 'made');
    await test.exchange.pass();
    assert.equal(adapter.dispatches.length, 0);
    clock.set('2026-03-03T08:00:01+05:00');
    await test.exchange.pass();
    const [delivery] = await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
    assert.equal(delivery?.attempts, 1);
  });

  it('spares a partner that fails all the time, probes it, and goes on when it is back', async () => {
    const clock = movableClock('2026-03-02T10:00:00Z');
    const breaker = { minimumAttempts: 5, failurePercent: 50, windowSeconds: 60, openSeconds: 60, openSecondsMax: 600 };
    const adapter = scriptedAdapter({ retrySeconds: [1, 1, 1, 1], breaker, concurrency: 5 });
    adapter.answer = () => FAILED;
    const test = await start(adapter, { clock });
    await test.addPartner('one');
    await test.send(...Array.from({ length: 40 }, () => ({})));
    const gate = async () =>
      (await test.database.db.query<{ breaker: string }>('select breaker from partner_gate')).rows[0]?.breaker;
    await test.until((rows) => rows.length === 40, 'made');
    await adapter.attempts(5);
    await test.until((rows) => rows.every(({ state }) => state !== 'sending'), 'ended');
    await test.exchange.pass();
    await test.until((rows) => rows.every(({ state }) => state !== 'sending'), 'ended');
    assert.equal(await gate(), 'open');
    const before = adapter.dispatches.length;
    assert.ok(before < 40, `${before} attempts`);
    adapter.answer = () => DELIVERED;
    clock.advance({ seconds: 61 });
    await test.exchange.pass();
    await test.until((rows) => rows.some(({ state }) => state === 'delivered'), 'probed');
    const all = (rows: readonly { state: string }[]) => rows.every(({ state }) => state === 'delivered');
    await test.until((rows) => {
      clock.advance({ seconds: 1 });
      return all(rows);
    }, 'all delivered');
    assert.equal(await gate(), 'closed');
  });

  it('keeps to the partner’s rate and to its quota of the day', async () => {
    const clock = movableClock('2026-03-02T10:00:00Z');
    const adapter = scriptedAdapter({ ratePerSecond: 5, dailyQuota: 8 });
    const test = await start(adapter, { clock });
    await test.addPartner('one');
    await test.send(...Array.from({ length: 20 }, () => ({})));
    const delivered = (count: number) =>
      test.until((rows) => rows.filter(({ state }) => state === 'delivered').length === count, `${count} delivered`);
    await delivered(5);
    clock.advance({ seconds: 1 });
    await delivered(8);
    clock.advance({ minutes: 1 });
    await test.exchange.pass();
    await delivered(8);
    clock.advance({ days: 1 });
    await delivered(13);
    const rows = await test.deliveries();
    assert.ok(rows.every(({ state, attempts }) => attempts === (state === 'delivered' ? 1 : 0)));
  });

  it('loses nothing when every carrier is wiped', async () => {
    const clock = movableClock('2026-03-02T10:00:00Z');
    const adapter = scriptedAdapter({ retrySeconds: [3_600], breaker: NEVER_OPENS });
    adapter.answer = ({ attempt }) => (attempt === 1 ? FAILED : DELIVERED);
    const test = await start(adapter, { clock });
    await test.addPartner('one');
    await test.send(...Array.from({ length: 10 }, () => ({})));
    await test.until((rows) => rows.length === 10 && rows.every(({ attempts }) => attempts === 1), 'tried');
    await test.transport.purge();
    clock.advance({ minutes: 90 });
    await test.exchange.pass();
    await test.until((rows) => rows.every(({ state }) => state === 'delivered'), 'all delivered');
  });

  it('does not believe carriers from before a restore', async () => {
    const adapter = scriptedAdapter();
    const test = await start(adapter);
    await test.database.db.query(
      `insert into instance (instance_id, created_at) values (gen_random_uuid(), now()) on conflict do nothing`,
    );
    await test.addPartner('one', { policy: { calendar: CLOSED } });
    await test.send({});
    const [delivery] = await test.until((rows) => rows.length === 1, 'made');
    await raiseEpoch(test.database.db);
    await test.database.db.query(`update partner set policy = '{}', changed_at = changed_at + interval '1 s'`);
    // The delivery could go, and its carrier's number is right: only its epoch is old.
    const old = { deliveryId: delivery?.deliveryId ?? '', partnerId: 'one', adapter: 'scripted', carrier: 1, epoch: 0 };
    await test.transport.carry([{ ...old, trace: newTrace() }]);
    await test.until((rows) => rows[0]?.state === 'delivered', 'delivered by a new carrier');
    assert.equal(adapter.dispatches.length, 1);
  });
}

const NEVER_OPENS = {
  minimumAttempts: 10_000,
  failurePercent: 100,
  windowSeconds: 60,
  openSeconds: 1,
  openSecondsMax: 1,
};
const CLOSED = { timeZone: 'Asia/Almaty', windows: [{ days: [1], from: '00:00', to: '00:01' }], closedDates: [] };
