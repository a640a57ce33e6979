import type { ApiKeys } from './access/api-keys.ts';
import { createApiKeys } from './access/api-keys.ts';
import { createOnBehalf, type OnBehalf } from './access/on-behalf.ts';
import type { LoadedAdapter } from './adapters/load.ts';
import type { RunningAdapter } from './adapters/open.ts';
import type { Config } from './config.ts';
import { createBlockListJob } from './core/blocklist/block-list-job.ts';
import { createBlockListPublisher } from './core/blocklist/publishing.ts';
import { createCards } from './core/catalogue/cards.ts';
import { createCatalogue } from './core/catalogue/catalogue.ts';
import { createTechnicalGtins } from './core/catalogue/technical-gtins.ts';
import { createTrust } from './core/catalogue/trust.ts';
import { createPublicCheck } from './core/checks/check.ts';
import { createFailureLimits } from './core/checks/failure-limits.ts';
import { createLookUp } from './core/checks/look-up.ts';
import { createTailJudge } from './core/checks/tail-judge.ts';
import { createTillCheck } from './core/checks/till-check.ts';
import type { Clock } from './core/clock.ts';
import { createCodeQueries } from './core/codes/code-queries.ts';
import { openIssueJournal } from './core/codes/issue-journal.ts';
import type { KeyRing } from './core/codes/key-ring.ts';
import { KEY_REFRESH_MS, openKeyRing } from './core/codes/key-ring.ts';
import { createMarkReader } from './core/codes/mark-reader.ts';
import { loadMasterKey } from './core/codes/master-key.ts';
import type { Orders } from './core/codes/orders.ts';
import { createOrders } from './core/codes/orders.ts';
import { createProductionFacts } from './core/codes/production-facts.ts';
import { createOverdueAcceptanceJob } from './core/deadlines/overdue-acceptance.ts';
import { createUnusedCodes } from './core/deadlines/unused-codes.ts';
import { createUnusedCodesJob } from './core/deadlines/unused-codes-job.ts';
import { createDocumentIntake } from './core/documents/intake.ts';
import type { DocumentProcessor } from './core/documents/processor.ts';
import { createDocumentProcessor } from './core/documents/processor.ts';
import { createDocumentValidator } from './core/documents/validate.ts';
import { createXmlDocuments } from './core/documents/xml/xml-documents.ts';
import { TanbaError } from './core/errors.ts';
import type { OutageRegister } from './core/outages/outage-register.ts';
import { createOutageRegister, OUTAGE_REFRESH_MS } from './core/outages/outage-register.ts';
import { createOutages } from './core/outages/outages.ts';
import { createApplicationLimits } from './core/participants/application-limits.ts';
import { createApplications } from './core/participants/applications.ts';
import { createParticipantLookUp } from './core/participants/look-up.ts';
import { createOverseers } from './core/participants/overseers.ts';
import { createOwnRecord } from './core/participants/own-record.ts';
import { createParticipants } from './core/participants/participants.ts';
import { createPowersOfAttorney } from './core/participants/powers-of-attorney.ts';
import { createSupervision } from './core/participants/supervision.ts';
import { createPrints } from './core/prints/prints.ts';
import { createAnomalyList } from './core/receipts/anomaly-list.ts';
import { createReceiptDesk } from './core/receipts/desk.ts';
import { createReceiptStreams } from './core/receipts/receipt-streams.ts';
import { createReception } from './core/receipts/reception.ts';
import { loadClassifiers } from './core/reference/classifiers.ts';
import { loadProductGroups } from './core/reference/product-groups.ts';
import { createAccompanying } from './core/transfers/accompanying.ts';
import { createTransferQueries } from './core/transfers/transfer-queries.ts';
import type { Exchange } from './exchange/exchange.ts';
import { type ExchangeParts, openExchange } from './exchange-parts.ts';
import type { Log } from './log.ts';
import type { Store } from './open-store.ts';
import { accompanyingRoutes } from './routes/accompanying.ts';
import { anomalyRoutes } from './routes/anomalies.ts';
import { blockListRoutes } from './routes/block-list.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { checkRoutes } from './routes/checks.ts';
import { codeRoutes } from './routes/codes.ts';
import { documentSchemaRoutes } from './routes/document-schemas.ts';
import { documentRoutes } from './routes/documents.ts';
import { limitRoutes } from './routes/limits.ts';
import type { Metrics } from './routes/metrics.ts';
import { createMetrics, metricsRoutes } from './routes/metrics.ts';
import { orderRoutes } from './routes/orders.ts';
import { outageRoutes } from './routes/outages.ts';
import { participantRoutes } from './routes/participants.ts';
import { printRoutes } from './routes/prints.ts';
import { receiptRoutes } from './routes/receipts.ts';
import { referenceRoutes } from './routes/reference.ts';
import type { AnyRoute } from './routes/route.ts';
import { tillRoutes } from './routes/till.ts';
import { transferRoutes } from './routes/transfers.ts';
import { openSearch } from './search-parts.ts';
import type { Stops } from './stops.ts';
import { every } from './stops.ts';
import type { PipelinedDatabase } from './store/pipelined-database.ts';

/** What the core consists of over one store, with its routes. */
export interface Parts {
  readonly orders: Orders;
  readonly processor: DocumentProcessor;
  readonly metrics: Metrics;
  readonly routes: readonly AnyRoute[];
  readonly adapters: readonly RunningAdapter[];
  readonly apiKeys: ApiKeys;
  readonly onBehalf: OnBehalf;
  readonly participants: ReturnType<typeof createParticipants>;
  readonly catalogue: ReturnType<typeof createCatalogue>;
}

const HOUR_MS = 3_600_000;
const PRODUCT_GROUPS = new URL('../config/product-groups/', import.meta.url);
const CLASSIFIERS = new URL('../config/reference/', import.meta.url);

export interface PartsDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly adapters: readonly LoadedAdapter[];
}

export async function openParts({ config, clock, log, store, adapters }: PartsDeps, stops: Stops): Promise<Parts> {
  const common = openCommon(config, clock, log, store);
  stops.push(() => common.xml.stop());
  const masterKey = await loadMasterKey(config);
  const { metrics, catalogue, participants } = common;
  // Receipts are taken before there is an exchange to wake: adapters are opened with the door for them.
  let exchangeParts: ExchangeParts | undefined;
  const exchange = { wake: () => exchangeParts?.exchange.wake() };
  const { desk, reception } = openReceipts({ ...common, exchange }, store.receipts, stops);
  const keyRing = await openKeys(common, masterKey, stops);
  const outages = await openOutages(common, stops);
  const queries = createCodeQueries(common);
  const search = openSearch({ ...common, keyRing, queries }, stops);
  const jobs = [
    createBlockListJob(createBlockListPublisher({ ...common, keyRing })),
    createUnusedCodesJob(createUnusedCodes({ ...common, keyRing, outages })),
    createOverdueAcceptanceJob({ ...common, outages }),
    ...search.jobs,
  ];
  const exchangeDeps = { ...common, store, masterKey, reception, jobs, loadedAdapters: adapters };
  exchangeParts = await openExchange(exchangeDeps, stops);
  const orders = await openIssuing({ ...common, exchange, keyRing }, stops);
  const { processor, intake, validator } = await openDocuments({ ...common, exchange, outages }, stops);
  const { limits } = config;
  const { db } = store;
  const apiKeys = createApiKeys({ db, clock });
  const onBehalf = createOnBehalf({ db, clock });
  const routes = [
    ...orderRoutes({ orders, limits }),
    // Before those by id: the first path that fits is taken.
    ...documentSchemaRoutes(),
    ...documentRoutes({ db, clock, intake, processor, validator, limits }),
    ...accompanyingRoutes(createAccompanying(common)),
    ...receiptRoutes({ reception, desk, limits, log, streams: createReceiptStreams({ db, clock }) }),
    ...codeRoutes(queries, limits.codesPerQuery),
    ...transferRoutes(createTransferQueries({ db, clock })),
    ...search.routes,
    ...anomalyRoutes(createAnomalyList({ db, clock })),
    ...openChecks(common, keyRing),
    ...openGoodsCards(common),
    ...blockListRoutes(db),
    ...outageRoutes(createOutages({ db, clock, register: outages })),
    ...printRoutes(createPrints(common)),
    ...openParticipants(common, apiKeys, onBehalf),
    ...exchangeParts.routes,
    ...referenceRoutes(common),
    ...limitRoutes(limits),
    ...metricsRoutes(metrics),
  ];
  return {
    orders,
    processor,
    metrics,
    routes,
    adapters: exchangeParts.adapters,
    apiKeys,
    onBehalf,
    participants,
    catalogue,
  };
}

type Common = ReturnType<typeof openCommon>;
/** Whoever commits to the outbox wakes the relay of its process; others look for themselves. */
type CommonWithExchange = Common & { readonly exchange: Pick<Exchange, 'wake'> };

/** What the others read: registers and rules, and where they count. */
function openCommon(config: Config, clock: Clock, log: Log, { db }: Store) {
  const productGroups = loadProductGroups(PRODUCT_GROUPS);
  const catalogue = createCatalogue({ db, clock });
  return {
    config,
    limits: config.limits,
    clock,
    log,
    db,
    /** False in a process that leaves the work in the background to others. */
    works: config.roles !== 'api',
    metrics: createMetrics(),
    productGroups,
    classifiers: loadClassifiers(CLASSIFIERS, productGroups),
    catalogue,
    participants: createParticipants({ db, clock }),
    markReader: createMarkReader({ catalogue, productGroups, clock }),
    productionFacts: createProductionFacts(db),
    xml: createXmlDocuments(config.limits.codesPerDocument),
  };
}

function openGoodsCards(common: Common): AnyRoute[] {
  const cards = createCards(common);
  return catalogueRoutes({ cards, technicalGtins: createTechnicalGtins(common), trust: createTrust(common) });
}

async function openOutages({ db, log }: Common, stops: Stops): Promise<OutageRegister> {
  const outages = createOutageRegister(db);
  await outages.refresh();
  stops.push(every(OUTAGE_REFRESH_MS, log, 'outages', () => outages.refresh()));
  return outages;
}

async function openKeys({ config, db, clock, log }: Common, masterKey: Buffer, stops: Stops): Promise<KeyRing> {
  const keyRing = await openKeyRing({ db, clock, keyFile: config.keyFile, masterKey });
  stops.push(every(KEY_REFRESH_MS, log, 'key ring', () => keyRing.refresh()));
  return keyRing;
}

async function openIssuing(deps: CommonWithExchange & { readonly keyRing: KeyRing }, stops: Stops): Promise<Orders> {
  const { config, clock, works } = deps;
  const journal = await openIssueJournal({ folder: config.issueJournal, clock });
  stops.push(() => journal.close());
  return createOrders({ ...deps, journal, emits: works });
}

async function openDocuments(common: CommonWithExchange & { readonly outages: OutageRegister }, stops: Stops) {
  const { db, clock, log, limits, metrics, markReader, xml, works, exchange, outages } = common;
  const { errorsPerDocument, codesPerDocument } = limits;
  const onCompleted = (kind: string, status: string): void => {
    metrics.countDocument(kind, status);
    exchange.wake();
  };
  const processor = createDocumentProcessor({
    db,
    clock,
    log,
    markReader,
    xml,
    errorsPerDocument,
    applies: works,
    outages,
    onCompleted,
  });
  const intake = createDocumentIntake({ db, clock, processor, codesPerDocument, xml });
  await intake.forgetAbandoned();
  stops.push(every(HOUR_MS, log, 'abandoned streams', () => intake.forgetAbandoned()));
  const validator = createDocumentValidator({
    db,
    clock,
    markReader,
    xml,
    outages,
    errorsPerDocument,
    codesPerDocument,
  });
  return { processor, intake, validator };
}

function openReceipts(common: CommonWithExchange, db: PipelinedDatabase, stops: Stops) {
  const { clock, limits, metrics, markReader, productionFacts, exchange } = common;
  const desk = createReceiptDesk({
    db,
    clock,
    facts: productionFacts,
    overseers: createOverseers({ db: common.db, clock }),
    queueMax: limits.receiptQueue,
    onBatch: (receipts) => {
      metrics.observeReceiptBatch(receipts);
      exchange.wake();
    },
  });
  metrics.watchReceiptQueue(() => desk.waiting);
  stops.push(() => desk.stop());
  return { desk, reception: createReception({ desk, markReader, clock, marksPerReceipt: limits.marksPerReceipt }) };
}

function openParticipants(
  { db, clock, limits }: Common,
  apiKeys: Pick<ApiKeys, 'forget'>,
  onBehalf: Pick<OnBehalf, 'forget'>,
): readonly AnyRoute[] {
  const { applicationsPerSourcePerHour, placesPerParticipant } = limits;
  return participantRoutes({
    clock,
    applications: createApplications({ db, clock, limits: createApplicationLimits(applicationsPerSourcePerHour) }),
    ownRecord: createOwnRecord({ db, clock, placesPerParticipant }),
    lookUp: createParticipantLookUp({ db, clock }),
    powers: createPowersOfAttorney({ db, clock, onChanged: onBehalf.forget }),
    supervision: createSupervision({
      db,
      clock,
      onChanged: () => {
        apiKeys.forget();
        onBehalf.forget();
      },
    }),
  });
}

function openChecks(common: Common, keyRing: KeyRing) {
  const { clock, limits, metrics } = common;
  const { checkFailuresPerMinute: perSourcePerMinute, checkFailuresPerCisPerHour: perCisPerHour } = limits;
  const failureLimits = createFailureLimits({ perSourcePerMinute, perCisPerHour });
  const lookUp = createLookUp(common.db, () => new TanbaError('store.unavailable', { retryAfterSeconds: 1 }));
  const shared = { ...common, lookUp, tailJudge: createTailJudge({ ...common, keyRing, failureLimits }) };
  const publicCheck = createPublicCheck({ ...shared, onVerdict: metrics.countCheck });
  const tillCheck = createTillCheck({ ...shared, timeoutMs: limits.tillCheckMs, onReason: metrics.countTillCheck });
  return [...checkRoutes(publicCheck, keyRing), ...tillRoutes({ tillCheck, clock, limits })];
}
