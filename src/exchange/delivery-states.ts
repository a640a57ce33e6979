/**
 * The life of a delivery: one message on its way to one partner.
 *
 * The relay makes it **waiting**, or **queued** where another one of its lane is still unfinished. A worker that finds it
 * due, at the head of its lane and with the partner's gate open takes it under a lease: **sending**. The attempt ends it
 * as **delivered**; or it waits again by the partner's schedule; or, where it was sent and nobody knows whether it
 * arrived, it becomes **uncertain**: the partner is asked where it can be, else the message goes again under the same id.
 * So does a delivery whose worker died. Out of attempts, refused for good, or by an operator's hand it is **parked**, until
 * somebody replays it or cancels it with a reason: **cancelled**. In a lane whatever is not delivered or cancelled keeps
 * those behind it queued.
 */
export const DELIVERY_STATES = [
  'queued',
  'waiting',
  'sending',
  'uncertain',
  'parked',
  'delivered',
  'cancelled',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** From a state to those that may follow. Held by the properties of the exchange's history. */
export const DELIVERY_TRANSITIONS: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  queued: ['waiting', 'parked', 'cancelled'],
  waiting: ['sending', 'queued', 'parked', 'cancelled'],
  sending: ['delivered', 'waiting', 'uncertain', 'parked'],
  uncertain: ['sending', 'delivered', 'queued', 'parked', 'cancelled', 'waiting'],
  parked: ['waiting', 'queued', 'cancelled'],
  // By a replay, under the same message id.
  delivered: ['waiting', 'queued'],
  cancelled: ['waiting', 'queued'],
};

/** Why a delivery is where it is; one of these stands on everything that is not delivered. */
export const HOLDS = {
  retry: 'The partner did not take it; it goes again by the schedule.',
  lane: 'Another message of its lane goes first.',
  switched_off: 'The partner is switched off.',
  calendar: 'The partner takes nothing at this time.',
  breaker: 'The partner has failed too often; the breaker is open.',
  quota: "The partner's quota of the day is used up.",
  rate: "The partner's rate is used up.",
  concurrency: 'As many messages as the partner takes are under way.',
  removed: 'The partner has been removed.',
  infrastructure: 'Something of ours failed before it was sent.',
  lost: 'The worker that sent it died; nobody knows whether it arrived.',
  replay: 'An operator sent it again.',
} as const;
export type Hold = keyof typeof HOLDS;
