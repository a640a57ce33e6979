import type { Queryable } from '../../store/database.ts';

// The attempt was made, or may have been: it is written down as lost, and the message goes again under the same id. The
// lease's start is not kept; its end tells it as well.
const TAKE_BACK_LEASES = `
with lost as (
       update delivery set state = 'uncertain', losses = losses + 1, due_at = $1, held_by = 'lost', lease_until = null,
                           outcome = 'worker_lost'
        where state = 'sending' and lease_until <= $1
       returning delivery_id, attempts, losses)
insert into attempt (started_at, ended_at, delivery_id, number, outcome, code, sent)
select $1, $1, delivery_id, attempts, 'uncertain', 'worker_lost', jsonb_build_object('losses', losses) from lost
on conflict do nothing`;

/** Deliveries whose worker died with them: nobody knows whether they arrived. */
export async function takeBackLeases(db: Queryable, now: Date): Promise<number> {
  const { rowCount } = await db.query({ name: 'take_back_leases', text: TAKE_BACK_LEASES, values: [now] });
  return rowCount ?? 0;
}
