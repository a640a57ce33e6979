import { createWebhookAdapter } from './adapters/webhook/adapter.ts';
import { createAddressGuard } from './adapters/webhook/address-guard.ts';
import { createNameResolution } from './adapters/webhook/name-resolution.ts';
import { createWebhookSecrets } from './adapters/webhook/secrets.ts';
import { createWebhooks } from './adapters/webhook/webhooks.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { MarkReader } from './core/codes/mark-reader.ts';
import { createSealer } from './core/codes/seal.ts';
import { createExchange, type Exchange, type ExchangeSnapshot } from './exchange/exchange.ts';
import { createJobRunner } from './exchange/jobs/job-runner.ts';
import { createReconciliationJob } from './exchange/jobs/reconciliation-job.ts';
import { createRetentionJob } from './exchange/jobs/retention.ts';
import { createOperatorDesk } from './exchange/operator/desk.ts';
import { createWorkItems } from './exchange/reconciliation/work-items.ts';
import { createEmbeddedTransport } from './exchange/transports/embedded.ts';
import { createRabbitTransport } from './exchange/transports/rabbitmq.ts';
import type { TimerStore } from './exchange/transports/retry-timer.ts';
import type { Transport } from './exchange/transports/transport.ts';
import type { Log } from './log.ts';
import type { Store } from './open-store.ts';
import { exchangeRoutes } from './routes/exchange/routes.ts';
import { createExchangeMetrics } from './routes/exchange-metrics.ts';
import type { Metrics } from './routes/metrics.ts';
import type { AnyRoute } from './routes/route.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import type { Stops } from './stops.ts';

export interface ExchangeParts {
  readonly exchange: Exchange;
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
}

/** The exchange with its adapters, its jobs and its routes, started. */
export async function openExchange(deps: ExchangePartsDeps, stops: Stops): Promise<ExchangeParts> {
  const { config, clock, log, store, metrics } = deps;
  const { adapter, webhooks } = openWebhooks(deps);
  const adapters = [adapter];
  const works = config.roles !== 'api';
  const exchangeMetrics = createExchangeMetrics(metrics.registry);
  const exchange = createExchange({
    db: store.exchange,
    clock,
    log,
    adapters,
    works,
    transport: transportOf(
      config,
      store,
      adapters.map(({ name }) => name),
      log,
    ),
    onAttempt: exchangeMetrics.observeAttempt,
  });
  exchangeMetrics.watch(exchange.status, exchange.directory.find);
  const { db } = store;
  const { directory } = exchange;
  const jobs = [createReconciliationJob({ db, directory }), createRetentionJob({ db, adapters })];
  const jobRunner = createJobRunner({ db, clock, log, jobs });
  await exchange.start();
  stops.push(() => exchange.stop());
  if (works) {
    jobRunner.start();
    stops.push(() => jobRunner.stop());
  }
  const workItems = createWorkItems({ db, clock });
  const snapshot = (): ExchangeSnapshot | null => exchange.status().snapshot;
  const desk = createOperatorDesk({ db, clock, adapters, directory, markReader: deps.markReader, snapshot });
  return {
    exchange,
    routes: [
      ...webhookRoutes({ webhooks, limits: config.limits }),
      ...exchangeRoutes({ desk, exchange, jobs: jobRunner, workItems }),
    ],
  };
}

function openWebhooks({ config, clock, store: { db }, masterKey }: ExchangePartsDeps) {
  const guard = createAddressGuard({
    networks: config.webhookNetworks,
    httpsOnly: config.production,
    resolve: createNameResolution(),
  });
  const secrets = createWebhookSecrets({ db, clock, sealer: createSealer(masterKey, 'webhook') });
  const adapter = createWebhookAdapter({ guard, secrets, clock });
  return { adapter, webhooks: createWebhooks({ db, clock, secrets, guard, adapter }) };
}

/** RabbitMQ carries where it is set; BullMQ waits in Redis where it is set. Without settings PostgreSQL does both. */
function transportOf(config: Config, store: Store, adapters: readonly string[], log: Log): Transport {
  const { amqpUrl, redisUrl, namespace } = config;
  const timerStore: TimerStore =
    redisUrl === undefined ? { kind: 'postgresql', connection: store.connection } : { kind: 'redis', url: redisUrl };
  if (amqpUrl === undefined) return createEmbeddedTransport({ timerStore, namespace, log });
  return createRabbitTransport({ url: amqpUrl, timerStore, namespace, adapters, log });
}
