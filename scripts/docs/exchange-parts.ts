import { Registry } from 'prom-client';
import {
  DELIVERY_STATES,
  DELIVERY_TRANSITIONS,
  type DeliveryState,
  HOLDS,
} from '../../src/exchange/delivery-states.ts';
import { GENERAL_POLICY, Policy } from '../../src/exchange/policy/policy.ts';
import { CAUSES, WORK_ITEM_KINDS, type WorkItemKind } from '../../src/exchange/reconciliation/causes.ts';
import { watchAdapters } from '../../src/routes/adapters.ts';
import { createExchangeMetrics } from '../../src/routes/exchange-metrics.ts';
import { code, codes, table } from './markdown.ts';

/** What the documentation takes from the exchange, by the name of its marks. */
export const EXCHANGE_PARTS: readonly (readonly [string, () => string])[] = [
  ['delivery-states', deliveryStates],
  ['delivery-holds', deliveryHolds],
  ['policy', policy],
  ['work-items', workItems],
  ['exchange-metrics', exchangeMetrics],
];

const STATE_MEANINGS: Readonly<Record<DeliveryState, string>> = {
  queued: 'Another message of its lane goes first.',
  waiting: 'It goes when it is due and the gate of its partner is open.',
  sending: 'A worker has it under a lease and sends it.',
  uncertain: 'It was sent, or may have been, and nobody knows whether it arrived.',
  parked: 'It goes no more by itself; an operator replays or cancels it.',
  delivered: 'The partner has said that it has it.',
  cancelled: 'It was given up, with a reason.',
};

function deliveryStates(): string {
  const rows = DELIVERY_STATES.map((state) => [code(state), STATE_MEANINGS[state], codes(DELIVERY_TRANSITIONS[state])]);
  return table(['state', 'meaning', 'may become'], rows);
}

function deliveryHolds(): string {
  return table(
    ['hold', 'meaning'],
    Object.entries(HOLDS).map(([hold, meaning]) => [code(hold), meaning]),
  );
}

interface Field {
  readonly name: string;
  readonly schema: object;
  readonly value: unknown;
}

function policy(): string {
  const values = new Map<string, unknown>(Object.entries(GENERAL_POLICY));
  const rows = Object.entries(Policy.properties)
    .flatMap(([name, schema]) => fieldsOf({ name, schema, value: values.get(name) }))
    .map((field) => [code(field.name), shownAs(field.value), meaningOf(field)]);
  return table(['field', 'default', 'meaning'], rows);
}

/** An object is told field by field. */
function fieldsOf({ name, schema, value }: Field): Field[] {
  if (!('properties' in schema)) return [{ name, schema, value }];
  const values = new Map<string, unknown>(Object.entries(Object(value)));
  return Object.entries(Object(schema.properties)).map(([part, partSchema]) => ({
    name: `${name}.${part}`,
    schema: Object(partSchema),
    value: values.get(part),
  }));
}

function shownAs(given: unknown): string {
  if (given === null) return 'no limit';
  if (Array.isArray(given)) return given.length === 0 ? 'none' : given.map(shownAs).join(', ');
  return typeof given === 'number' ? given.toLocaleString('en') : code(String(given));
}

/** Of fields whose schema says nothing. */
const FIELD_MEANINGS: Readonly<Record<string, string>> = {
  timeoutSeconds: 'The time for one attempt, from the first step to the end of the answer.',
  ratePerSecond: 'Attempts in a second, over all workers; unused ones add up for one second.',
  'breaker.minimumAttempts': 'Fewer in a window say nothing.',
  'breaker.failurePercent': 'Failed attempts of a window that open the breaker.',
  'breaker.windowSeconds': 'Outcomes are counted in windows of this length, one after the other.',
  'breaker.openSecondsMax': 'The longest rest.',
  'calendar.closedDates': 'Days on which it takes nothing.',
  acknowledgeWithinSeconds: 'Then a missing acknowledgement is a work item.',
  'retention.deliveredDays': 'Bodies of delivered messages are kept so long.',
  'retention.cancelledDays': 'Bodies of cancelled messages are kept so long.',
};

function meaningOf({ name, schema }: Field): string {
  return 'description' in schema ? String(schema.description) : (FIELD_MEANINGS[name] ?? '');
}

const WORK_ITEM_MEANINGS: Readonly<Record<WorkItemKind, string>> = {
  sent_not_acknowledged: 'It was delivered, and no acknowledgement came in time.',
  acknowledged_digest_differs: 'The digest of the acknowledgement is not the one that was sent.',
  sent_not_in_report: 'It was delivered, and stands in the report of no day around it.',
  in_report_not_sent: 'The report names a message that was never delivered to this partner.',
  report_digest_differs: 'The digest of the report is not the one that was sent.',
  report_missing: 'Messages were delivered on that day, and there is no report; one item for the day.',
};

function workItems(): string {
  const rows = WORK_ITEM_KINDS.map((kind) => [code(kind), WORK_ITEM_MEANINGS[kind], comparedWhere(kind)]);
  return table(['kind', 'meaning', 'compared where the policy has'], rows);
}

function comparedWhere(kind: WorkItemKind): string {
  const { concerns } = CAUSES[kind];
  if (concerns(GENERAL_POLICY)) return 'anything';
  if (concerns({ ...GENERAL_POLICY, acknowledgement: 'message' })) return code('acknowledgement: message');
  return code('dailyReport: true');
}

/** Made by the program's own code, over an exchange that does nothing. */
function exchangeMetrics(): string {
  const registry = new Registry();
  const status = { transport: 'embedded', connections: [], sending: 0, snapshot: null } as const;
  createExchangeMetrics(registry).watch(
    () => status,
    () => undefined,
  );
  watchAdapters(registry, { health: async () => new Map() });
  const rows = registry
    .getMetricsAsArray()
    .map((metric) => [code(metric.name), String(metric.type), labelsOf(metric), metric.help]);
  return table(['metric', 'kind', 'labels', 'meaning'], rows);
}

function labelsOf(metric: object): string {
  return 'labelNames' in metric && Array.isArray(metric.labelNames) ? codes(metric.labelNames) : '';
}
