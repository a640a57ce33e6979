import { DateTime } from 'luxon';
import type { Language } from '../../core/errors.ts';
import { type DeliveryState, HOLDS, type Hold } from '../delivery-states.ts';
import { mayPass } from '../policy/breaker.ts';
import { dayOf, nextDay, opensAt } from '../policy/calendar.ts';
import type { Policy } from '../policy/policy.ts';
import { HOLD_TEXTS, STATE_WORDS, TEXTS, type Texts } from './explain-texts.ts';

/** All that decides what becomes of a delivery. */
export interface Situation {
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly losses: number;
  readonly heldBy: string | null;
  readonly dueAt: Date;
  readonly leaseUntil: Date | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly finishedAt: Date | null;
  readonly acknowledgedAt: Date | null;
  /** The partner's effective policy; null where no hub of this kind serves it. */
  readonly policy: Policy | null;
  readonly partner: PartnerSituation;
  /** Who stands before it; null without a lane, or where nobody does. */
  readonly lane: LaneSituation | null;
}

export interface PartnerSituation {
  readonly removed: boolean;
  readonly switchedOff: boolean;
  readonly switchReason: string | null;
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly breakerUntil: Date | null;
  readonly quotaDay: string | null;
  readonly quotaUsed: number;
}

export interface LaneSituation {
  readonly ahead: number;
  readonly head: string;
  readonly headState: DeliveryState;
  readonly headSince: Date;
}

interface Finding {
  readonly texts: Texts;
  /** When something happens by itself. */
  readonly at: Date | null;
}

/** One sentence: why it is where it is, and what will happen when. Pure. Times are those of the partner's zone. */
export function explain(situation: Situation, now: Date, language: Language): string {
  const { texts, at } = findingOf(situation, now);
  const zone = situation.policy?.calendar.timeZone ?? 'UTC';
  const details = detailsOf(situation, at, zone, language);
  return texts[language].replace(/\{(\w+)\}/g, (_, name: string) => details[name] ?? '—');
}

function findingOf(situation: Situation, now: Date): Finding {
  const { finishedAt, leaseUntil } = situation;
  switch (situation.state) {
    case 'delivered':
      return { texts: deliveredTexts(situation), at: finishedAt };
    case 'cancelled':
      return {
        texts: situation.reason === 'partner_removed' ? TEXTS.cancelledRemoved : TEXTS.cancelled,
        at: finishedAt,
      };
    case 'parked':
      return { texts: parkedTexts(situation), at: finishedAt };
    case 'sending':
      return { texts: TEXTS.sending, at: leaseUntil };
    case 'queued':
      return { texts: queuedTexts(situation), at: null };
    default:
      return waitingFinding(situation, now);
  }
}

function deliveredTexts({ acknowledgedAt, policy }: Situation): Texts {
  if (acknowledgedAt !== null) return TEXTS.acknowledged;
  return policy?.acknowledgement === 'message' ? TEXTS.unacknowledged : TEXTS.delivered;
}

function parkedTexts({ reason, outcome }: Situation): Texts {
  if (reason === 'body_erased' || outcome === 'body_erased') return TEXTS.parkedErased;
  if (reason === 'by_operator') return TEXTS.parkedByOperator;
  if (reason === 'infrastructure') return TEXTS.parkedInfrastructure;
  return reason === 'rejected' ? TEXTS.parkedRejected : TEXTS.parkedOutOfAttempts;
}

function queuedTexts({ lane }: Situation): Texts {
  if (lane === null) return TEXTS.head;
  return lane.headState === 'parked' ? TEXTS.behindParked : TEXTS.behind;
}

/** What its row says is as old as the last look at it; what holds the partner as a whole is known better. */
function waitingFinding(situation: Situation, now: Date): Finding {
  const { heldBy, dueAt, state } = situation;
  const at = dueAt > now ? dueAt : now;
  const closed = closedAt(situation, at);
  if (closed !== null) return closed;
  if (state === 'uncertain' && heldBy !== 'lost') return { texts: TEXTS.uncertain, at };
  if (heldBy === null || !isHold(heldBy) || hasPassed(heldBy)) return { texts: TEXTS.turn, at };
  return { texts: HOLD_TEXTS[heldBy], at };
}

function closedAt({ partner, policy }: Situation, at: Date): Finding | null {
  if (partner.removed) return { texts: HOLD_TEXTS.removed, at: null };
  if (partner.switchedOff) return { texts: HOLD_TEXTS.switched_off, at: null };
  if (policy === null) return null;
  const opening = opensAt(policy.calendar, at);
  if (opening > at) return { texts: HOLD_TEXTS.calendar, at: opening };
  if (mayPass(partner, at) === 'none') return { texts: HOLD_TEXTS.breaker, at: partner.breakerUntil };
  const { dailyQuota } = policy;
  const usedUp =
    dailyQuota !== null && partner.quotaDay === dayOf(policy.calendar, at) && partner.quotaUsed >= dailyQuota;
  return usedUp ? { texts: HOLD_TEXTS.quota, at: nextDay(policy.calendar, at) } : null;
}

/** What held the whole partner and does not any more. */
function hasPassed(hold: Hold): boolean {
  return ['switched_off', 'calendar', 'breaker', 'quota', 'removed'].includes(hold);
}

function isHold(text: string): text is Hold {
  return Object.hasOwn(HOLDS, text);
}

function detailsOf(
  situation: Situation,
  at: Date | null,
  zone: string,
  language: Language,
): Readonly<Record<string, string>> {
  const { policy, lane, partner, finishedAt, acknowledgedAt, attempts, losses, outcome } = situation;
  const time = (date: Date): string =>
    DateTime.fromJSDate(date, { zone }).setLocale('en').toFormat('yyyy-MM-dd HH:mm:ss ZZ');
  const dates = {
    at,
    acknowledged: acknowledgedAt,
    since: lane?.headSince ?? null,
    until: policy === null || finishedAt === null ? null : after(finishedAt, policy.acknowledgeWithinSeconds),
  };
  const times = Object.entries(dates).flatMap(([name, date]) => (date === null ? [] : [[name, time(date)]]));
  return {
    ...Object.fromEntries(times),
    next: String(attempts + 1),
    attempts: String(attempts),
    losses: String(losses),
    outcome: outcome ?? '—',
    why: partner.switchReason ?? '—',
    ...(lane === null
      ? {}
      : { ahead: String(lane.ahead), head: lane.head, state: STATE_WORDS[lane.headState][language] }),
  };
}

function after(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1_000);
}
