/** The tokens of one partner, which all workers share: columns of `partner_gate`. Null: nobody has taken any yet. */
export interface Bucket {
  readonly tokens: number | null;
  readonly tokensAt: Date | null;
}

const SECOND_MS = 1_000;
/** How long tokens that nobody takes add up. */
const BURST_SECONDS = 1;

/** How many may go now, with fractions; without a rate as many as there are. */
export function availableTokens({ tokens, tokensAt }: Bucket, ratePerSecond: number | null, now: Date): number {
  if (ratePerSecond === null) return Number.POSITIVE_INFINITY;
  const burst = Math.max(1, ratePerSecond * BURST_SECONDS);
  if (tokens === null || tokensAt === null) return burst;
  // Another worker's clock may be ahead of ours.
  const elapsedMs = Math.max(0, now.getTime() - tokensAt.getTime());
  return Math.min(burst, tokens + (ratePerSecond * elapsedMs) / SECOND_MS);
}

/** When at least one may go; `now` itself if so now. */
export function nextTokenAt(bucket: Bucket, ratePerSecond: number | null, now: Date): Date {
  const available = availableTokens(bucket, ratePerSecond, now);
  if (ratePerSecond === null || available >= 1) return now;
  const since = Math.max(now.getTime(), bucket.tokensAt?.getTime() ?? 0);
  // The next whole millisecond, even after an exact one: what is added in fractions may be a hair short.
  return new Date(since + Math.floor(((1 - available) / ratePerSecond) * SECOND_MS) + 1);
}

/** What is left after `count` have gone. */
export function takeTokens(bucket: Bucket, ratePerSecond: number | null, count: number, now: Date): Bucket {
  if (ratePerSecond === null) return { tokens: null, tokensAt: null };
  const tokens = availableTokens(bucket, ratePerSecond, now) - count;
  const ahead = bucket.tokensAt !== null && bucket.tokensAt > now;
  return { tokens, tokensAt: ahead ? bucket.tokensAt : now };
}
