import type { Queryable } from '../../store/database.ts';

// What is being sent ends by itself; where it has not arrived it is found here later.
const CANCEL_OF_REMOVED = `
with left_over as materialized (
       select d.delivery_id
         from partner p cross join lateral (
           select delivery_id from delivery where state in ('queued', 'parked') and partner_id = p.partner_id
           union all
           select delivery_id from delivery
            where state in ('waiting', 'uncertain') and carried_until is null and partner_id = p.partner_id
           union all
           select delivery_id from delivery
            where state in ('waiting', 'uncertain') and carried_until is not null and partner_id = p.partner_id) as d
        where p.removed_at is not null and ($2::text is null or p.partner_id = $2))
update delivery d
   set state = 'cancelled', reason = 'partner_removed', held_by = null, carried_until = null, finished_at = $1
  from left_over l
 where d.delivery_id = l.delivery_id and d.state in ('queued', 'waiting', 'uncertain', 'parked')`;

/**
 * Cancels what waits for a removed partner, or for all of them: a delivery that was under way, or that a relay was just
 * making, is left over by the removal itself.
 */
export async function cancelForRemoved(db: Queryable, now: Date, partnerId: string | null = null): Promise<number> {
  const { rowCount } = await db.query(CANCEL_OF_REMOVED, [now, partnerId]);
  return rowCount ?? 0;
}
