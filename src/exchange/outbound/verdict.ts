import type { AttemptResult } from '../adapter.ts';
import type { DeliveryState, Hold } from '../delivery-states.ts';
import type { Policy } from '../policy/policy.ts';
import { infrastructureRest, nextRest } from '../policy/retry.ts';

/** Why a delivery was parked. */
export type ParkReason = 'out_of_attempts' | 'rejected' | 'infrastructure' | 'body_erased' | 'by_operator';

/** What an attempt makes of its delivery. */
export interface Settlement {
  readonly state: Extract<DeliveryState, 'delivered' | 'waiting' | 'uncertain' | 'parked'>;
  readonly attempts: number;
  readonly losses: number;
  /** When it goes again; null where it does not. */
  readonly restMs: number | null;
  readonly hold: Hold | null;
  readonly reason: ParkReason | null;
}

/**
 * Failed and uncertain attempts are spent; failures of ours have a budget of their own. Pure: `random` is 0 ≤ r < 1.
 */
export function settleAttempt(
  before: { readonly attempts: number; readonly losses: number },
  result: Pick<AttemptResult, 'outcome' | 'retryAfterSeconds' | 'overloaded'>,
  policy: Policy,
  random: number,
): Settlement {
  const { attempts, losses } = before;
  switch (result.outcome) {
    case 'delivered':
      return { state: 'delivered', attempts: attempts + 1, losses, restMs: null, hold: null, reason: null };
    case 'rejected':
      return { state: 'parked', attempts: attempts + 1, losses, restMs: null, hold: null, reason: 'rejected' };
    case 'infrastructure': {
      const failures = losses + 1;
      if (failures >= policy.infrastructureFailures) return parked(attempts, failures, 'infrastructure');
      const restMs = infrastructureRest(failures, random);
      return { state: 'waiting', attempts, losses: failures, restMs, hold: 'infrastructure', reason: null };
    }
    default: {
      const spent = attempts + 1;
      const restMs = nextRest({ ...result, policy, attempts: spent, random });
      if (restMs === null) return parked(spent, losses, 'out_of_attempts');
      const state = result.outcome === 'uncertain' ? 'uncertain' : 'waiting';
      return { state, attempts: spent, losses, restMs, hold: 'retry', reason: null };
    }
  }
}

function parked(attempts: number, losses: number, reason: ParkReason): Settlement {
  return { state: 'parked', attempts, losses, restMs: null, hold: null, reason };
}
