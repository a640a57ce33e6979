import type { Hold } from '../delivery-states.ts';
import { mayPass, probeSent } from '../policy/breaker.ts';
import { dayOf, nextDay, opensAt } from '../policy/calendar.ts';
import type { Policy } from '../policy/policy.ts';
import { availableTokens, nextTokenAt, takeTokens } from '../policy/rate.ts';
import type { Gate, GateRow } from './gate.ts';

/** A delivery that a carrier asked to look at. */
export interface Candidate {
  readonly deliveryId: string;
  readonly dueAt: Date;
  /** Nobody of its lane stands before it. */
  readonly head: boolean;
}

export type Verdict =
  /** probe: the partner's breaker waits for the outcome of this one. */
  | { readonly kind: 'lease'; readonly probe: boolean }
  /** Somebody has put it off since: its next carrier comes by itself. */
  | { readonly kind: 'early' }
  | { readonly kind: 'hold'; readonly hold: Hold; readonly dueAt: Date };

export interface Admission {
  /** In the order of the candidates. */
  readonly verdicts: readonly Verdict[];
  /** Null where nothing changed. */
  readonly gate: Gate | null;
}

/** A timer may fire this much before its time. */
const EARLY_MS = 100;
/** Before a delivery that found no room is looked at again. */
const CROWDED_MS = 250;
const SWITCHED_MS = 1_000;
/** A lease outlives its attempt and the writing down of it by this. */
const LEASE_MARGIN_MS = 15_000;

/**
 * Which of a partner's deliveries may go now. Pure; called while the partner's gate is locked. No refusal here spends an
 * attempt.
 */
export function admit(
  candidates: readonly Candidate[],
  gate: GateRow,
  policy: Policy,
  sending: number,
  now: Date,
): Admission {
  const closed = closedUntil(gate, policy, now);
  if (closed !== null)
    return { verdicts: candidates.map((candidate) => verdictOf(candidate, closed, now)), gate: null };
  const probing = mayPass(gate, now) === 'one';
  const room = Math.max(0, (probing ? 1 : policy.concurrency) - sending);
  const { ratePerSecond, dailyQuota } = policy;
  const today = dayOf(policy.calendar, now);
  const used = gate.quotaDay === today ? gate.quotaUsed : 0;
  const quotaLeft = dailyQuota === null ? Number.POSITIVE_INFINITY : Math.max(0, dailyQuota - used);
  const tokens =
    ratePerSecond === null ? Number.POSITIVE_INFINITY : Math.floor(availableTokens(gate, ratePerSecond, now));
  let leased = 0;
  const verdicts = candidates.map((candidate): Verdict => {
    if (!isDue(candidate, now)) return { kind: 'early' };
    if (!candidate.head) return { kind: 'hold', hold: 'lane', dueAt: candidate.dueAt };
    if (leased >= quotaLeft) return { kind: 'hold', hold: 'quota', dueAt: nextDay(policy.calendar, now) };
    if (leased >= tokens && ratePerSecond !== null) {
      return { kind: 'hold', hold: 'rate', dueAt: nextTokenAt(gate, ratePerSecond, now) };
    }
    if (leased >= room) {
      const dueAt = new Date(now.getTime() + CROWDED_MS);
      return { kind: 'hold', hold: probing ? 'breaker' : 'concurrency', dueAt };
    }
    leased += 1;
    return { kind: 'lease', probe: probing };
  });
  return { verdicts, gate: gateAfter(gate, policy, leased, probing, { today, used }, now) };
}

export function leaseEnd(policy: Policy, now: Date): Date {
  return new Date(now.getTime() + policy.timeoutSeconds * 1_000 + LEASE_MARGIN_MS);
}

interface Closed {
  readonly hold: Hold;
  readonly until: Date;
}

function closedUntil(gate: GateRow, policy: Policy, now: Date): Closed | null {
  const soon = new Date(now.getTime() + SWITCHED_MS);
  if (gate.removed) return { hold: 'removed', until: soon };
  if (gate.switchedOff) return { hold: 'switched_off', until: soon };
  const opening = opensAt(policy.calendar, now);
  if (opening > now) return { hold: 'calendar', until: opening };
  if (mayPass(gate, now) === 'none') return { hold: 'breaker', until: gate.breakerUntil ?? soon };
  return null;
}

function verdictOf(candidate: Candidate, { hold, until }: Closed, now: Date): Verdict {
  return isDue(candidate, now) ? { kind: 'hold', hold, dueAt: until } : { kind: 'early' };
}

function isDue({ dueAt }: Candidate, now: Date): boolean {
  return dueAt.getTime() <= now.getTime() + EARLY_MS;
}

function gateAfter(
  gate: GateRow,
  policy: Policy,
  leased: number,
  probing: boolean,
  quota: { readonly today: string; readonly used: number },
  now: Date,
): Gate | null {
  const { ratePerSecond, dailyQuota } = policy;
  if (leased === 0 || (ratePerSecond === null && dailyQuota === null && !probing)) return null;
  return {
    ...gate,
    ...(probing ? probeSent(gate, leaseEnd(policy, now)) : {}),
    ...(ratePerSecond === null ? {} : takeTokens(gate, ratePerSecond, leased, now)),
    ...(dailyQuota === null ? {} : { quotaDay: quota.today, quotaUsed: quota.used + leased }),
  };
}
