import type { Database, Queryable } from '../../store/database.ts';
import { boundsOf, dayOf } from '../policy/calendar.ts';
import type { Policy } from '../policy/policy.ts';
import type { PartnerDay, Partners, PartnerWithPolicy } from '../reconciliation/three-way.ts';
import { reconcile } from '../reconciliation/three-way.ts';
import type { Job } from './job.ts';

const NAME = 'reconciliation';
const SECOND_MS = 1_000;
const DAY_SECONDS = 86_400;
/** A report may be completed days later. */
const REPORT_LATE_SECONDS = 3 * DAY_SECONDS;
/** How far back it looks when it has not succeeded for long, or never. */
const MISSED_SECONDS_MAX = 31 * DAY_SECONDS;
/** What is still open after so long waits for somebody, not for the partner. */
const OPEN_SECONDS_MAX = 92 * DAY_SECONDS;

const LAST_SUCCESS = `select max(started_at) as at from job_run where name = $1 and outcome = 'succeeded'`;
const OPEN_DAYS = `
select distinct partner_id as "partnerId", day::text as day
  from work_item where resolved_at is null and opened_at > $1 order by 1, 2`;

/**
 * Each night the day before, of each partner's own calendar; with it the days that an earlier night could not judge yet:
 * those whose acknowledgements were not due, those missed, and those about which something is still open.
 */
export function createReconciliationJob({
  db,
  directory,
}: {
  readonly db: Database;
  readonly directory: Partners;
}): Job {
  return {
    name: NAME,
    schedule: '0 4 * * *',
    timeZone: 'Asia/Almaty',
    describe: 'Compares what was sent, what partners acknowledged and what they report, and opens work items.',
    leaseSeconds: 300,
    async run({ now }) {
      const partners = directory.partners();
      const since = await lastSuccess(db, now);
      const recent = partners.flatMap((each) => daysSince(each, since, now));
      const days = distinct([...recent, ...(await openDays(db, partners, now))]);
      return { partners: partners.length, days: days.length, ...(await reconcile(db, days, now)) };
    },
  };
}

async function lastSuccess(db: Queryable, now: Date): Promise<Date> {
  const earliest = new Date(now.getTime() - MISSED_SECONDS_MAX * SECOND_MS);
  const { rows } = await db.query<{ at: Date | null }>(LAST_SUCCESS, [NAME]);
  const at = rows[0]?.at ?? earliest;
  return at > earliest ? at : earliest;
}

/** The days that have ended since, and before them as many as could not be judged then. */
function daysSince(each: PartnerWithPolicy, since: Date, now: Date): PartnerDay[] {
  const { calendar } = each.policy;
  const from = new Date(since.getTime() - lateSeconds(each.policy) * SECOND_MS);
  const days: PartnerDay[] = [];
  let day = dayOf(calendar, from);
  for (let end = boundsOf(calendar, day).to; end <= now; end = boundsOf(calendar, day).to) {
    days.push({ ...each, day });
    day = dayOf(calendar, end);
  }
  return days;
}

function lateSeconds({ acknowledgement, acknowledgeWithinSeconds, dailyReport }: Policy): number {
  return Math.max(acknowledgement === 'message' ? acknowledgeWithinSeconds : 0, dailyReport ? REPORT_LATE_SECONDS : 0);
}

async function openDays(db: Queryable, partners: readonly PartnerWithPolicy[], now: Date): Promise<PartnerDay[]> {
  const known = new Map(partners.map((each) => [each.partner.partnerId, each]));
  const { rows } = await db.query<{ partnerId: string; day: string }>(OPEN_DAYS, [
    new Date(now.getTime() - OPEN_SECONDS_MAX * SECOND_MS),
  ]);
  return rows.flatMap(({ partnerId, day }) => {
    const each = known.get(partnerId);
    return each === undefined ? [] : [{ ...each, day }];
  });
}

function distinct(days: readonly PartnerDay[]): PartnerDay[] {
  return [...new Map(days.map((each) => [`${each.partner.partnerId} ${each.day}`, each])).values()];
}
