import assert from 'node:assert/strict';
import { movableClock } from '../support/clock.ts';
import {
  DELIVERED,
  numberOf,
  type ScriptedAdapter,
  scriptedAdapter,
  startTestExchange,
  type TestExchange,
  type TestExchangeOptions,
  TRANSPORTS,
  type TransportName,
} from './support.ts';

for (const transport of TRANSPORTS) {
  describe(`the exchange of several hubs over ${transport}`, () => {
    contractOf(transport);
  });
}

type Options = Partial<Omit<TestExchangeOptions, 'transport' | 'adapters'>>;

function contractOf(transport: TransportName): void {
  const running: TestExchange[] = [];
  afterEach(async () => {
    // The second hub of a database before the one that takes the database away.
    for (const test of running.splice(0).toReversed()) await test.stop();
  });

  async function start(adapter: ScriptedAdapter, options: Options = {}): Promise<TestExchange> {
    const test = await startTestExchange({ transport, adapters: [adapter], ...options });
    running.push(test);
    return test;
  }

  it('shares the work with another hub, each message once', async () => {
    const adapter = scriptedAdapter({ order: 'object' });
    const first = await start(adapter);
    const { database, namespace } = first;
    await start(adapter, { database, namespace });
    await first.addPartner('one');
    const messages = Array.from({ length: 300 }, (_, number) => ({
      keys: [`lane:${number % 7}`],
      payload: { number },
    }));
    for (let at = 0; at < messages.length; at += 50) await first.send(...messages.slice(at, at + 50));
    await first.until(
      (rows) => rows.length === 300 && rows.every(({ state }) => state === 'delivered'),
      'all delivered',
    );
    const numbers = adapter.dispatches.map(({ body }) => numberOf(body));
    assert.equal(numbers.length, 300);
    for (let lane = 0; lane < 7; lane++) {
      const own = numbers.filter((number) => number % 7 === lane);
      assert.deepEqual(
        own,
        own.toSorted((a, b) => a - b),
      );
    }
  });

  it('takes back the delivery of a worker that died, as uncertain, and sends it again under the same id', async () => {
    const clock = movableClock('2026-03-02T10:00:00Z');
    const dying = scriptedAdapter({ order: 'partner' });
    let comeBack: (() => void) | undefined;
    dying.answer = () => {
      if (comeBack !== undefined) return DELIVERED;
      return new Promise((resolve) => {
        comeBack = () => resolve(DELIVERED);
      });
    };
    const first = await start(dying, { clock });
    await first.addPartner('one');
    await first.send({}, {});
    await first.until((rows) => rows[0]?.state === 'sending', 'sending');
    const living = scriptedAdapter({ order: 'partner' });
    const { database, namespace } = first;
    const second = await start(living, { clock, database, namespace });
    clock.advance({ minutes: 1 });
    await second.exchange.pass();
    await second.until((rows) => rows.every(({ state }) => state === 'delivered'), 'delivered');
    const again = [...living.dispatches, ...dying.dispatches].map(({ messageId }) => messageId);
    assert.equal(new Set(again).size, 2);
    const { rows } = await database.db.query(`select code from attempt where code = 'worker_lost'`);
    assert.equal(rows.length, 1);
    // The dead one comes back with an old fencing token: nothing changes, the attempt is on record.
    comeBack?.();
    await first.until((all) => all.every(({ state }) => state === 'delivered'), 'still delivered');
  });

  it('parks what has taken twenty workers with it, with an alert', async () => {
    const clock = movableClock('2026-03-02T10:00:00Z');
    const hanging = scriptedAdapter();
    let letGo: (() => void) | undefined;
    hanging.answer = () =>
      new Promise((resolve) => {
        letGo = () => resolve(DELIVERED);
      });
    const test = await start(hanging, { clock });
    await test.addPartner('one');
    await test.send({});
    await test.until((rows) => rows[0]?.state === 'sending', 'sending');
    await test.database.db.query(
      `insert into attempt (started_at, ended_at, delivery_id, number, outcome, code, sent)
       select timestamptz '2026-03-02T09:00:00Z' + make_interval(mins => n), now(), delivery_id, n, 'uncertain', 'worker_lost', '{}'
         from delivery, generate_series(1, 19) as n`,
    );
    clock.advance({ minutes: 1 });
    await test.exchange.pass();
    const [row] = await test.deliveries();
    assert.deepEqual([row?.state, row?.reason, row?.outcome], ['parked', 'infrastructure', 'worker_lost']);
    const { rows } = await test.database.db.query(`select kind from alert where kind = 'delivery_parked'`);
    assert.equal(rows.length, 1);
    letGo?.();
  });
}
