import type { Policy } from './policy.ts';

export interface FailedAttempt {
  readonly policy: Pick<Policy, 'retrySeconds' | 'overloadSeconds'>;
  /** Failed so far, this one included: 1 or more. */
  readonly attempts: number;
  readonly retryAfterSeconds?: number | undefined;
  readonly overloaded?: boolean | undefined;
  /** In [0, 1): many that failed together do not come back together. */
  readonly random: number;
}

const SECOND_MS = 1_000;
const JITTER = 0.2;
/** A partner's wish counts up to so many times the planned rest: a wrong header must not stop a queue for a year. */
const WISH_TIMES_MAX = 2;
const INFRASTRUCTURE_REST_MAX_MS = 60_000;

/** Milliseconds until the next attempt; null when the partner's schedule has no further one. */
export function nextRest(failed: FailedAttempt): number | null {
  const { policy, attempts, retryAfterSeconds, overloaded = false, random } = failed;
  const seconds = policy.retrySeconds[attempts - 1];
  if (seconds === undefined) return null;
  const planned = seconds * SECOND_MS;
  const rest =
    retryAfterSeconds === undefined ? around(planned, random) : wished(planned, retryAfterSeconds * SECOND_MS, random);
  return overloaded ? Math.max(rest, after(policy.overloadSeconds * SECOND_MS, random)) : rest;
}

/** After `failures` failures of ours in a row, 1 or more: soon at first, once a minute in the end. */
export function infrastructureRest(failures: number, random: number): number {
  return around(Math.min(SECOND_MS * 2 ** (failures - 1), INFRASTRUCTURE_REST_MAX_MS), random);
}

/** Never sooner than the partner wished, within the bounds of the plan. */
function wished(planned: number, wish: number, random: number): number {
  return Math.min(after(Math.max(planned, wish), random), planned * WISH_TIMES_MAX);
}

function around(rest: number, random: number): number {
  return Math.round(rest * (1 - JITTER + 2 * JITTER * random));
}

function after(rest: number, random: number): number {
  return Math.round(rest * (1 + JITTER * random));
}
