import { hostname } from 'node:os';
import type { ClientConfig } from 'pg';
import { createApiKeys } from './access/api-keys.ts';
import { createApiKeyAuthenticator } from './access/authenticator.ts';
import type { Config } from './config.ts';
import { createCatalogue } from './core/catalogue/catalogue.ts';
import { createPublicCheck } from './core/checks/check.ts';
import { createFailureLimits } from './core/checks/failure-limits.ts';
import { createLookUp } from './core/checks/look-up.ts';
import type { Clock } from './core/clock.ts';
import { systemClock } from './core/clock.ts';
import { createCodeQueries } from './core/codes/code-queries.ts';
import { openIssueJournal } from './core/codes/issue-journal.ts';
import type { KeyRing } from './core/codes/key-ring.ts';
import { KEY_REFRESH_MS, openKeyRing } from './core/codes/key-ring.ts';
import { createMarkReader } from './core/codes/mark-reader.ts';
import { loadMasterKey } from './core/codes/master-key.ts';
import type { Orders } from './core/codes/orders.ts';
import { createOrders } from './core/codes/orders.ts';
import { createProductionFacts } from './core/codes/production-facts.ts';
import { createDocumentIntake } from './core/documents/intake.ts';
import type { DocumentProcessor } from './core/documents/processor.ts';
import { createDocumentProcessor } from './core/documents/processor.ts';
import { TanbaError } from './core/errors.ts';
import { createParticipants } from './core/participants/participants.ts';
import { createReceiptDesk } from './core/receipts/desk.ts';
import { createReception } from './core/receipts/reception.ts';
import { loadProductGroups } from './core/reference/product-groups.ts';
import { hasDemoKeys, seedDemo } from './demo.ts';
import type { Log } from './log.ts';
import { createLog } from './log.ts';
import { checkRoutes } from './routes/checks.ts';
import { codeRoutes } from './routes/codes.ts';
import { docsRoutes } from './routes/docs-page.ts';
import { documentRoutes } from './routes/documents.ts';
import { healthRoutes } from './routes/health.ts';
import { limitRoutes } from './routes/limits.ts';
import type { Metrics } from './routes/metrics.ts';
import { createMetrics, metricsRoutes } from './routes/metrics.ts';
import { orderRoutes } from './routes/orders.ts';
import { receiptRoutes } from './routes/receipts.ts';
import type { AnyRoute } from './routes/route.ts';
import { createHttpServer } from './routes/server.ts';
import { lockDataFolder } from './store/data-lock.ts';
import type { Database } from './store/database.ts';
import { openDatabase } from './store/database.ts';
import { startEmbeddedServer } from './store/embedded/server.ts';
import { migrate } from './store/migrate.ts';
import { ensurePartitions } from './store/partitions.ts';
import type { PipelinedDatabase } from './store/pipelined-database.ts';
import { openPipelinedDatabase } from './store/pipelined-database.ts';

export interface RunningHub {
  readonly baseUrl: string;
  readonly store: string;
  /** The reason why no codes are issued, or null. */
  readonly issuingLocked: string | null;
  stop(): Promise<void>;
}

export interface HubOptions {
  readonly clock?: Clock;
  readonly log?: Log;
}

const POOL_SIZE = 16;
/** Three batches, four receipts of the slow lane, and one for a look at what is known. */
const RECEIPTS_POOL_SIZE = 8;
const STATEMENT_TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;
const PRODUCT_GROUPS = new URL('../config/product-groups/', import.meta.url);

/** Builds the hub from below upwards and starts it; whatever was started is stopped in the opposite order. */
export async function startHub(config: Config, options: HubOptions = {}): Promise<RunningHub> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLog(config.logLevel);
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const store = await openStore(config, clock, log, stops);
    const parts = await openParts(config, clock, log, store, stops);
    const { address, issuingLocked } = await serve(config, log, store.db, parts, stops);
    return { baseUrl: address, store: store.description, issuingLocked, stop };
  } catch (error) {
    await stop().catch((cause: unknown) => log.error({ err: cause }, 'stopping after a failed start'));
    throw error;
  }
}

type Stops = (() => Promise<void>)[];

interface Store {
  readonly db: Database;
  /** Connections of the receipt desk alone, pipelined: tills wait for nobody else's work. */
  readonly receipts: PipelinedDatabase;
  readonly description: string;
}

async function openStore(config: Config, clock: Clock, log: Log, stops: Stops): Promise<Store> {
  const { connection, description } = await findServer(config, log, stops);
  await migrate(connection, log);
  const options = {
    connection,
    applicationName: `tanba ${hostname()} ${process.pid}`.slice(0, 63),
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onIdleError: (error: Error) => log.warn({ err: error }, 'a database connection was lost'),
  };
  const db = openDatabase({ ...options, poolSize: POOL_SIZE });
  stops.push(() => db.close());
  const receipts = openPipelinedDatabase({ ...options, poolSize: RECEIPTS_POOL_SIZE });
  stops.push(() => receipts.close());
  await ensurePartitions(db, clock.now());
  stops.push(every(DAY_MS, log, 'partitions', () => ensurePartitions(db, clock.now())));
  return { db, receipts, description };
}

async function findServer(
  config: Config,
  log: Log,
  stops: Stops,
): Promise<{ connection: ClientConfig; description: string }> {
  if (config.databaseUrl !== undefined) {
    const { host, pathname } = new URL(config.databaseUrl);
    return { connection: { connectionString: config.databaseUrl }, description: `PostgreSQL at ${host}${pathname}` };
  }
  const lock = await lockDataFolder(config.dataFolder);
  stops.push(() => lock.release());
  const server = await startEmbeddedServer({ dataFolder: config.dataFolder, log });
  stops.push(() => server.stop());
  return { connection: server.connection, description: server.describe() };
}

interface Parts {
  readonly keyRing: KeyRing;
  readonly orders: Orders;
  readonly processor: DocumentProcessor;
  readonly metrics: Metrics;
  readonly routes: readonly AnyRoute[];
  readonly apiKeys: ReturnType<typeof createApiKeys>;
  readonly participants: ReturnType<typeof createParticipants>;
  readonly catalogue: ReturnType<typeof createCatalogue>;
}

async function openParts(config: Config, clock: Clock, log: Log, store: Store, stops: Stops): Promise<Parts> {
  const { limits } = config;
  const { db } = store;
  const masterKey = await loadMasterKey(config);
  const keyRing = await openKeyRing({ db, clock, keyFile: config.keyFile, masterKey });
  stops.push(every(KEY_REFRESH_MS, log, 'key ring', () => keyRing.refresh()));
  const journal = await openIssueJournal({ folder: config.issueJournal, clock });
  stops.push(() => journal.close());

  const metrics = createMetrics();
  const productGroups = loadProductGroups(PRODUCT_GROUPS);
  const participants = createParticipants({ db, clock });
  const catalogue = createCatalogue({ db, clock });
  const apiKeys = createApiKeys({ db, clock });
  const markReader = createMarkReader({ catalogue, productGroups, clock });
  const productionFacts = createProductionFacts(db);
  const emits = config.roles !== 'api';
  const orders = createOrders({ db, clock, log, catalogue, productGroups, keyRing, journal, limits, emits });
  const { errorsPerDocument } = limits;
  const processor = createDocumentProcessor({
    db,
    clock,
    markReader,
    errorsPerDocument,
    log,
    applies: emits,
    onCompleted: metrics.countDocument,
  });
  const intake = createDocumentIntake({ db, clock, processor, codesPerDocument: limits.codesPerDocument });
  await intake.forgetAbandoned();
  const desk = createReceiptDesk({
    db: store.receipts,
    clock,
    queueMax: limits.receiptQueue,
    onBatch: metrics.observeReceiptBatch,
  });
  metrics.watchReceiptQueue(() => desk.waiting);
  stops.push(() => desk.stop());
  const reception = createReception({ desk, markReader, clock, marksPerReceipt: limits.marksPerReceipt });
  const queries = createCodeQueries({ db, clock, markReader, productionFacts });
  const failureLimits = createFailureLimits({
    perSourcePerMinute: limits.checkFailuresPerMinute,
    perCisPerHour: limits.checkFailuresPerCisPerHour,
  });
  const lookUp = createLookUp(db, () => new TanbaError('store.unavailable', { retryAfterSeconds: 1 }));
  const publicCheck = createPublicCheck({
    db,
    clock,
    catalogue,
    participants,
    keyRing,
    markReader,
    productionFacts,
    lookUp,
    failureLimits,
    onVerdict: metrics.countCheck,
  });
  const routes = [
    ...orderRoutes({ orders, limits }),
    ...documentRoutes({ db, intake, processor, limits }),
    ...receiptRoutes({ reception, desk, limits, log }),
    ...codeRoutes(queries, limits.codesPerQuery),
    ...checkRoutes(publicCheck, keyRing),
    ...limitRoutes(limits),
    ...metricsRoutes(metrics),
  ];
  return { keyRing, orders, processor, metrics, routes, apiKeys, participants, catalogue };
}

async function serve(
  config: Config,
  log: Log,
  db: Database,
  parts: Parts,
  stops: Stops,
): Promise<{ address: string; issuingLocked: string | null }> {
  const verdict = await parts.orders.start();
  stops.push(() => parts.orders.stop());
  parts.processor.start();
  stops.push(() => parts.processor.stop());
  let stopping = false;
  const health = healthRoutes({
    checks: [{ name: 'store', check: async () => void (await db.query('select 1')) }],
    isStopping: () => stopping,
  });
  // A worker has no door but its health.
  const routes = [...(config.roles === 'worker' ? metricsRoutes(parts.metrics) : parts.routes), ...health];
  const server = createHttpServer({
    routes: [...routes, ...docsRoutes(routes, !config.production)],
    authenticator: createApiKeyAuthenticator(parts.apiKeys),
    log,
    metrics: parts.metrics,
    trustProxyHops: config.trustProxyHops,
  });
  if (config.production && (await hasDemoKeys(db))) {
    throw new TanbaError('access.demo_key_in_production');
  }
  const address = await server.start(config);
  stops.push(async () => {
    stopping = true;
    await server.stop();
  });
  const baseUrl = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  if (!config.production) {
    const { participants, catalogue, apiKeys } = parts;
    await seedDemo({ db, participants, catalogue, apiKeys, dataFolder: config.dataFolder, baseUrl });
  }
  return { address: baseUrl, issuingLocked: verdict.kind === 'locked' ? verdict.reason : null };
}

/** Repeats upkeep; a failure is logged and the next time tries again. */
function every(periodMs: number, log: Log, name: string, work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = work().catch((error: unknown) => log.error({ err: error }, `upkeep failed: ${name}`));
  }, periodMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
