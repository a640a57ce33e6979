import type { Static } from 'typebox';
import Type from 'typebox';

/**
 * How the hub treats one partner: data, changed while the hub runs. What a partner's row does not say comes from its
 * adapter, what the adapter does not say from `GENERAL_POLICY`; the effective policy is shown on every message.
 */
const closed = { additionalProperties: false };
const DAY_SECONDS = 86_400;

const Window = Type.Object(
  {
    days: Type.Array(Type.Integer({ minimum: 1, maximum: 7, description: 'ISO: 1 is Monday.' }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
    }),
    from: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
    to: Type.String({ pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$', description: 'Not included; after `from`.' }),
  },
  closed,
);

const Calendar = Type.Object(
  {
    timeZone: Type.String({ maxLength: 64, description: 'IANA: Asia/Almaty.' }),
    windows: Type.Array(Window, { maxItems: 50, description: 'When it takes messages. None: always.' }),
    closedDates: Type.Array(Type.String({ format: 'date' }), { maxItems: 400, uniqueItems: true }),
  },
  closed,
);

const Breaker = Type.Object(
  {
    minimumAttempts: Type.Integer({ minimum: 1, maximum: 10_000 }),
    failurePercent: Type.Integer({ minimum: 1, maximum: 100 }),
    windowSeconds: Type.Integer({ minimum: 1, maximum: DAY_SECONDS }),
    openSeconds: Type.Integer({ minimum: 1, maximum: DAY_SECONDS, description: 'Doubled with each further trip.' }),
    openSecondsMax: Type.Integer({ minimum: 1, maximum: DAY_SECONDS }),
  },
  closed,
);

const Retention = Type.Object(
  {
    deliveredDays: Type.Integer({ minimum: 0, maximum: 36_500 }),
    cancelledDays: Type.Integer({ minimum: 0, maximum: 36_500 }),
  },
  closed,
);

const ALL = {
  retrySeconds: Type.Array(Type.Integer({ minimum: 1, maximum: 30 * DAY_SECONDS }), {
    maxItems: 50,
    description: 'The rest after each failed attempt, ±20 %; after the last one the message is parked.',
  }),
  overloadSeconds: Type.Integer({
    minimum: 1,
    maximum: DAY_SECONDS,
    description: 'The least rest after a timeout, a 429 or a 503.',
  }),
  infrastructureFailures: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'Failures of ours, then parked.',
  }),
  timeoutSeconds: Type.Integer({ minimum: 1, maximum: 300 }),
  concurrency: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    description: 'Messages under way at once, over all workers.',
  }),
  ratePerSecond: Type.Union([Type.Null(), Type.Number({ exclusiveMinimum: 0, maximum: 100_000 })]),
  dailyQuota: Type.Union([Type.Null(), Type.Integer({ minimum: 1 })], {
    description: 'Attempts in a day of its calendar.',
  }),
  breaker: Breaker,
  calendar: Calendar,
  order: Type.Enum(['none', 'object', 'partner'], {
    description: 'One at a time, in order: of one object (document, order), or all of the partner.',
  }),
  acknowledgement: Type.Enum(['answer', 'message'], {
    description: 'Its answer is the receipt, or a message of its own follows.',
  }),
  acknowledgeWithinSeconds: Type.Integer({ minimum: 1, maximum: 30 * DAY_SECONDS }),
  dailyReport: Type.Boolean({ description: 'It sends a list of what it got each day, to be compared.' }),
  alertDepth: Type.Integer({ minimum: 1, description: 'So many waiting: the queue is building up.' }),
  alertAgeSeconds: Type.Integer({ minimum: 1, description: 'The oldest has waited so long: the same.' }),
  retention: Retention,
} as const;

export const Policy = Type.Object(ALL, closed);
export type Policy = Static<typeof Policy>;

/** A part of a policy: any of its fields, each whole. */
export const PolicyChanges = Type.Partial(Policy, closed);
export type PolicyChanges = Partial<Policy>;

/** The schedule is Svix's: 5 s to 10 h, about 28 hours in all. */
export const GENERAL_POLICY: Policy = {
  retrySeconds: [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000],
  overloadSeconds: 30,
  infrastructureFailures: 1_000,
  timeoutSeconds: 15,
  concurrency: 16,
  ratePerSecond: null,
  dailyQuota: null,
  breaker: { minimumAttempts: 10, failurePercent: 50, windowSeconds: 60, openSeconds: 10, openSecondsMax: 600 },
  calendar: { timeZone: 'Asia/Almaty', windows: [], closedDates: [] },
  order: 'none',
  acknowledgement: 'answer',
  acknowledgeWithinSeconds: DAY_SECONDS,
  dailyReport: false,
  alertDepth: 10_000,
  alertAgeSeconds: 900,
  retention: { deliveredDays: 30, cancelledDays: 90 },
};

/** Field by field: the partner's word, else its adapter's, else the general one. */
export function effectivePolicy(adapter: PolicyChanges, partner: PolicyChanges): Policy {
  return { ...GENERAL_POLICY, ...adapter, ...partner };
}
