import { isIP } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Guessing is slowed down: wrong tails are counted per source, and for four-character tails (one in 16 million) per
 * code too, so that many sources together cannot search one code's tail.
 */
export interface FailureLimits {
  /** Seconds to wait when the source or the code has failed too often; 0 when it may go on. */
  blockedFor(address: string, cis: string | null): Promise<number>;
  /** Without an address it counts for the code alone. */
  failed(address: string | null, cis: string | null): Promise<void>;
}

export interface FailureLimitsOptions {
  readonly perSourcePerMinute: number;
  readonly perCisPerHour: number;
}

/**
 * Whom an address counts for. An IPv6 subscriber has a /64 (RFC 6177), which is 2^64 addresses to guess from: all of them
 * are one source.
 */
export function sourceOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  if (tail !== undefined) while (groups.length + after < 8) groups.push('0');
  const network = [...groups, ...(tail ?? '').split(':')].slice(0, 4);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

export function createFailureLimits(options: FailureLimitsOptions): FailureLimits {
  const bySource = new RateLimiterMemory({ points: options.perSourcePerMinute, duration: 60 });
  const byCis = new RateLimiterMemory({ points: options.perCisPerHour, duration: 3_600 });

  return {
    blockedFor: async (address, cis) => {
      const used = [await bySource.get(sourceOf(address)), cis === null ? null : await byCis.get(cis)];
      const waits = used.map((one) => (one !== null && one.remainingPoints <= 0 ? one.msBeforeNext : 0));
      return Math.ceil(Math.max(...waits) / 1_000);
    },
    failed: async (address, cis) => {
      if (address !== null) await consume(bySource, sourceOf(address));
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
