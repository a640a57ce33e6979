import type { Language } from '../../core/errors.ts';
import type { Queryable } from '../../store/database.ts';
import type { DeliveryState } from '../delivery-states.ts';
import type { PartnerDirectory } from '../partner-directory.ts';
import type { Policy } from '../policy/policy.ts';
import { explain, type LaneSituation, type PartnerSituation } from './explain.ts';

export interface AttemptView {
  readonly number: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly outcome: string;
  readonly code: string;
  /** Masked when they were written down. */
  readonly sent: unknown;
  readonly answer: unknown;
}

export interface DeliveryView {
  readonly deliveryId: string;
  readonly partnerId: string;
  readonly state: DeliveryState;
  /** One sentence: why it is there, and what will happen when. */
  readonly explanation: string;
  readonly lane: string | null;
  readonly attempts: number;
  readonly losses: number;
  readonly replays: number;
  readonly dueAt: Date;
  readonly heldBy: string | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedDigest: string | null;
  /** The newest first; all but the last ones of a very long life. */
  readonly made: readonly AttemptView[];
  /** As it is now; null where no hub of this kind serves the partner. */
  readonly policy: Policy | null;
}

interface DeliveryRow extends Omit<DeliveryView, 'explanation' | 'made' | 'policy'>, PartnerSituation {
  readonly leaseUntil: Date | null;
  readonly ahead: number;
  readonly head: string | null;
  readonly headState: DeliveryState | null;
  readonly headSince: Date | null;
}

const AHEAD_MAX = 10_000;
const ATTEMPTS_SHOWN = 100;

// The state of a head has lasted since it ended, or since it was made.
const DELIVERIES = `
select d.delivery_id as "deliveryId", d.partner_id as "partnerId", d.state, d.lane, d.attempts, d.losses, d.replays,
       d.due_at as "dueAt", d.held_by as "heldBy", d.outcome, d.reason, d.created_at as "createdAt",
       d.finished_at as "finishedAt", d.acknowledged_at as "acknowledgedAt", d.lease_until as "leaseUntil",
       encode(d.acknowledged_digest, 'hex') as "acknowledgedDigest",
       p.removed_at is not null as removed, p.switched_off as "switchedOff", p.switch_reason as "switchReason",
       coalesce(g.breaker, 'closed') as breaker, g.breaker_until as "breakerUntil", g.quota_day::text as "quotaDay",
       coalesce(g.quota_used, 0) as "quotaUsed",
       before.ahead, head.delivery_id as head, head.state as "headState",
       coalesce(head.finished_at, head.created_at) as "headSince"
  from delivery d join partner p using (partner_id) left join partner_gate g using (partner_id)
       left join lateral (
         select h.delivery_id, h.state, h.finished_at, h.created_at from delivery h
          where h.partner_id = d.partner_id and h.lane = d.lane and h.unfinished and h.position < d.position
          order by h.position limit 1) as head on d.unfinished
       cross join lateral (
         select count(*)::integer as ahead from (
           select from delivery b
            where b.partner_id = d.partner_id and b.lane = d.lane and b.unfinished and b.position < d.position
            limit ${AHEAD_MAX}) as counted) as before
 where d.message_id = $1
 order by d.partner_id, d.position`;

const ATTEMPTS = `
select made.* from unnest($1::uuid[]) as wanted(delivery_id) cross join lateral (
  select delivery_id as "deliveryId", number, started_at as "startedAt", ended_at as "endedAt", outcome, code, sent, answer
    from attempt a where a.delivery_id = wanted.delivery_id order by started_at desc, number desc limit ${ATTEMPTS_SHOWN}) as made`;

/** The deliveries of a message, each with its attempts and what is to be expected of it. */
export async function deliveryViews(
  db: Queryable,
  directory: Pick<PartnerDirectory, 'find'>,
  messageId: string,
  now: Date,
  language: Language,
): Promise<DeliveryView[]> {
  const { rows } = await db.query<DeliveryRow>(DELIVERIES, [messageId]);
  const attempts = await attemptsOf(
    db,
    rows.map(({ deliveryId }) => deliveryId),
  );
  return rows.map((row) => {
    const policy = directory.find(row.partnerId)?.policy ?? null;
    const explanation = explain({ ...row, policy, partner: row, lane: laneOf(row) }, now, language);
    return viewOf(row, explanation, attempts.get(row.deliveryId) ?? [], policy);
  });
}

async function attemptsOf(db: Queryable, deliveryIds: readonly string[]): Promise<Map<string, AttemptView[]>> {
  const { rows } = await db.query<AttemptView & { readonly deliveryId: string }>(ATTEMPTS, [deliveryIds]);
  const attempts = new Map<string, AttemptView[]>();
  for (const { deliveryId, ...attempt } of rows) {
    const known = attempts.get(deliveryId) ?? [];
    attempts.set(deliveryId, known);
    known.push(attempt);
  }
  return attempts;
}

function laneOf({ ahead, head, headState, headSince }: DeliveryRow): LaneSituation | null {
  return head === null || headState === null || headSince === null ? null : { ahead, head, headState, headSince };
}

function viewOf(
  row: DeliveryRow,
  explanation: string,
  made: readonly AttemptView[],
  policy: Policy | null,
): DeliveryView {
  const { deliveryId, partnerId, state, lane, attempts, losses, replays, dueAt, heldBy, outcome, reason } = row;
  const { createdAt, finishedAt, acknowledgedAt, acknowledgedDigest } = row;
  return {
    deliveryId,
    partnerId,
    state,
    explanation,
    lane,
    attempts,
    losses,
    replays,
    dueAt,
    heldBy,
    outcome,
    reason,
    createdAt,
    finishedAt,
    acknowledgedAt,
    acknowledgedDigest,
    made,
    policy,
  };
}
