import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Guessing is slowed down: wrong tails are counted per source, and for four-character tails (one in 16 million) per
 * code too, so that many sources together cannot search one code's tail.
 */
export interface FailureLimits {
  /** Seconds to wait when the source or the code has failed too often; 0 when it may go on. */
  blockedFor(source: string, cis: string | null): Promise<number>;
  failed(source: string, cis: string | null): Promise<void>;
}

export interface FailureLimitsOptions {
  readonly perSourcePerMinute: number;
  readonly perCisPerHour: number;
}

export function createFailureLimits(options: FailureLimitsOptions): FailureLimits {
  const bySource = new RateLimiterMemory({ points: options.perSourcePerMinute, duration: 60 });
  const byCis = new RateLimiterMemory({ points: options.perCisPerHour, duration: 3_600 });

  return {
    blockedFor: async (source, cis) => {
      const used = [await bySource.get(source), cis === null ? null : await byCis.get(cis)];
      const waits = used.map((one) => (one !== null && one.remainingPoints <= 0 ? one.msBeforeNext : 0));
      return Math.ceil(Math.max(...waits) / 1_000);
    },
    failed: async (source, cis) => {
      await consume(bySource, source);
      if (cis !== null) await consume(byCis, cis);
    },
  };
}

/** The limiter rejects with its own result once the points are spent; that is what `blockedFor` will tell. */
async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
  }
}
