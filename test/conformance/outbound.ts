import assert from 'node:assert/strict';
import type { Adapter } from '../../src/exchange/adapter.ts';
import type { PolicyChanges } from '../../src/exchange/policy/policy.ts';
import type { OutboxMessage } from '../../src/store/outbox.ts';
import { type DeliveryRow, startTestExchange, type TestExchange, TRANSPORTS } from '../exchange/support.ts';
import { type MovableClock, movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** What goes wrong at the other end, in the words of no protocol. */
export const OUTBOUND_FAULTS = [
  'protocol_failure',
  'overload',
  'hang',
  'reset_before_accept',
  'reset_after_accept',
  'garbage',
  'truncated',
  'error_in_success',
  'answered_twice',
] as const;
export type OutboundFault = (typeof OUTBOUND_FAULTS)[number];

/** An adapter that delivers, with a simulator at its other end. */
export interface OutboundSubject {
  readonly adapter: Adapter;
  /** The settings of the partner that the simulator is. */
  readonly settings: object;
  /** What the partner needs in the store. */
  prepare(database: TestDatabase, partnerId: string): Promise<void>;
  /** The n-th message about one object. */
  message(n: number): Partial<OutboxMessage>;
  /** The code of an attempt that meets the fault; null: it is no failure. */
  readonly codes: Readonly<Record<OutboundFault, string | null>>;
  /** The code of an attempt with credentials that are none; null where the protocol has none of its own. */
  readonly wrongCredentials: string | null;
  readonly simulator: {
    /** The next request meets the fault, all later ones are answered well. */
    meet(fault: OutboundFault): void;
    down(): Promise<void>;
    up(): Promise<void>;
    /** From now on it knows other credentials than we have; and again the right ones. */
    changeCredentials(right: boolean): void;
    /** What it has accepted, in its order, repetitions left out: each message by what tells it from all others. */
    accepted(): readonly string[];
  };
  /** What `accepted` says of the n-th message. */
  nameOf(n: number): string;
  stop(): Promise<void>;
}

export type OpenOutbound = (database: TestDatabase, clock: MovableClock) => Promise<OutboundSubject>;

const PARTNER = 'other-end';
const HOURS = 24;
/** So patient that nothing is parked in a day. */
const POLICY: PolicyChanges = {
  retrySeconds: [5, ...Array<number>(2 * HOURS).fill(3_600)],
  timeoutSeconds: 1,
  order: 'object',
};

/** Whatever the other end does: nothing lost, nothing twice, in order, and the attempt says what it met. */
export function outboundConformance(name: string, open: OpenOutbound): void {
  for (const transport of TRANSPORTS) {
    describe(`conformance: ${name} delivers, over ${transport}`, () => {
      let clock: MovableClock;
      let database: TestDatabase;
      let subject: OutboundSubject;
      let test: TestExchange;

      beforeEach(async () => {
        clock = movableClock('2026-03-02T10:00:00Z');
        database = await createTestDatabase();
        subject = await open(database, clock);
        const { adapter, settings } = subject;
        test = await startTestExchange({ transport, adapters: [adapter], clock, database });
        await test.addPartner(PARTNER, { adapter: adapter.name, settings, policy: POLICY });
        await subject.prepare(database, PARTNER);
      });
      afterEach(async () => {
        await test.stop();
        await subject.stop();
        await database.drop();
      });

      const all = (state: string, count: number) => (rows: readonly DeliveryRow[]) =>
        rows.length === count && rows.every((row) => row.state === state);
      const send = (...numbers: readonly number[]) => test.send(...numbers.map((n) => subject.message(n)));
      const acceptedOnce = (...numbers: readonly number[]): void =>
        assert.deepEqual(subject.simulator.accepted(), numbers.map(subject.nameOf));
      async function attemptCodes(): Promise<string[]> {
        const { rows } = await database.db.query<{ code: string }>(
          'select code from attempt order by started_at, number',
        );
        return rows.map(({ code }) => code);
      }
      /** More than a day: also where the breaker or an overload asks for a longer rest. */
      async function untilDelivered(count: number): Promise<void> {
        clock.advance({ days: 1 });
        await test.exchange.pass();
        await test.until(all('delivered', count), 'delivered');
      }

      it('brings messages in their order, once each', async () => {
        await send(1, 2, 3);
        await test.until(all('delivered', 3), 'delivered');
        acceptedOnce(1, 2, 3);
      });

      for (const fault of OUTBOUND_FAULTS) {
        it(`survives ${fault}`, async () => {
          subject.simulator.meet(fault);
          await send(1, 2);
          const code = subject.codes[fault];
          if (code !== null) {
            await test.until((rows) => rows[0]?.outcome === code, code);
            await untilDelivered(2);
          }
          await test.until(all('delivered', 2), 'delivered');
          acceptedOnce(1, 2);
          const failed = (await attemptCodes()).slice(0, code === null ? 0 : 1);
          assert.deepEqual(failed, code === null ? [] : [code]);
        });
      }

      it('says that its credentials are wrong, and delivers when they are right', async function () {
        const { wrongCredentials, simulator } = subject;
        if (wrongCredentials === null) return this.skip();
        simulator.changeCredentials(false);
        await send(1);
        await test.until((rows) => rows[0]?.outcome === wrongCredentials, wrongCredentials);
        simulator.changeCredentials(true);
        await untilDelivered(1);
        acceptedOnce(1);
      });

      it('keeps everything while the other end is down for a day, and brings it in order', async () => {
        await subject.simulator.down();
        await send(1, 2, 3);
        await test.until((rows) => rows.length === 3 && (rows[0]?.attempts ?? 0) > 0, 'tried');
        for (let hour = 0; hour < HOURS; hour++) {
          clock.advance({ hours: 1 });
          await test.exchange.pass();
          await test.until((rows) => rows.every(({ state }) => state !== 'sending'), 'ended');
        }
        acceptedOnce();
        await subject.simulator.up();
        await untilDelivered(3);
        acceptedOnce(1, 2, 3);
      });
    });
  }
}
