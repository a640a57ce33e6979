import type { Policy } from './policy.ts';

/**
 * Spares a partner that fails, and our workers its timeouts. The state stands in `partner_gate`, so that all workers
 * share it. closed: everything passes, outcomes are counted in windows that follow each other. open: nothing passes
 * until `breakerUntil`. Then one probe passes: half_open, `breakerUntil` says until when its outcome is waited for.
 */
export interface BreakerState {
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly breakerUntil: Date | null;
  /** Openings since it was closed last. */
  readonly trips: number;
  readonly windowStart: Date | null;
  readonly windowSucceeded: number;
  readonly windowFailed: number;
}

export interface Outcomes {
  readonly succeeded: number;
  readonly failed: number;
}

type BreakerPolicy = Policy['breaker'];

const SECOND_MS = 1_000;

export const CLOSED_BREAKER: BreakerState = {
  breaker: 'closed',
  breakerUntil: null,
  trips: 0,
  windowStart: null,
  windowSucceeded: 0,
  windowFailed: 0,
};

export function mayPass(state: Pick<BreakerState, 'breaker' | 'breakerUntil'>, now: Date): 'all' | 'one' | 'none' {
  if (state.breaker === 'closed') return 'all';
  // Half open and past its time: the probe was lost with its worker, and another one may go.
  return state.breakerUntil !== null && now < state.breakerUntil ? 'none' : 'one';
}

/** The one that may pass is on its way; nothing else passes before its outcome, or before `until`. */
export function probeSent(state: BreakerState, until: Date): BreakerState {
  return { ...state, breaker: 'half_open', breakerUntil: until };
}

export function afterOutcomes(state: BreakerState, policy: BreakerPolicy, outcomes: Outcomes, now: Date): BreakerState {
  if (outcomes.succeeded + outcomes.failed === 0) return state;
  if (state.breaker === 'closed') return counted(state, policy, outcomes, now);
  // Of attempts that began before it opened: they are no probes.
  if (state.breaker === 'open' && mayPass(state, now) === 'none') return state;
  return outcomes.failed > 0 ? opened(state, policy, now) : CLOSED_BREAKER;
}

function counted(state: BreakerState, policy: BreakerPolicy, outcomes: Outcomes, now: Date): BreakerState {
  const window = windowAt(state, policy, now);
  const succeeded = window.windowSucceeded + outcomes.succeeded;
  const failed = window.windowFailed + outcomes.failed;
  const attempts = succeeded + failed;
  if (attempts >= policy.minimumAttempts && failed * 100 >= policy.failurePercent * attempts) {
    return opened(state, policy, now);
  }
  return { ...window, windowSucceeded: succeeded, windowFailed: failed };
}

function windowAt(state: BreakerState, policy: BreakerPolicy, now: Date): BreakerState {
  const { windowStart } = state;
  const lasts = windowStart !== null && now.getTime() - windowStart.getTime() < policy.windowSeconds * SECOND_MS;
  return lasts ? state : { ...state, windowStart: now, windowSucceeded: 0, windowFailed: 0 };
}

function opened(state: BreakerState, policy: BreakerPolicy, now: Date): BreakerState {
  const seconds = Math.min(policy.openSeconds * 2 ** state.trips, Math.max(policy.openSeconds, policy.openSecondsMax));
  const breakerUntil = new Date(now.getTime() + seconds * SECOND_MS);
  return { ...CLOSED_BREAKER, breaker: 'open', breakerUntil, trips: state.trips + 1 };
}
