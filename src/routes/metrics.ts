import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type AnyRoute, route } from './route.ts';

/** The numbers of one hub, in a registry of its own: two hubs in one process do not share them. */
export interface Metrics {
  readonly registry: Registry;
  observeRequest(route: string, method: string, status: number, seconds: number): void;
  countDocument(kind: string, status: string): void;
  countCheck(verdict: string): void;
  /** null: the code may be sold. */
  countTillCheck(reason: string | null): void;
  observeReceiptBatch(receipts: number): void;
  /** Read whenever the numbers are asked for. */
  watchReceiptQueue(waiting: () => number): void;
}

const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

// From a cached look-up (0.2 ms) to a million-code document under Prefer: wait (60 s).
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request line to the last byte of the answer, by route.',
    labelNames: ['route', 'method', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  const documents = new Counter({
    name: 'tanba_documents_total',
    help: 'Documents brought to their final state, by kind and status.',
    labelNames: ['kind', 'status'],
    registers: [registry],
  });
  const checks = new Counter({
    name: 'tanba_public_checks_total',
    help: 'Public checks, by verdict.',
    labelNames: ['verdict'],
    registers: [registry],
  });
  const tillChecks = new Counter({
    name: 'tanba_till_check_codes_total',
    help: 'Codes that tills have asked about, by the reason not to sell them.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const batches = new Histogram({
    name: 'tanba_receipt_batch_receipts',
    help: 'Receipts that shared one transaction.',
    buckets: BATCH_BUCKETS,
    registers: [registry],
  });
  return {
    registry,
    observeRequest: (path, method, status, seconds) => requests.observe({ route: path, method, status }, seconds),
    countDocument: (kind, status) => documents.inc({ kind, status }),
    countCheck: (verdict) => checks.inc({ verdict }),
    countTillCheck: (reason) => tillChecks.inc({ reason: reason ?? 'none' }),
    observeReceiptBatch: (receipts) => batches.observe(receipts),
    watchReceiptQueue: (waiting) => {
      const gauge: Gauge = new Gauge({
        name: 'tanba_receipts_waiting',
        help: 'Receipts in the queue of the desk.',
        registers: [registry],
        collect: () => gauge.set(waiting()),
      });
    },
  };
}

export function metricsRoutes(metrics: Metrics): AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/metrics',
      operationId: 'metrics',
      tag: 'operation',
      summary: 'Numbers for Prometheus',
      access: 'public',
      responses: { 200: { description: 'Prometheus text format', contentType: 'text/plain' } },
      async handle() {
        return { status: 200, contentType: metrics.registry.contentType, body: await metrics.registry.metrics() };
      },
    }),
  ];
}
