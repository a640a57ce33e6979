import type { Database } from '../../store/database.ts';
import type { Partner } from '../partner.ts';
import { boundsOf } from '../policy/calendar.ts';
import type { Policy } from '../policy/policy.ts';
import type { WorkItemKind } from './causes.ts';
import { CAUSES } from './causes.ts';

export interface PartnerWithPolicy {
  readonly partner: Pick<Partner, 'partnerId'>;
  readonly policy: Policy;
}

/** The partners that have not been removed. */
export interface Partners {
  partners(): readonly PartnerWithPolicy[];
}

export interface PartnerDay extends PartnerWithPolicy {
  /** ISO date of the partner's calendar. */
  readonly day: string;
}

export interface KindCount {
  readonly opened: number;
  /** Open items whose cause is gone: a late acknowledgement, a late report. */
  readonly settled: number;
}

export type ReconciliationCounts = Readonly<Record<WorkItemKind, KindCount>>;

export interface DayToReconcile {
  readonly day: string;
  readonly now: Date;
  readonly directory: Partners;
}

const SECOND_MS = 1_000;
const NOTHING: KindCount = { opened: 0, settled: 0 };
/** A day of millions of messages. */
const STATEMENT_TIMEOUT_MS = 600_000;

/** One day of all partners. Repeatable: what is open stays open, what somebody has resolved is not opened again. */
export function reconcileDay(db: Database, { day, now, directory }: DayToReconcile): Promise<ReconciliationCounts> {
  return reconcile(
    db,
    directory.partners().map((each) => ({ ...each, day })),
    now,
  );
}

/** Any days of any partners; those that are not over yet are left out. */
export async function reconcile(db: Database, days: readonly PartnerDay[], now: Date): Promise<ReconciliationCounts> {
  const over = days
    .map((each) => ({ ...each, ...boundsOf(each.policy.calendar, each.day) }))
    .filter(({ to }) => to <= now);
  return {
    sent_not_acknowledged: await compare(db, 'sent_not_acknowledged', over, now),
    acknowledged_digest_differs: await compare(db, 'acknowledged_digest_differs', over, now),
    sent_not_in_report: await compare(db, 'sent_not_in_report', over, now),
    in_report_not_sent: await compare(db, 'in_report_not_sent', over, now),
    report_digest_differs: await compare(db, 'report_digest_differs', over, now),
    report_missing: await compare(db, 'report_missing', over, now),
  };
}

// NOT IN is hashed whatever the planner expects of a cause; NOT EXISTS went through 100,000 causes for each of 100,000
// items. The nil UUID stands for no message: NOT IN would find nothing beside a null.
const compareStatement = (cause: string): string => `
with pair as (
  select *
    from unnest($3::text[], $4::date[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])
      as pair (partner_id, day, starts, ends, acknowledged_if_before)
), cause as (${cause}
), opened as (
  insert into work_item (work_item_id, kind, partner_id, day, message_id, details, opened_at)
  select gen_random_uuid(), $1, partner_id, day, message_id, details, $2 from cause
  on conflict (kind, partner_id, day, message_id) do nothing
  returning 1
), settled as (
  update work_item set resolved_at = $2, resolved_by = 'reconciliation', resolution = 'settled'
    from pair
   where work_item.kind = $1 and work_item.partner_id = pair.partner_id and work_item.day = pair.day
     and work_item.resolved_at is null
     and (work_item.partner_id, work_item.day, coalesce(work_item.message_id, '00000000-0000-0000-0000-000000000000'))
         not in (select partner_id, day, coalesce(message_id, '00000000-0000-0000-0000-000000000000') from cause)
  returning 1
)
select (select count(*) from opened)::integer as opened, (select count(*) from settled)::integer as settled`;

interface BoundedDay extends PartnerDay {
  readonly from: Date;
  readonly to: Date;
}

async function compare(db: Database, kind: WorkItemKind, days: readonly BoundedDay[], now: Date): Promise<KindCount> {
  const { concerns, sql } = CAUSES[kind];
  const compared = days.filter(({ policy }) => concerns(policy));
  if (compared.length === 0) return NOTHING;
  const values = [
    kind,
    now,
    compared.map(({ partner }) => partner.partnerId),
    compared.map(({ day }) => day),
    compared.map(({ from }) => from),
    compared.map(({ to }) => to),
    compared.map(({ policy }) => new Date(now.getTime() - policy.acknowledgeWithinSeconds * SECOND_MS)),
  ];
  const { rows } = await db.transaction((tx) => tx.query<KindCount>(compareStatement(sql), values), {
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  return rows[0] ?? NOTHING;
}
