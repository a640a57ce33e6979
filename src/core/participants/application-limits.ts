import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { sourceOf } from '../checks/failure-limits.ts';

/** Anybody may apply, so that a source that applies too often has to be slowed down. */
export interface ApplicationLimits {
  /** Counts one application; seconds to wait where there were too many, else 0. */
  take(address: string): Promise<number>;
}

const HOUR_SECONDS = 3_600;

export function createApplicationLimits(perSourcePerHour: number): ApplicationLimits {
  const bySource = new RateLimiterMemory({ points: perSourcePerHour, duration: HOUR_SECONDS });
  return {
    take: async (address) => {
      try {
        await bySource.consume(sourceOf(address));
        return 0;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
      }
    },
  };
}
