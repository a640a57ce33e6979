import type { Policy } from '../policy/policy.ts';

/** A carrier that has not led to a look by then is taken for lost. */
export const CARRIER_GRACE_MS = 10_000;

/** A rate-limited partner gets carriers for so long ahead. */
const RATE_AHEAD_SECONDS = 2;

/** Carriers at hand for each place that comes free: finding the next one only then left a fast partner idle. */
const AHEAD = 3;

/**
 * How many deliveries of a partner may be carried or under way at once. The backlog stays in PostgreSQL: whatever the
 * broker holds is soon looked at, and a wiped broker has lost little.
 */
export function windowOf(policy: Policy): number {
  const byConcurrency = AHEAD * policy.concurrency;
  if (policy.ratePerSecond === null) return byConcurrency;
  return Math.min(byConcurrency, Math.max(1, Math.ceil(policy.ratePerSecond * RATE_AHEAD_SECONDS)));
}
