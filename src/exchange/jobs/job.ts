import { Cron } from 'croner';
import type { Log } from '../../log.ts';

export interface JobContext {
  /** When the run began. */
  readonly now: Date;
  /** The hub stops, or the run has lost its lease to another hub: whatever is not done yet is left to the next run. */
  readonly signal: AbortSignal;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** Work by the clock. May be cut off anywhere and is then run again, so it must be repeatable. */
export interface Job {
  readonly name: string;
  /** Cron, five fields, by the clocks of `timeZone`. */
  readonly schedule: string;
  readonly timeZone: string;
  /** One English sentence for operators. */
  readonly describe: string;
  /** How long a run counts as alive after its hub was heard of last; prolonged while it runs. */
  readonly leaseSeconds: number;
  /** What came of it, kept in the history. */
  run(context: JobContext): Promise<Readonly<Record<string, unknown>>>;
}

/** The first time after `after`. Where clocks are set forward over it, the moment they are. */
export function nextRunOf({ name, schedule, timeZone }: Omit<Job, 'run'>, after: Date): Date {
  const next = new Cron(schedule, { timezone: timeZone, mode: '5-part' }).nextRun(after);
  if (next === null) throw new Error(`the schedule of the job ${name} has no time to come: ${schedule}`);
  return next;
}
