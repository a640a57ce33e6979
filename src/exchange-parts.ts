import type { LoadedAdapter } from './adapters/load.ts';
import { assertApart, openAdapters, type RunningAdapter } from './adapters/open.ts';
import { createAdapterRegister } from './adapters/register.ts';
import type { Config } from './config.ts';
import type { Catalogue } from './core/catalogue/catalogue.ts';
import type { Clock } from './core/clock.ts';
import type { MarkReader } from './core/codes/mark-reader.ts';
import { createSealer, deriveKey } from './core/codes/seal.ts';
import type { Participants } from './core/participants/participants.ts';
import type { Reception } from './core/receipts/reception.ts';
import type { Adapter } from './exchange/adapter.ts';
import { createExchange, type Exchange, type ExchangeSnapshot } from './exchange/exchange.ts';
import { createInboundDoor } from './exchange/inbound/door.ts';
import { createInbox } from './exchange/inbound/inbox.ts';
import type { Job } from './exchange/jobs/job.ts';
import { createJobRunner } from './exchange/jobs/job-runner.ts';
import { createReconciliationJob } from './exchange/jobs/reconciliation-job.ts';
import { createRetentionJob } from './exchange/jobs/retention.ts';
import { createOperatorDesk, type OperatorDesk } from './exchange/operator/desk.ts';
import type { PartnerDirectory } from './exchange/partner-directory.ts';
import { createWorkItems } from './exchange/reconciliation/work-items.ts';
import { createEmbeddedTransport } from './exchange/transports/embedded.ts';
import { createRabbitTransport } from './exchange/transports/rabbitmq.ts';
import type { TimerStore } from './exchange/transports/retry-timer.ts';
import type { Transport } from './exchange/transports/transport.ts';
import type { Log } from './log.ts';
import type { Store } from './open-store.ts';
import { adapterRoutes, watchAdapters } from './routes/adapters.ts';
import { exchangeRoutes } from './routes/exchange/routes.ts';
import { createExchangeMetrics } from './routes/exchange-metrics.ts';
import type { Metrics } from './routes/metrics.ts';
import type { AnyRoute } from './routes/route.ts';
import type { Stops } from './stops.ts';

export interface ExchangeParts {
  readonly exchange: Exchange;
  /** Opened; their doors are not. */
  readonly adapters: readonly RunningAdapter[];
  readonly routes: readonly AnyRoute[];
}

export interface ExchangePartsDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly masterKey: Buffer;
  readonly metrics: Metrics;
  readonly markReader: MarkReader;
  readonly catalogue: Catalogue;
  readonly participants: Participants;
  readonly reception: Reception;
  readonly works: boolean;
  /** Of the core. */
  readonly jobs: readonly Job[];
  readonly loadedAdapters: readonly LoadedAdapter[];
}

/** The adapters opened, and the exchange with them, its jobs and its routes, started. */
export async function openExchange(deps: ExchangePartsDeps, stops: Stops): Promise<ExchangeParts> {
  const { config, clock, log, store, metrics, works } = deps;
  // Adapters are opened with it, and it is made of what they deliver by.
  let started: Exchange | undefined;
  const adapters = await open(deps, {
    find: (partnerId) => started?.directory.find(partnerId),
    refresh: async () => started?.directory.refresh(),
  });
  const deliveries = adapters.flatMap(({ opened }) => opened.delivery ?? []);
  const exchangeMetrics = createExchangeMetrics(metrics.registry);
  const exchange = createExchange({
    db: store.exchange,
    clock,
    log,
    adapters: deliveries,
    works,
    transport: transportOf(
      config,
      store,
      deliveries.map(({ name }) => name),
      log,
    ),
    onAttempt: exchangeMetrics.observeAttempt,
  });
  started = exchange;
  exchangeMetrics.watch(exchange.status, exchange.directory.find);
  const jobs = jobsOf(deps, exchange, adapters, deliveries);
  const jobRunner = createJobRunner({ db: store.db, clock, log, jobs });
  await exchange.start();
  stops.push(() => exchange.stop());
  if (works) {
    jobRunner.start();
    stops.push(() => jobRunner.stop());
  }
  const register = createAdapterRegister(adapters);
  watchAdapters(metrics.registry, register);
  const workItems = createWorkItems({ db: store.db, clock });
  const routes = [
    ...exchangeRoutes({ desk: deskOf(deps, exchange, deliveries), exchange, jobs: jobRunner, workItems }),
    ...adapterRoutes(register),
    ...adapters.flatMap(({ opened }) => opened.routes ?? []),
  ];
  assertApart(jobs, routes);
  return { exchange, adapters, routes };
}

type KnownPartners = Pick<PartnerDirectory, 'find' | 'refresh'>;

function open(deps: ExchangePartsDeps, partners: KnownPartners): Promise<readonly RunningAdapter[]> {
  const { config, clock, log, store, masterKey, works, loadedAdapters } = deps;
  const { markReader, catalogue, participants, reception } = deps;
  const inbox = createInbox(store.exchange, clock);
  return openAdapters(loadedAdapters, {
    production: config.production,
    works,
    listens: config.roles !== 'worker',
    db: store.db,
    clock,
    log,
    sealer: (purpose) => createSealer(masterKey, purpose),
    deriveKey: (purpose) => deriveKey(masterKey, purpose),
    limits: config.limits,
    inbox,
    partnerDoor: createInboundDoor({ inbox, directory: partners }),
    partners,
    reception,
    markReader,
    catalogue,
    participants,
  });
}

function jobsOf(
  { store: { db }, jobs }: ExchangePartsDeps,
  { directory }: Exchange,
  adapters: readonly RunningAdapter[],
  deliveries: readonly Adapter[],
): Job[] {
  return [
    createReconciliationJob({ db, directory }),
    createRetentionJob({ db, adapters: deliveries }),
    ...jobs,
    ...adapters.flatMap(({ opened }) => opened.jobs ?? []),
  ];
}

function deskOf(
  { store: { db }, clock, markReader }: ExchangePartsDeps,
  exchange: Exchange,
  adapters: readonly Adapter[],
): OperatorDesk {
  const snapshot = (): ExchangeSnapshot | null => exchange.status().snapshot;
  return createOperatorDesk({ db, clock, adapters, directory: exchange.directory, markReader, snapshot });
}

/** RabbitMQ carries where it is set; BullMQ waits in Redis where it is set. Without settings PostgreSQL does both. */
function transportOf(config: Config, store: Store, adapters: readonly string[], log: Log): Transport {
  const { amqpUrl, redisUrl, namespace } = config;
  const timerStore: TimerStore =
    redisUrl === undefined ? { kind: 'postgresql', connection: store.connection } : { kind: 'redis', url: redisUrl };
  if (amqpUrl === undefined) return createEmbeddedTransport({ timerStore, namespace, log });
  return createRabbitTransport({ url: amqpUrl, timerStore, namespace, adapters, log });
}
