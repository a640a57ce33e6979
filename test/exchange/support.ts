import { randomBytes } from 'node:crypto';
import Type from 'typebox';
import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Adapter, AttemptResult, Dispatch } from '../../src/exchange/adapter.ts';
import { createExchange, type Exchange } from '../../src/exchange/exchange.ts';
import type { PolicyChanges } from '../../src/exchange/policy/policy.ts';
import { createEmbeddedTransport } from '../../src/exchange/transports/embedded.ts';
import { createRabbitTransport } from '../../src/exchange/transports/rabbitmq.ts';
import type { TimerStore } from '../../src/exchange/transports/retry-timer.ts';
import type { Transport } from '../../src/exchange/transports/transport.ts';
import { createLog } from '../../src/log.ts';
import { appendOutbox, type OutboxMessage } from '../../src/store/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { removeNamespace, type SharedBroker } from '../support/services/namespace.ts';
import { sharedAmqpUrl, sharedRedisUrl, whyNoAmqp } from '../support/services/shared.ts';

/** The two ways carriers travel; every contract holds on both. */
export const TRANSPORTS = ['embedded', 'rabbitmq'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** Those that all tests share; a namespace of its own keeps each test apart. */
export function sharedBroker(): SharedBroker {
  return { amqpUrl: sharedAmqpUrl(), redisUrl: sharedRedisUrl() };
}

export function newNamespace(): string {
  return `test-${randomBytes(5).toString('hex')}`;
}

export function transportOf(
  name: TransportName,
  database: Pick<TestDatabase, 'connection'>,
  namespace: string,
  adapters: readonly string[],
  broker: SharedBroker = sharedBroker(),
): Transport {
  const log = createLog(process.env['TANBA_LOG'] === undefined ? 'silent' : 'debug');
  if (name === 'embedded') {
    const timerStore: TimerStore = { kind: 'postgresql', connection: database.connection };
    return createEmbeddedTransport({ timerStore, namespace, log });
  }
  const timerStore: TimerStore = { kind: 'redis', url: broker.redisUrl };
  return createRabbitTransport({ url: broker.amqpUrl, timerStore, namespace, adapters, log });
}

/** An adapter without a network: what it answers is told by the test. */
export interface ScriptedAdapter extends Adapter {
  readonly dispatches: readonly Dispatch[];
  answer: (dispatch: Dispatch) => Promise<AttemptResult> | AttemptResult;
  /** Resolves when so many attempts have been made. */
  attempts(count: number): Promise<void>;
}

export const DELIVERED: AttemptResult = { outcome: 'delivered', code: 'http.200', sent: {}, answer: { status: 200 } };
export const FAILED: AttemptResult = { outcome: 'failed', code: 'http.500', sent: {}, answer: { status: 500 } };

export function scriptedAdapter(policy: PolicyChanges = {}): ScriptedAdapter {
  const dispatches: Dispatch[] = [];
  const waiting = new Set<() => void>();
  const adapter: ScriptedAdapter = {
    name: 'scripted',
    settings: Type.Object({}),
    policy,
    dispatches,
    answer: () => DELIVERED,
    deliver: async (dispatch) => {
      dispatches.push(dispatch);
      const result = await adapter.answer(dispatch);
      for (const look of waiting) look();
      return result;
    },
    attempts: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${dispatches.length} attempts, not ${count}`)), 15_000);
        const look = (): void => {
          if (dispatches.length < count) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    render: ({ body }) => body,
    explainReach: async () => [],
    close: async () => undefined,
  };
  return adapter;
}

/** The number that the harness gives each message it sends, read from the body. */
export function numberOf(body: Buffer): number {
  return JSON.parse(String(body)).data.number;
}

export interface TestExchange {
  readonly exchange: Exchange;
  readonly database: TestDatabase;
  readonly namespace: string;
  readonly transport: Transport;
  send(...messages: Partial<OutboxMessage>[]): Promise<void>;
  addPartner(partnerId: string, options?: PartnerOptions): Promise<void>;
  /** Resolves when the deliveries satisfy the condition, looking again after every change of any. */
  until(condition: (deliveries: readonly DeliveryRow[]) => boolean, what: string): Promise<readonly DeliveryRow[]>;
  deliveries(): Promise<readonly DeliveryRow[]>;
  stop(): Promise<void>;
}

export interface PartnerOptions {
  readonly bin?: string | null;
  readonly topics?: readonly string[];
  readonly policy?: PolicyChanges;
  readonly adapter?: string;
  readonly settings?: object;
}

export interface DeliveryRow {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly partnerId: string;
  readonly topic: string;
  readonly state: string;
  readonly lane: string | null;
  readonly position: string;
  readonly attempts: number;
  readonly losses: number;
  readonly heldBy: string | null;
  readonly reason: string | null;
  readonly outcome: string | null;
  readonly dueAt: Date;
}

export const OPERATOR_BIN = '000000000001';
const DEADLINE_MS = 15_000;
const LOOK_AGAIN_MS = 20;

export interface TestExchangeOptions {
  readonly transport: TransportName;
  readonly adapters: readonly Adapter[];
  readonly clock?: Clock;
  readonly database?: TestDatabase;
  readonly namespace?: string;
  readonly broker?: SharedBroker;
  readonly random?: () => number;
}

export async function startTestExchange(options: TestExchangeOptions): Promise<TestExchange> {
  const { clock = systemClock, adapters, random = () => 0.5 } = options;
  const database = options.database ?? (await createTestDatabase());
  const namespace = options.namespace ?? newNamespace();
  const broker = options.broker ?? sharedBroker();
  const names = adapters.map(({ name }) => name);
  const transport = transportOf(options.transport, database, namespace, names, broker);
  const log = createLog(process.env['TANBA_LOG'] === undefined ? 'silent' : 'debug');
  const exchange = createExchange({ db: database.receipts, clock, log, adapters, transport, random });
  await exchange.start();
  await becomesReady(transport, broker);
  const harness = harnessOf(database, clock, exchange);
  return {
    ...harness,
    exchange,
    database,
    namespace,
    transport,
    stop: async () => {
      await transport.purge().catch(() => undefined);
      await exchange.stop();
      // Whoever brought the namespace along has others that use it.
      if (options.transport === 'rabbitmq' && options.namespace === undefined) {
        await removeNamespace(broker, namespace, names);
      }
      if (options.database === undefined) await database.drop();
    },
  };
}

async function becomesReady(transport: Transport, { amqpUrl }: SharedBroker): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!transport.ready) {
    if (Date.now() > deadline) {
      const broker = transport.name === 'rabbitmq' ? ((await whyNoAmqp(amqpUrl)) ?? 'RabbitMQ lets others in') : '';
      throw new Error(`the transport is not ready after ${DEADLINE_MS} ms; ${broker}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

const DELIVERIES = `
select delivery_id as "deliveryId", message_id as "messageId", partner_id as "partnerId", topic, state, lane, position,
       attempts, losses, held_by as "heldBy", reason, outcome, due_at as "dueAt"
  from delivery order by position`;

function harnessOf(database: TestDatabase, clock: Clock, exchange: Exchange) {
  const { db } = database;
  const deliveries = async (): Promise<readonly DeliveryRow[]> => (await db.query<DeliveryRow>(DELIVERIES)).rows;
  let sent = 0;
  return {
    deliveries,
    send: async (...messages: Partial<OutboxMessage>[]): Promise<void> => {
      const whole = messages.map((message) => ({
        topic: 'document.accepted',
        bin: OPERATOR_BIN,
        keys: [`document:${++sent}`],
        trace: null,
        payload: { number: sent },
        ...message,
      }));
      await db.transaction((tx) => appendOutbox(tx, whole, clock.now()));
      exchange.wake();
    },
    addPartner: async (partnerId: string, partner: PartnerOptions = {}): Promise<void> => {
      const { bin = null, topics = ['*'], policy = {}, adapter = 'scripted', settings = {} } = partner;
      await db.query(
        `insert into partner (partner_id, adapter, bin, name, topics, settings, policy, created_at, changed_at)
         values ($1, $2, $3, $1, $4, $5, $6, $7, $7)`,
        [partnerId, adapter, bin, topics, settings, policy, clock.now()],
      );
      await db.query('insert into partner_gate (partner_id) values ($1)', [partnerId]);
      await exchange.directory.refresh();
    },
    until: async (
      condition: (rows: readonly DeliveryRow[]) => boolean,
      what: string,
    ): Promise<readonly DeliveryRow[]> => {
      const deadline = Date.now() + DEADLINE_MS;
      for (;;) {
        const rows = await deliveries();
        if (condition(rows)) return rows;
        if (Date.now() > deadline)
          throw new Error(`not in time: ${what}\n${JSON.stringify(rows.slice(0, 20), null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    },
  };
}
