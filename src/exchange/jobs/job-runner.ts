import { writeAudit } from '../../core/audit/audit.ts';
import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import { storableText } from '../../core/storable.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { createLoop } from '../loop.ts';
import type { Job } from './job.ts';
import { nextRunOf } from './job.ts';
import type { Claim, JobRun } from './job-store.ts';
import {
  claimDue,
  endRun,
  giveBack,
  jobStates,
  lastRuns,
  prolong,
  registerJobs,
  requestRun,
  runsOf,
} from './job-store.ts';

/** What operators see of a job. */
export interface JobView extends Pick<Job, 'name' | 'schedule' | 'timeZone' | 'describe'> {
  readonly nextRun: Date;
  /** Who has asked for a run that has not begun yet. */
  readonly requestedBy: string | null;
  readonly running: boolean;
  /** The last one that has ended. */
  readonly lastRun: JobRun | null;
}

/** An operator who asks for a run. */
export interface Requester {
  readonly bin: string;
  readonly ip: string | null;
}

/**
 * Runs jobs when they are due, each by one of all hubs at a time. A run holds a lease that it prolongs; a hub that dies
 * leaves it to run out, and the job is due again. What was missed while no hub ran is run once.
 */
export interface JobRunner {
  start(): void;
  /** Cuts off what runs; it is due again for whoever runs next. */
  stop(): Promise<void>;
  /** One look; resolves when the runs begun by it have ended, with their number. */
  runDue(): Promise<number>;
  list(): Promise<JobView[]>;
  requestRun(name: string, by: Requester): Promise<void>;
  /** The newest first. */
  runs(name: string, limit: number): Promise<JobRun[]>;
}

export interface JobRunnerDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly jobs: readonly Job[];
  /** Runs of a job kept in its history. */
  readonly runsKept?: number;
}

const SECOND_MS = 1_000;
const POLL_MS = 1_000;
const RUNS_KEPT = 1_000;
/** So many looks at the store may fail before a lease runs out. */
const PROLONGATIONS_PER_LEASE = 4;

export function createJobRunner(deps: JobRunnerDeps): JobRunner {
  const { db, clock, log } = deps;
  const jobs = new Map(deps.jobs.map((job) => [job.name, job]));
  const names = [...jobs.keys()];
  /** With what cuts each of them off. */
  const running = new Map<Promise<void>, AbortController>();
  let stopping = false;
  let registered: Promise<void> | undefined;

  /** Once, and again as long as it fails. */
  function register(): Promise<void> {
    const now = clock.now();
    registered ??= registerJobs(
      db,
      deps.jobs.map((job) => ({ ...job, nextRun: nextRunOf(job, now) })),
      now,
    ).catch((error: unknown) => {
      registered = undefined;
      throw error;
    });
    return registered;
  }

  async function beginDue(): Promise<Promise<void>[]> {
    await register();
    if (stopping) return [];
    const now = clock.now();
    const wishes = deps.jobs.map((job) => ({ name: job.name, runId: newId(now), leaseUntil: leaseEnd(job, now) }));
    const claims = await claimDue(db, wishes, now);
    return claims.flatMap((claim) => {
      const job = jobs.get(claim.name);
      return job === undefined ? [] : [begin(job, claim, now)];
    });
  }

  function begin(job: Job, claim: Claim, now: Date): Promise<void> {
    const cut = new AbortController();
    const run = runClaimed({ ...deps, cut, isStopping: () => stopping }, job, claim, now)
      .catch((error: unknown) => log.error({ err: error, job: job.name }, 'the end of a run could not be noted'))
      .finally(() => running.delete(run));
    running.set(run, cut);
    return run;
  }

  const loop = createLoop({
    name: 'scheduled jobs',
    log,
    busyMs: POLL_MS,
    idleMs: POLL_MS,
    work: async () => (await beginDue()).length > 0,
  });

  function assertKnown(name: string): void {
    if (!jobs.has(name)) throw new TanbaError('exchange.job_unknown', { details: { name } });
  }

  return {
    start: loop.start,
    async stop() {
      stopping = true;
      await loop.stop();
      for (const cut of running.values()) cut.abort();
      await Promise.all(running.keys());
    },
    async runDue() {
      const begun = await beginDue();
      await Promise.all(begun);
      return begun.length;
    },
    async list() {
      await register();
      const states = new Map((await jobStates(db, names, clock.now())).map((state) => [state.name, state]));
      const last = await lastRuns(db, names);
      return deps.jobs.flatMap(({ name, schedule, timeZone, describe }) => {
        const state = states.get(name);
        return state === undefined ? [] : [{ ...state, schedule, timeZone, describe, lastRun: last.get(name) ?? null }];
      });
    },
    async requestRun(name, by) {
      assertKnown(name);
      await register();
      await db.transaction(async (tx) => {
        await requestRun(tx, name, by.bin);
        const { bin, ip } = by;
        await writeAudit(tx, { at: clock.now(), bin, ip, action: 'job.requested', subject: name, details: {} });
      });
    },
    async runs(name, limit) {
      assertKnown(name);
      return await runsOf(db, name, limit);
    },
  };
}

function leaseEnd({ leaseSeconds }: Job, now: Date): Date {
  return new Date(now.getTime() + leaseSeconds * SECOND_MS);
}

interface RunDeps extends JobRunnerDeps {
  readonly cut: AbortController;
  readonly isStopping: () => boolean;
}

type Details = Readonly<Record<string, unknown>>;
type Ended = { readonly outcome: 'succeeded' | 'failed'; readonly details: Details };

async function runClaimed(deps: RunDeps, job: Job, claim: Claim, now: Date): Promise<void> {
  const { db, clock, log } = deps;
  const release = keepLease(deps, job, claim);
  try {
    const { outcome, details } = await runJob(deps, job, claim, now);
    const at = clock.now();
    if (outcome === 'failed' && deps.isStopping()) return await giveBack(db, claim, details, at);
    const end = { at, outcome, details, nextRun: nextRunOf(job, at) };
    const ended = await endRun(db, claim, end, deps.runsKept ?? RUNS_KEPT);
    if (!ended) log.warn({ job: job.name, runId: claim.runId }, 'another hub has taken over a job whose lease ran out');
  } finally {
    await release();
  }
}

async function runJob({ cut, log }: RunDeps, job: Job, claim: Claim, now: Date): Promise<Ended> {
  try {
    const details = await job.run({ now, signal: cut.signal, log: log.child({ job: job.name }) });
    return { outcome: 'succeeded', details };
  } catch (error) {
    if (!cut.signal.aborted) log.error({ err: error, job: job.name, runId: claim.runId }, 'a scheduled job failed');
    const message = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', details: { error: storableText(message) } };
  }
}

/** Cuts the run off when another hub has the job. */
function keepLease({ db, clock, log, cut }: RunDeps, job: Job, claim: Claim): () => Promise<void> {
  let prolonging: Promise<void> = Promise.resolve();
  const timer = setInterval(
    () => {
      prolonging = prolong(db, claim, leaseEnd(job, clock.now())).then(
        (ours) => {
          if (!ours) cut.abort();
        },
        (error: unknown) => log.warn({ err: error, job: job.name }, 'a lease could not be prolonged'),
      );
    },
    (job.leaseSeconds * SECOND_MS) / PROLONGATIONS_PER_LEASE,
  );
  return async () => {
    clearInterval(timer);
    await prolonging;
  };
}
