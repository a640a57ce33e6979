import type { Database, Queryable } from '../../store/database.ts';
import { sqlState } from '../../store/database.ts';

/** What became of the old day partitions of the outbox. */
export interface OutboxDays {
  readonly dropped: readonly string[];
  /** Something in them has not been sent: they stay, and somebody should look why. */
  readonly unsent: readonly string[];
  /** In use for too long at this time; the next run tries again. */
  readonly busy: readonly string[];
}

const DAY_MS = 86_400_000;
/** Detaching needs the outbox for itself, and everybody who writes waits behind: not for long. */
const LOCK_TIMEOUT_MS = 1_000;
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

// The lock of src/store/partitions.ts: whoever makes partitions locks the default one first, we the table.
const LOCK_PARTITIONING = `select pg_advisory_xact_lock(hashtextextended('tanba:partitions', 0))`;
const OUTBOX_PARTITIONS = `
select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid
 where inhparent = 'outbox'::regclass order by 1`;

class Unsent extends Error {}

/** Drops the days that ended more than `keptDays` ago, one transaction each. */
export async function dropOutboxDays(
  db: Database,
  keptDays: number,
  now: Date,
  signal: AbortSignal,
): Promise<OutboxDays> {
  const days = { dropped: [] as string[], unsent: [] as string[], busy: [] as string[] };
  const { rows } = await db.query<{ name: string }>(OUTBOX_PARTITIONS);
  for (const { name } of rows) {
    if (!endedBefore(name, now.getTime() - keptDays * DAY_MS)) continue;
    signal.throwIfAborted();
    days[await dropDay(db, name)].push(name);
  }
  return days;
}

/** Partitions have their days of UTC in their names: outbox_2026_11_24. */
function endedBefore(partition: string, time: number): boolean {
  const [, year, month, day] = /^outbox_([0-9]{4})_([0-9]{2})_([0-9]{2})$/.exec(partition) ?? [];
  return year !== undefined && Date.UTC(Number(year), Number(month) - 1, Number(day) + 1) <= time;
}

async function dropDay(db: Database, name: string): Promise<keyof OutboxDays> {
  if (await hasUnsent(db, name)) return 'unsent';
  try {
    await db.transaction(
      async (tx) => {
        await tx.query(LOCK_PARTITIONING);
        await tx.query(`alter table outbox detach partition ${name}`);
        // Only now nobody can write to it any more.
        if (await hasUnsent(tx, name)) throw new Unsent();
        await tx.query(`drop table ${name}`);
      },
      { lockTimeoutMs: LOCK_TIMEOUT_MS },
    );
    return 'dropped';
  } catch (error) {
    if (error instanceof Unsent) return 'unsent';
    if ([LOCK_NOT_AVAILABLE, DEADLOCK].includes(sqlState(error) ?? '')) return 'busy';
    throw error;
  }
}

async function hasUnsent(db: Queryable, partition: string): Promise<boolean> {
  const { rows } = await db.query<{ unsent: boolean }>(
    `select exists (select from ${partition} where sent_at is null) as unsent`,
  );
  return rows[0]?.unsent === true;
}
