import type { Policy } from '../policy/policy.ts';

/** A carrier that has not led to a look by then is taken for lost. */
export const CARRIER_GRACE_MS = 30_000;

/** A rate-limited partner gets carriers for so long ahead. */
const RATE_AHEAD_SECONDS = 2;

/**
 * How many deliveries of a partner may be carried or under way at once. The backlog stays in PostgreSQL: whatever the
 * broker holds is soon looked at, and a wiped broker has lost little. Twice the concurrency, so that the next one is
 * at hand when one ends.
 */
export function windowOf(policy: Policy): number {
  const byConcurrency = 2 * policy.concurrency;
  if (policy.ratePerSecond === null) return byConcurrency;
  return Math.min(byConcurrency, Math.max(1, Math.ceil(policy.ratePerSecond * RATE_AHEAD_SECONDS)));
}
