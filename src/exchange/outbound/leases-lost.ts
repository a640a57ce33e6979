import type { Queryable } from '../../store/database.ts';

/** A message that takes each of its workers with it must not take them for ever: as often as RabbitMQ hands it out. */
const WORKERS_LOST_MAX = 20;

// The attempt was made, or may have been: it is written down as lost, and the message goes again under the same id. The
// lease's start is not kept; its end tells it as well. Of parked ones an operator hears once a day and partner.
const TAKE_BACK_LEASES = `
with over as materialized (
       select delivery_id,
              (select count(*) from attempt a where a.delivery_id = d.delivery_id and a.code = 'worker_lost') + 1
              >= $2::integer * (d.replays + 1) as for_good
         from delivery d where state = 'sending' and lease_until <= $1 for update),
     lost as (
       update delivery d
          set state = case when o.for_good then 'parked' else 'uncertain' end::delivery_state, losses = d.losses + 1,
              due_at = $1, held_by = case when o.for_good then null else 'lost' end, lease_until = null,
              outcome = 'worker_lost', reason = case when o.for_good then 'infrastructure' end,
              finished_at = case when o.for_good then $1::timestamptz end
         from over o where d.delivery_id = o.delivery_id
       returning d.delivery_id, d.partner_id, d.attempts, d.losses, d.state),
     parked as (
       select partner_id, min(delivery_id::text) as delivery_id, partner_id || ' ' || $1::timestamptz::date as subject
         from lost where state = 'parked' group by partner_id),
     alerted as (
       insert into alert (raised_at, kind, subject, details)
       select $1, 'delivery_parked', subject,
              jsonb_build_object('partnerId', partner_id, 'deliveryId', delivery_id, 'code', 'worker_lost')
         from parked
        where not exists (select from alert a where a.kind = 'delivery_parked' and a.subject = parked.subject))
insert into attempt (started_at, ended_at, delivery_id, number, outcome, code, sent)
select $1, $1, delivery_id, attempts, 'uncertain', 'worker_lost', jsonb_build_object('losses', losses) from lost
on conflict do nothing`;

/** Deliveries whose worker died with them: nobody knows whether they arrived. */
export async function takeBackLeases(db: Queryable, now: Date): Promise<number> {
  const values = [now, WORKERS_LOST_MAX];
  const { rowCount } = await db.query({ name: 'take_back_leases', text: TAKE_BACK_LEASES, values });
  return rowCount ?? 0;
}
