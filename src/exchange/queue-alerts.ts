import type { Queryable } from '../store/database.ts';
import type { Depth } from './depths.ts';
import type { KnownPartner } from './partner-directory.ts';

// Whichever hub changes the gate's row raises the alert, in the same statement: one when a queue starts to build up, one
// when it clears, over all hubs.
const QUEUES_BUILDING = `
with started as (
       update partner_gate g set building_since = $4
         from unnest($1::text[], $2::integer[], $3::timestamptz[]) as t(partner_id, waiting, oldest)
        where g.partner_id = t.partner_id and g.building_since is null
       returning g.partner_id, t.waiting, t.oldest)
insert into alert (raised_at, kind, subject, details)
select $4, 'queue_building', partner_id, jsonb_build_object('waiting', waiting, 'oldest', oldest) from started`;

const QUEUES_CLEARED = `
with found as (
       select partner_id, building_since from partner_gate
        where partner_id = any($1) and building_since is not null for update),
     cleared as (
       update partner_gate g set building_since = null from found
        where g.partner_id = found.partner_id returning g.partner_id, found.building_since)
insert into alert (raised_at, kind, subject, details)
select $2, 'queue_cleared', partner_id, jsonb_build_object('since', building_since) from cleared`;

/** A queue that hovers at its limit must not alert again and again: it has cleared at half of it. */
const CLEARED_AT = 0.5;

/** Alerts on queues that have started to build up, and on those that have cleared. */
export async function alertQueues(
  db: Queryable,
  partners: readonly KnownPartner[],
  depths: ReadonlyMap<string, Depth>,
  now: Date,
): Promise<void> {
  const building: Depth[] = [];
  const clear: string[] = [];
  for (const { partner, policy } of partners) {
    const depth = depths.get(partner.partnerId);
    const ageSeconds = depth?.oldest == null ? 0 : (now.getTime() - depth.oldest.getTime()) / 1_000;
    const load = Math.max((depth?.waiting ?? 0) / policy.alertDepth, ageSeconds / policy.alertAgeSeconds);
    if (depth !== undefined && load >= 1) building.push(depth);
    if (load < CLEARED_AT) clear.push(partner.partnerId);
  }
  if (building.length > 0) {
    await db.query({
      name: 'queues_building',
      text: QUEUES_BUILDING,
      values: [
        building.map(({ partnerId }) => partnerId),
        building.map(({ waiting }) => waiting),
        building.map(({ oldest }) => oldest),
        now,
      ],
    });
  }
  if (clear.length > 0) await db.query({ name: 'queues_cleared', text: QUEUES_CLEARED, values: [clear, now] });
}
