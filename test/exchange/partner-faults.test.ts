import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createAddressGuard } from '../../src/adapters/webhook/address-guard.ts';
import { createWebhookDelivery } from '../../src/adapters/webhook/delivery.ts';
import { createNameResolution } from '../../src/adapters/webhook/name-resolution.ts';
import { createWebhookSecrets } from '../../src/adapters/webhook/secrets.ts';
import { createSealer } from '../../src/core/codes/seal.ts';
import { type MovableClock, movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fault, type PartnerStandIn, startPartner } from '../support/partner-stand-in.ts';
import { type DeliveryRow, startTestExchange, type TestExchange, TRANSPORTS } from './support.ts';

/** 5 s, 5 min, 30 min, 2 h, as in the general policy. */
const HOUR_OF_RETRIES = [5, 300, 1_800, 7_200];
/** On a busy machine a second may be over before a connection is refused. */
const NOT_ENDED = ['waiting', 'uncertain'];

const ANSWERS: readonly (readonly [what: string, fault: Fault, code: string, state: string])[] = [
  ['answers 500', { kind: 'status', status: 500 }, 'http.500', 'waiting'],
  ['asks for patience', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'http.429', 'waiting'],
  ['sends the message elsewhere', { kind: 'redirect', to: 'http://169.254.169.254/' }, 'http.302', 'waiting'],
  ['answers garbage', { kind: 'garbage' }, 'garbage', 'uncertain'],
  ['resets after accepting', { kind: 'reset_after_accept' }, 'reset', 'uncertain'],
  ['does not answer in time', { kind: 'hang' }, 'timeout', 'uncertain'],
];

for (const transport of TRANSPORTS) {
  describe(`a partner over HTTP that fails, over ${transport}`, () => {
    let clock: MovableClock;
    let database: TestDatabase;
    let partner: PartnerStandIn;
    let test: TestExchange;

    beforeEach(async () => {
      clock = movableClock('2026-03-02T10:00:00Z');
      database = await createTestDatabase();
      partner = await startPartner();
      const { db } = database;
      const secrets = createWebhookSecrets({ db, clock, sealer: createSealer(randomBytes(32), 'webhook') });
      const guard = createAddressGuard({
        networks: ['127.0.0.0/8'],
        httpsOnly: false,
        resolve: createNameResolution(),
      });
      const adapters = [createWebhookDelivery({ guard, secrets, clock })];
      test = await startTestExchange({ transport, adapters, clock, database });
      const policy = { retrySeconds: HOUR_OF_RETRIES, timeoutSeconds: 1 };
      await test.addPartner('hook', { adapter: 'webhook', settings: { url: `${partner.url}/hook` }, policy });
      await db.transaction((tx) => secrets.make(tx, 'hook', clock.now()));
    });
    afterEach(async () => {
      await test.stop();
      await partner.close();
      await database.drop();
    });

    const delivered = (rows: readonly DeliveryRow[]): boolean =>
      rows.length > 0 && rows.every(({ state }) => state === 'delivered');

    for (const [what, fault, code, state] of ANSWERS) {
      it(`gets the message again, under the same id, when it ${what}`, async () => {
        partner.script(fault);
        await test.send({});
        const [first] = await test.until((rows) => rows[0]?.outcome === code, code);
        assert.deepEqual([first?.state, first?.attempts], [state, 1]);
        partner.script({ kind: 'ok' });
        // More than a day: also where the breaker or the overload asks for a longer rest.
        clock.advance({ days: 1 });
        await test.exchange.pass();
        await test.until(delivered, 'delivered');
        const ids = new Set(partner.received.map(({ id, body }) => `${id} ${body}`));
        assert.equal(ids.size, 1);
      });
    }

    it('is left alone for as long as it asks, within twice the schedule', async () => {
      partner.script({ kind: 'status', status: 429, headers: { 'retry-after': '100000' } });
      await test.send({});
      const [row] = await test.until((rows) => rows[0]?.outcome === 'http.429', 'refused');
      const restSeconds = ((row?.dueAt.getTime() ?? 0) - clock.now().getTime()) / 1_000;
      assert.ok(restSeconds >= 10 && restSeconds <= 36, `${restSeconds} s`);
    });

    it('gets everything after an hour of absence, and was not asked more often than the schedule says', async () => {
      await partner.down();
      await test.send({}, {}, {});
      await test.until((rows) => rows.length === 3 && rows.every(({ attempts }) => attempts > 0), 'tried');
      for (let minute = 0; minute < 60; minute += 5) {
        clock.advance({ minutes: 5 });
        await test.exchange.pass();
        await test.until((rows) => rows.every(({ state }) => state !== 'sending'), 'ended');
      }
      const rows = await test.deliveries();
      assert.ok(
        rows.every(({ attempts, state }) => attempts <= HOUR_OF_RETRIES.length && NOT_ENDED.includes(state)),
        JSON.stringify(rows.map(({ attempts, state }) => [attempts, state])),
      );
      await partner.up();
      await test.until((all) => {
        clock.advance({ minutes: 10 });
        return delivered(all);
      }, 'delivered');
      assert.equal(new Set(partner.received.map(({ id }) => id)).size, 3);
    });

    it('may take its time and acknowledge twice: the second word changes nothing', async () => {
      partner.script({ kind: 'slow', ms: 300 });
      await test.send({});
      const [row] = await test.until(delivered, 'delivered');
      const before = await database.db.query('select acknowledged_at from delivery');
      const body = Buffer.from(JSON.stringify({ messages: [{ messageId: row?.messageId }] }));
      const word = { partner: { partnerId: 'hook', bin: null }, partnerMessageId: 'a-1', kind: 'acknowledgement' };
      let effects = 0;
      const receive = () =>
        test.exchange.inbox.receive({ ...word, body, keys: [], trace: '' }, async () => ({ effects: ++effects }));
      const answers = [await receive(), await receive()];
      assert.deepEqual(
        answers.map(({ answer, repeated }) => [answer, repeated]),
        [
          [{ effects: 1 }, false],
          [{ effects: 1 }, true],
        ],
      );
      assert.deepEqual((await database.db.query('select acknowledged_at from delivery')).rows, before.rows);
    });
  });
}
