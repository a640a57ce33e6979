import type { Policy } from '../policy/policy.ts';

/** A carrier that has not led to a look by then is taken for lost. */
export const CARRIER_GRACE_MS = 10_000;

/** A rate-limited partner gets carriers for so long ahead. */
const RATE_AHEAD_SECONDS = 2;

/**
 * How many deliveries of a partner may be carried or under way at once: as many as it takes, so that none is carried in
 * vain. The backlog stays in PostgreSQL: whatever the broker holds is soon looked at, and a wiped broker has lost little.
 */
export function windowOf(policy: Policy): number {
  if (policy.ratePerSecond === null) return policy.concurrency;
  return Math.min(policy.concurrency, Math.max(1, Math.ceil(policy.ratePerSecond * RATE_AHEAD_SECONDS)));
}
