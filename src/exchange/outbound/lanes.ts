import type { Queryable } from '../../store/database.ts';
import type { Policy } from '../policy/policy.ts';

/** A lane of a partner: its messages go one at a time, in order. */
export interface Lane {
  readonly partnerId: string;
  readonly lane: string;
}

/** The delivery of a lane that may go now. */
export interface Head extends Lane {
  readonly deliveryId: string;
}

const WHOLE_PARTNER = '*';

/** By the partner's policy, the object (the message's first key) or the partner as a whole; null: unordered. */
export function laneOf(order: Policy['order'], keys: readonly string[]): string | null {
  if (order === 'none') return null;
  return order === 'partner' ? WHOLE_PARTNER : (keys[0] ?? WHOLE_PARTNER);
}

const QUEUED_HEADS = `
select head.delivery_id as "deliveryId", ended.partner_id as "partnerId", ended.lane
  from (select distinct partner_id, lane from unnest($1::text[], $2::text[]) as t(partner_id, lane)) as ended
       cross join lateral (
         select delivery_id, state from delivery n
          where n.partner_id = ended.partner_id and n.lane = ended.lane and n.unfinished
          order by n.position limit 1) as head
 where head.state = 'queued'`;

// The state as text: with statistics from before a backlog the planner takes all queued ones for few and starts with
// them. 100,000 of them joined with 1,000 heads took 20 s.
const PROMOTE = `
update delivery set state = 'waiting', held_by = null, due_at = greatest(due_at, $2), carried_until = null
 where delivery_id = any($1) and state::text = 'queued'
returning delivery_id as "deliveryId"`;

/**
 * Lets the heads of these lanes go. Called after the commit that ended a head, and after the one that queued a delivery
 * behind another: whichever of the two commits later sees both, so no lane is left standing, and no lock is needed.
 * A process killed between is made up for by `promoteStanding`.
 */
export async function promoteHeads(db: Queryable, lanes: readonly Lane[], now: Date): Promise<readonly Head[]> {
  if (lanes.length === 0) return [];
  const { rows } = await db.query<Head>({
    name: 'queued_heads',
    text: QUEUED_HEADS,
    values: [lanes.map(({ partnerId }) => partnerId), lanes.map(({ lane }) => lane)],
  });
  if (rows.length === 0) return [];
  const deliveryIds = rows.map(({ deliveryId }) => deliveryId);
  const promoted = await db.query<{ deliveryId: string }>({
    name: 'promote',
    text: PROMOTE,
    values: [deliveryIds, now],
  });
  const letGo = new Set(promoted.rows.map(({ deliveryId }) => deliveryId));
  return rows.filter(({ deliveryId }) => letGo.has(deliveryId));
}

// From lane to lane by the index, not through all that stand in them: 1,000 lanes of 100 are 1,000 steps.
const STANDING_LANES = `
with recursive lanes as (
  (select partner_id, lane from delivery where unfinished and lane is not null order by partner_id, lane limit 1)
  union all
  select next.partner_id, next.lane
    from lanes cross join lateral (
      select partner_id, lane from delivery
       where unfinished and lane is not null and (partner_id, lane) > (lanes.partner_id, lanes.lane)
       order by partner_id, lane limit 1) as next)
select partner_id as "partnerId", lane from lanes`;

/** Lets go whatever is queued at the head of its lane: what a kill left behind. */
export async function promoteStanding(db: Queryable, now: Date): Promise<readonly Head[]> {
  const { rows } = await db.query<Lane>(STANDING_LANES);
  return promoteHeads(db, rows, now);
}
