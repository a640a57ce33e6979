import type { Database, Queryable, Transaction } from './database.ts';

type Period = 'month' | 'day';

interface PartitionedTable {
  readonly table: string;
  readonly key: string;
  readonly period: Period;
  /** Periods around the present one that have a partition of their own; the default partition takes the rest. */
  readonly from: number;
  readonly to: number;
  readonly fillfactor: number;
}

const PARTITIONED_TABLES: readonly PartitionedTable[] = [
  { table: 'code_history', key: 'recorded_at', period: 'month', from: -1, to: 3, fillfactor: 100 },
  { table: 'receipt', key: 'at', period: 'month', from: -3, to: 3, fillfactor: 100 },
  { table: 'receipt_anomaly', key: 'recorded_at', period: 'month', from: -1, to: 3, fillfactor: 100 },
  { table: 'register_document', key: 'received_at', period: 'month', from: -1, to: 3, fillfactor: 100 },
  { table: 'message', key: 'created_at', period: 'month', from: -1, to: 3, fillfactor: 100 },
  { table: 'message_key', key: 'created_at', period: 'month', from: -1, to: 3, fillfactor: 100 },
  { table: 'attempt', key: 'started_at', period: 'month', from: -1, to: 3, fillfactor: 100 },
  // 70: a sent message is updated once, in its own page.
  { table: 'outbox', key: 'created_at', period: 'day', from: 0, to: 7, fillfactor: 70 },
];

interface Partition {
  readonly name: string;
  readonly start: Date;
  readonly end: Date;
}

// Attaching needs the default partition for itself; a long query on it must not hold up everybody who waits behind.
const LOCK_TIMEOUT_MS = 5_000;
// Moving what a hub that stood still for long left in the default partition.
const STATEMENT_TIMEOUT_MS = 300_000;

const LOCK_PARTITIONING = `select pg_advisory_xact_lock(hashtextextended('tanba:partitions', 0))`;
const PARTITIONS_OF = `
select child.relname as name
  from pg_inherits join pg_class child on child.oid = inhrelid
 where inhparent = $1::regclass`;

/**
 * Makes the partitions of the periods around `now` that do not exist yet. Repeatable, and safe from several hubs at
 * once. Rows that had to go to the default partition in the meantime are moved to their own.
 */
export async function ensurePartitions(db: Database, now: Date): Promise<void> {
  for (const spec of PARTITIONED_TABLES) {
    const existing = await existingPartitions(db, spec.table);
    for (const partition of wantedPartitions(spec, now)) {
      if (existing.has(partition.name)) continue;
      // One transaction each, so that the default partition is never locked for long.
      await db.transaction((tx) => createPartition(tx, spec, partition), {
        lockTimeoutMs: LOCK_TIMEOUT_MS,
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      });
    }
  }
}

async function existingPartitions(db: Queryable, table: string): Promise<Set<string>> {
  const { rows } = await db.query<{ name: string }>(PARTITIONS_OF, [table]);
  return new Set(rows.map(({ name }) => name));
}

function wantedPartitions(spec: PartitionedTable, now: Date): Partition[] {
  const partitions: Partition[] = [];
  for (let offset = spec.from; offset <= spec.to; offset += 1) {
    const start = periodStart(spec.period, now, offset);
    const suffix = start.toISOString().slice(0, spec.period === 'month' ? 7 : 10);
    const name = `${spec.table}_${suffix.replaceAll('-', '_')}`;
    partitions.push({ name, start, end: periodStart(spec.period, now, offset + 1) });
  }
  return partitions;
}

/** UTC, whatever the server's time zone: bounds must be the same from every hub. */
function periodStart(period: Period, now: Date, offset: number): Date {
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth();
  return new Date(
    period === 'month' ? Date.UTC(year, month + offset, 1) : Date.UTC(year, month, now.getUTCDate() + offset),
  );
}

// Made aside and attached: CREATE TABLE … PARTITION OF would lock the whole table against its writers.
async function createPartition(tx: Transaction, spec: PartitionedTable, partition: Partition): Promise<void> {
  const { table, key } = spec;
  const { name, start, end } = partition;
  await tx.query(LOCK_PARTITIONING);
  if ((await existingPartitions(tx, table)).has(name)) return;
  await tx.query(`lock table ${table}_default in access exclusive mode`);
  await tx.query(`create table ${name} (like ${table} including all) with (fillfactor = ${spec.fillfactor})`);
  await tx.query(
    `with moved as (delete from ${table}_default where ${key} >= $1 and ${key} < $2 returning *)
     insert into ${name} select * from moved`,
    [start, end],
  );
  await tx.query(
    `alter table ${table} attach partition ${name}
       for values from ('${start.toISOString()}') to ('${end.toISOString()}')`,
  );
}
