import type { Queryable } from '../../store/database.ts';
import type { AttemptResult } from '../adapter.ts';
import type { Lease } from './lease.ts';
import type { Settlement } from './verdict.ts';
import { CARRIER_GRACE_MS } from './window.ts';

/** An attempt that has ended, and what it makes of its delivery. */
export interface Finished {
  readonly lease: Lease;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly result: AttemptResult;
  readonly settlement: Settlement;
}

// Written only by whoever has the fencing token: a worker that was taken for dead changes nothing after another has
// taken the delivery. The attempt is written down in any case: it was made. Of parked messages a partner's operator hears
// once a day, however many they are.
const FINISH = `
with ended as materialized (
       select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::integer[], $5::integer[], $6::timestamptz[],
                            $7::text[], $8::timestamptz[], $9::text[], $10::text[], $11::timestamptz[],
                            $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::text[], $16::jsonb[],
                            $17::jsonb[])
            as t(delivery_id, fence, state, attempts, losses, due_at, held_by, carried_until, code, reason, finished_at,
                 acknowledged_at, started_at, ended_at, outcome, sent, answer)),
     attempted as (
       insert into attempt (started_at, ended_at, delivery_id, number, outcome, code, sent, answer)
       select started_at, ended_at, delivery_id, attempts, outcome, code, sent, answer from ended
       on conflict do nothing),
     settled as (
       update delivery d
          set state = t.state::delivery_state, attempts = t.attempts, losses = t.losses,
              due_at = coalesce(t.due_at, d.due_at), held_by = t.held_by, lease_until = null,
              carrier = d.carrier + case when t.carried_until is null then 0 else 1 end, carried_until = t.carried_until,
              outcome = t.code, reason = t.reason, finished_at = t.finished_at,
              acknowledged_at = coalesce(d.acknowledged_at, t.acknowledged_at)
         from ended t
        where d.delivery_id = t.delivery_id and d.fence = t.fence and d.state in ('sending', 'uncertain')
       returning d.delivery_id, d.carrier, d.partner_id, t.state, t.code, t.ended_at),
     parked as (
       select partner_id, count(*) as deliveries, min(delivery_id::text) as delivery_id, min(code) as code,
              min(ended_at) as at, partner_id || ' ' || min(ended_at)::date as subject
         from settled where state = 'parked' group by partner_id),
     alerted as (
       insert into alert (raised_at, kind, subject, details)
       select at, 'delivery_parked', subject,
              jsonb_build_object('partnerId', partner_id, 'deliveryId', delivery_id, 'code', code)
         from parked
        where not exists (select from alert a where a.kind = 'delivery_parked' and a.subject = parked.subject))
select delivery_id as "deliveryId", carrier from settled`;

/** Deliveries that this worker still had, with the number of their next carrier. */
export async function finishDeliveries(db: Queryable, finished: readonly Finished[]): Promise<Map<string, number>> {
  const at = (time: Date, ms: number): Date => new Date(time.getTime() + ms);
  const dueAt = ({ endedAt, settlement: { restMs } }: Finished): Date | null =>
    restMs === null ? null : at(endedAt, restMs);
  const { rows } = await db.query<{ deliveryId: string; carrier: number }>({
    name: 'finish_deliveries',
    text: FINISH,
    values: [
      finished.map(({ lease }) => lease.deliveryId),
      finished.map(({ lease }) => lease.fence),
      finished.map(({ settlement }) => settlement.state),
      finished.map(({ settlement }) => settlement.attempts),
      finished.map(({ settlement }) => settlement.losses),
      finished.map(dueAt),
      finished.map(({ settlement }) => settlement.hold),
      finished.map(({ endedAt, settlement: { restMs } }) =>
        restMs === null ? null : at(endedAt, restMs + CARRIER_GRACE_MS),
      ),
      finished.map(({ result }) => result.code),
      finished.map(({ settlement }) => settlement.reason),
      finished.map(({ endedAt, settlement }) => (settlement.restMs === null ? endedAt : null)),
      finished.map(acknowledgedAt),
      finished.map(({ startedAt }) => startedAt),
      finished.map(({ endedAt }) => endedAt),
      finished.map(({ result }) => result.outcome),
      finished.map(({ result }) => JSON.stringify(result.sent)),
      finished.map(({ result }) => (result.answer === null ? null : JSON.stringify(result.answer))),
    ],
  });
  return new Map(rows.map(({ deliveryId, carrier }) => [deliveryId, carrier]));
}

function acknowledgedAt({ lease, endedAt, settlement }: Finished): Date | null {
  const byAnswer = lease.known.policy.acknowledgement === 'answer';
  return byAnswer && settlement.state === 'delivered' ? endedAt : null;
}
