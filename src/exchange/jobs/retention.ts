import type { Database, Queryable } from '../../store/database.ts';
import type { Adapter } from '../adapter.ts';
import type { PolicyChanges } from '../policy/policy.ts';
import { effectivePolicy } from '../policy/policy.ts';
import type { Job } from './job.ts';
import { dropOutboxDays } from './outbox-days.ts';

const DAY_MS = 86_400_000;
const OUTBOX_DAYS_KEPT = 14;
const BATCH = 1_000;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

export interface RetentionDeps {
  readonly db: Database;
  readonly adapters: readonly Pick<Adapter, 'name' | 'policy'>[];
  /** Messages looked at in one transaction. */
  readonly batch?: number;
}

/** Bodies go when no partner needs them any more; digests stay as the proof of what was sent. */
export function createRetentionJob({ db, adapters, batch = BATCH }: RetentionDeps): Job {
  return {
    name: 'retention',
    schedule: '30 3 * * *',
    timeZone: 'Asia/Almaty',
    describe: 'Removes bodies of messages and days of the outbox whose time of keeping is over.',
    leaseSeconds: 300,
    async run({ now, signal }) {
      const periods = await keepingPeriods(db, adapters, now);
      const bodies = await removeBodies(db, periods, batch, signal);
      const outboxDays = await dropOutboxDays(db, OUTBOX_DAYS_KEPT, now, signal);
      return { bodies, outboxDays };
    },
  };
}

/** What was finished before these times is needed no longer. */
interface KeepingPeriod {
  readonly partnerId: string;
  readonly deliveredBefore: Date;
  readonly cancelledBefore: Date;
}

const ALL_PARTNERS = `select partner_id as "partnerId", adapter, policy from partner`;

interface PartnerRow {
  readonly partnerId: string;
  readonly adapter: string;
  readonly policy: PolicyChanges;
}

/** Removed partners too. One whose adapter this hub does not know keeps everything. */
async function keepingPeriods(db: Queryable, adapters: RetentionDeps['adapters'], now: Date): Promise<KeepingPeriod[]> {
  const policyOf = new Map(adapters.map(({ name, policy }) => [name, policy]));
  const before = (days: number): Date => new Date(now.getTime() - days * DAY_MS);
  const { rows } = await db.query<PartnerRow>(ALL_PARTNERS);
  return rows.flatMap(({ partnerId, adapter, policy }) => {
    const ofAdapter = policyOf.get(adapter);
    if (ofAdapter === undefined) return [];
    const { deliveredDays, cancelledDays } = effectivePolicy(ofAdapter, policy).retention;
    return [{ partnerId, deliveredBefore: before(deliveredDays), cancelledBefore: before(cancelledDays) }];
  });
}

interface MessagePlace {
  readonly messageId: string;
  readonly createdAt: Date;
}

// Ids grow with time, so each run walks from the oldest message on, past those that have to stay.
const NEXT_WITH_BODY = `
select message_id as "messageId", created_at as "createdAt" from message
 where direction = 'outbound' and body is not null and message_id > $1 and created_at < $2
 order by message_id limit $3`;

// A replay waits until the body is gone and then sees that it is; one that came before us is skipped and keeps its body.
const LOCK_FINISHED = `
select delivery_id as "deliveryId" from delivery where message_id = any($1) and not unfinished for share skip locked`;

const REMOVE_BODIES = `
with kept as (
  select * from unnest($4::text[], $5::timestamptz[], $6::timestamptz[])
    as kept (partner_id, delivered_before, cancelled_before)
)
update message set body = null
  from unnest($1::uuid[], $2::timestamptz[]) as walked (message_id, created_at)
 where message.message_id = walked.message_id and message.created_at = walked.created_at and body is not null
   and not exists (
         select from delivery left join kept using (partner_id)
          where delivery.message_id = walked.message_id
            and (delivery.unfinished or delivery.delivery_id <> all ($3::uuid[])
                 or (delivery.finished_at < case delivery.state when 'delivered' then kept.delivered_before
                                                                else kept.cancelled_before end) is not true))`;

async function removeBodies(
  db: Database,
  periods: readonly KeepingPeriod[],
  batch: number,
  signal: AbortSignal,
): Promise<number> {
  if (periods.length === 0) return 0;
  const times = periods.flatMap((each) => [each.deliveredBefore.getTime(), each.cancelledBefore.getTime()]);
  const horizon = new Date(Math.max(...times));
  let removed = 0;
  let last: string | undefined = NIL_UUID;
  while (last !== undefined) {
    signal.throwIfAborted();
    const walked: readonly MessagePlace[] = await nextWithBody(db, last, horizon, batch);
    if (walked.length > 0) removed += await removeOf(db, walked, periods);
    last = walked.at(-1)?.messageId;
  }
  return removed;
}

async function nextWithBody(db: Queryable, after: string, horizon: Date, batch: number): Promise<MessagePlace[]> {
  const { rows } = await db.query<MessagePlace>(NEXT_WITH_BODY, [after, horizon, batch]);
  return rows;
}

async function removeOf(
  db: Database,
  messages: readonly MessagePlace[],
  periods: readonly KeepingPeriod[],
): Promise<number> {
  const ids = messages.map(({ messageId }) => messageId);
  return await db.transaction(async (tx) => {
    const locked = await tx.query<{ deliveryId: string }>(LOCK_FINISHED, [ids]);
    const { rowCount } = await tx.query(REMOVE_BODIES, [
      ids,
      messages.map(({ createdAt }) => createdAt),
      locked.rows.map(({ deliveryId }) => deliveryId),
      periods.map(({ partnerId }) => partnerId),
      periods.map(({ deliveredBefore }) => deliveredBefore),
      periods.map(({ cancelledBefore }) => cancelledBefore),
    ]);
    return rowCount ?? 0;
  });
}
