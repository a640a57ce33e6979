import type { Queryable } from '../../store/database.ts';

/** A job as its table has it at the start of a hub. */
export interface JobEntry {
  readonly name: string;
  readonly schedule: string;
  readonly timeZone: string;
  readonly nextRun: Date;
}

/** The right to run one job once, as long as nobody has a higher fence. */
export interface Claim {
  readonly name: string;
  readonly fence: number;
  readonly runId: string;
}

export interface JobRun {
  readonly runId: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** lost: its hub stopped or died; the job is due again. */
  readonly outcome: 'running' | 'succeeded' | 'failed' | 'lost';
  /** Null: by the schedule. */
  readonly requestedBy: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface JobState {
  readonly name: string;
  readonly nextRun: Date;
  /** Who has asked for a run that has not begun. */
  readonly requestedBy: string | null;
  readonly running: boolean;
}

// A run that was missed under the old schedule stays due.
const REGISTER_JOBS = `
insert into job (name, schedule, time_zone, next_run)
select name, schedule, time_zone, next_run
  from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) as known (name, schedule, time_zone, next_run)
 order by name
on conflict (name) do update
   set schedule = excluded.schedule, time_zone = excluded.time_zone,
       next_run = case when job.next_run <= $1 then job.next_run else excluded.next_run end
 where (job.schedule, job.time_zone) is distinct from (excluded.schedule, excluded.time_zone)`;

export async function registerJobs(db: Queryable, jobs: readonly JobEntry[], now: Date): Promise<void> {
  await db.query(REGISTER_JOBS, [
    now,
    jobs.map(({ name }) => name),
    jobs.map(({ schedule }) => schedule),
    jobs.map(({ timeZone }) => timeZone),
    jobs.map(({ nextRun }) => nextRun),
  ]);
}

// next_run moves on only when a run has ended, so a lost one leaves its job due. A lease is taken back by its run; one
// that is there and over belongs to a hub that died.
const CLAIM_DUE = `
with known as (
  select * from unnest($2::text[], $3::uuid[], $4::timestamptz[]) as known (name, run_id, lease_until)
), due as (
  select job.name, job.requested_by, known.run_id, known.lease_until
    from job join known using (name)
   where (job.next_run <= $1 or job.requested_by is not null or job.lease_until is not null)
     and (job.lease_until is null or job.lease_until <= $1)
     for update of job skip locked
), claimed as (
  update job set lease_until = due.lease_until, fence = job.fence + 1, requested_by = null
    from due where job.name = due.name
  returning job.name, job.fence, due.requested_by, due.run_id
), lost as (
  update job_run set outcome = 'lost', ended_at = $1
    from claimed where job_run.name = claimed.name and job_run.outcome = 'running'
  returning job_run.name, job_run.requested_by
), begun as (
  insert into job_run (run_id, name, started_at, outcome, requested_by)
  select run_id, name, $1, 'running',
         coalesce(requested_by, (select max(lost.requested_by) from lost where lost.name = claimed.name))
    from claimed
)
select name, fence, run_id as "runId" from claimed`;

export interface ClaimWish {
  readonly name: string;
  readonly runId: string;
  readonly leaseUntil: Date;
}

/** All jobs that are due and that nobody runs; their runs have begun. */
export async function claimDue(db: Queryable, wishes: readonly ClaimWish[], now: Date): Promise<Claim[]> {
  const { rows } = await db.query<Claim>({
    name: 'claim_due_jobs',
    text: CLAIM_DUE,
    values: [
      now,
      wishes.map(({ name }) => name),
      wishes.map(({ runId }) => runId),
      wishes.map(({ leaseUntil }) => leaseUntil),
    ],
  });
  return rows;
}

const PROLONG = `update job set lease_until = $3 where name = $1 and fence = $2 and lease_until is not null`;

/** False when another hub has taken the job over. */
export async function prolong(db: Queryable, { name, fence }: Claim, until: Date): Promise<boolean> {
  const { rowCount } = await db.query(PROLONG, [name, fence, until]);
  return rowCount === 1;
}

const END_RUN = `
with freed as (
  update job set lease_until = null, next_run = $4 where name = $1 and fence = $2 returning name
), forgotten as (
  delete from job_run using freed
   where run_id in (select run_id from job_run where name = $1 order by started_at desc, run_id desc offset $8)
)
update job_run set ended_at = $5, outcome = $6, details = $7 from freed where run_id = $3`;

export interface RunEnd {
  readonly at: Date;
  readonly outcome: 'succeeded' | 'failed';
  readonly details: Readonly<Record<string, unknown>>;
  readonly nextRun: Date;
}

/** False when another hub has taken the job over, and with it the last word on this run. */
export async function endRun(db: Queryable, claim: Claim, end: RunEnd, runsKept: number): Promise<boolean> {
  const { name, fence, runId } = claim;
  const details = JSON.stringify(end.details);
  const values = [name, fence, runId, end.nextRun, end.at, end.outcome, details, runsKept];
  const { rowCount } = await db.query(END_RUN, values);
  return rowCount === 1;
}

const GIVE_BACK = `
with freed as (
  update job set lease_until = null, requested_by = coalesce(job.requested_by, job_run.requested_by)
    from job_run
   where job.name = $1 and job.fence = $2 and job_run.run_id = $3
  returning job.name
)
update job_run set ended_at = $4, outcome = 'lost', details = $5 from freed where run_id = $3`;

/** The run was cut off because its hub stops; another hub, or this one later, begins it again. */
export async function giveBack(
  db: Queryable,
  { name, fence, runId }: Claim,
  details: Readonly<Record<string, unknown>>,
  now: Date,
): Promise<void> {
  await db.query(GIVE_BACK, [name, fence, runId, now, JSON.stringify(details)]);
}

const REQUEST_RUN = `update job set requested_by = $2 where name = $1`;

/** A run that is under way now ends first. False for a job that there is not. */
export async function requestRun(tx: Queryable, name: string, by: string): Promise<boolean> {
  const { rowCount } = await tx.query(REQUEST_RUN, [name, by]);
  return rowCount === 1;
}

const JOB_STATES = `
select name, next_run as "nextRun", requested_by as "requestedBy", coalesce(lease_until > $2, false) as running
  from job where name = any($1)`;

export async function jobStates(db: Queryable, names: readonly string[], now: Date): Promise<JobState[]> {
  const { rows } = await db.query<JobState>(JOB_STATES, [names, now]);
  return rows;
}

const RUN_COLUMNS = `run_id as "runId", name, started_at as "startedAt", ended_at as "endedAt", outcome,
  requested_by as "requestedBy", details`;

const LAST_RUNS = `
select last.* from unnest($1::text[]) as known (name) cross join lateral (
  select ${RUN_COLUMNS} from job_run
   where job_run.name = known.name and outcome <> 'running' order by started_at desc, run_id desc limit 1) as last`;

/** Of each job the last run that has ended, by the job's name. */
export async function lastRuns(db: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, JobRun>> {
  const { rows } = await db.query<JobRun & { readonly name: string }>(LAST_RUNS, [names]);
  return new Map(rows.map(({ name, ...run }) => [name, run]));
}

const RUNS = `select ${RUN_COLUMNS} from job_run where name = $1 order by started_at desc, run_id desc limit $2`;

/** The newest first. */
export async function runsOf(db: Queryable, name: string, limit: number): Promise<JobRun[]> {
  const { rows } = await db.query<JobRun & { readonly name: string }>(RUNS, [name, limit]);
  return rows.map(({ name: _, ...run }) => run);
}
