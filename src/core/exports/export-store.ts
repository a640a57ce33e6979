import type { Role } from '../../access/permissions.ts';
import type { Queryable, Transaction } from '../../store/database.ts';
import type { ErrorDetails, Language } from '../errors.ts';
import type { ExportFormat, ExportList } from './columns.ts';

export type ExportStatus = 'waiting' | 'running' | 'ready' | 'failed' | 'expired';

export interface ExportTask {
  readonly exportId: string;
  readonly list: ExportList;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly format: ExportFormat;
  readonly language: Language;
  readonly status: ExportStatus;
  readonly reason: string | null;
  readonly reasonDetails: ErrorDetails | null;
  readonly rows: number;
  readonly total: number | null;
  readonly parts: number;
  /** Of the file; text, as PostgreSQL gives 64-bit numbers. */
  readonly bytes: string;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  readonly expiresAt: Date | null;
}

// A file past its time is gone for its reader, whether or not it has been removed yet.
const COLUMNS = `
export_id as "exportId", list, filter, format, language,
case when status = 'ready' and expires_at <= $1 then 'expired' else status end as status, reason,
reason_details as "reasonDetails", rows, total, parts, bytes, created_at as "createdAt", completed_at as "completedAt",
expires_at as "expiresAt"`;

// Two requests of one participant at once would both find room for the last.
const LOCK_PARTICIPANT = `select pg_advisory_xact_lock(hashtextextended('exports ' || $1, 0))`;
const COUNT_KEPT = `
select count(*)::integer as count from export_task
 where bin = $1 and (status in ('waiting', 'running') or (status = 'ready' and expires_at > $2))`;

/** How many exports the participant has that wait, run or can be fetched; no other is made until the transaction ends. */
export async function lockAndCount(tx: Transaction, bin: string, now: Date): Promise<number> {
  await tx.query(LOCK_PARTICIPANT, [bin]);
  const { rows } = await tx.query<{ count: number }>(COUNT_KEPT, [bin, now]);
  return rows[0]?.count ?? 0;
}

export interface NewExport extends Pick<ExportTask, 'exportId' | 'list' | 'filter' | 'format' | 'language'> {
  readonly bin: string;
  readonly ip: string;
}

const INSERT_TASK = `
insert into export_task (export_id, bin, ip, list, filter, format, language, status, created_at)
values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8)`;

export async function insertTask(tx: Transaction, task: NewExport, now: Date): Promise<void> {
  const { exportId, bin, ip, list, filter, format, language } = task;
  await tx.query(INSERT_TASK, [exportId, bin, ip, list, JSON.stringify(filter), format, language, now]);
}

const FIND_TASK = `select ${COLUMNS} from export_task where export_id = $2 and bin = $3`;
const LIST_TASKS = `
select ${COLUMNS} from export_task
 where bin = $2 and ($3::uuid is null or export_id < $3) order by export_id desc limit $4`;

export async function findTask(db: Queryable, exportId: string, bin: string, now: Date): Promise<ExportTask | null> {
  return (await db.query<ExportTask>(FIND_TASK, [now, exportId, bin])).rows[0] ?? null;
}

export async function listTasks(
  db: Queryable,
  bin: string,
  { after, limit }: { readonly after: string | null; readonly limit: number },
  now: Date,
): Promise<ExportTask[]> {
  return (await db.query<ExportTask>(LIST_TASKS, [now, bin, after, limit])).rows;
}

const LOCK_TASK = `select from export_task where export_id = $1 and bin = $2 for update`;
const DELETE_PARTS = `delete from export_part where export_id = $1`;
const DELETE_TASK = `delete from export_task where export_id = $1`;

/** False when there is none of this participant's. A worker that is at it notices with its next page. */
export async function deleteTask(tx: Transaction, exportId: string, bin: string): Promise<boolean> {
  // First the lock: a worker in the middle of a page ends it before.
  if ((await tx.query(LOCK_TASK, [exportId, bin])).rowCount === 0) return false;
  await tx.query(DELETE_PARTS, [exportId]);
  await tx.query(DELETE_TASK, [exportId]);
  return true;
}

const READ_PART = `select body from export_part where export_id = $1 and part_no = $2`;

/** The file, part by part. Breaks off with an error when it is removed meanwhile, never short without a word. */
export async function* readParts(db: Queryable, { exportId, parts }: ExportTask): AsyncGenerator<Buffer> {
  for (let partNo = 0; partNo < parts; partNo++) {
    const { rows } = await db.query<{ body: Buffer }>(READ_PART, [exportId, partNo]);
    const part = rows[0];
    if (part === undefined) throw new Error(`part ${partNo} of export ${exportId} is gone`);
    yield part.body;
  }
}

/** The right to write one export, as long as nobody has a higher fence. */
export interface ExportClaim extends Pick<ExportTask, 'exportId' | 'list' | 'filter' | 'format' | 'language'> {
  readonly bin: string;
  readonly ip: string;
  readonly role: Role;
  readonly fence: number;
  readonly attempts: number;
}

// Whoever was served longest ago goes first, so that one with many exports does not keep the others waiting. What a
// worker had written before it died is removed: its file begins anew.
const CLAIM = `
with next as (
  select export_id from export_task open
   where status in ('waiting', 'running') and (lease_until is null or lease_until <= $1)
   order by (select max(served.started_at) from export_task served where served.bin = open.bin) nulls first, export_id
   limit 1
     for update skip locked
), cleared as (
  delete from export_part using next where export_part.export_id = next.export_id
)
update export_task
   set status = 'running', lease_until = $2, fence = fence + 1, attempts = attempts + 1, started_at = $1,
       rows = 0, total = null, parts = 0, bytes = 0
  from next, participant
 where export_task.export_id = next.export_id and participant.bin = export_task.bin
returning export_task.export_id as "exportId", export_task.bin, host(ip) as ip, role, list, filter, format, language,
          fence, attempts`;

export async function claimTask(db: Queryable, now: Date, leaseUntil: Date): Promise<ExportClaim | null> {
  return (await db.query<ExportClaim>(CLAIM, [now, leaseUntil])).rows[0] ?? null;
}

const PROLONG = `update export_task set lease_until = $3 where export_id = $1 and fence = $2 and status = 'running'`;

/** False when the export is another's by now, or was deleted. */
export async function prolongLease(db: Queryable, { exportId, fence }: ExportClaim, until: Date): Promise<boolean> {
  return (await db.query(PROLONG, [exportId, fence, until])).rowCount === 1;
}

export interface Progress {
  readonly rows: number;
  readonly total: number | null;
  readonly leaseUntil: Date;
  /** New parts of the file, behind those written before. */
  readonly parts: readonly Buffer[];
}

const NOTE_PROGRESS = `
update export_task set rows = $3, total = $4, lease_until = $5, parts = parts + $6, bytes = bytes + $7
 where export_id = $1 and fence = $2 and status = 'running'
returning parts - $6 as "firstPart"`;
const INSERT_PARTS = `
insert into export_part (export_id, part_no, body)
select $1, $2::integer + place - 1, body from unnest($3::bytea[]) with ordinality as part(body, place)`;

/** False when the export is another's by now, or was deleted: nothing was written then. */
export async function noteProgress(tx: Transaction, claim: ExportClaim, progress: Progress): Promise<boolean> {
  const { rows: count, total, leaseUntil, parts } = progress;
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const values = [claim.exportId, claim.fence, count, total, leaseUntil, parts.length, bytes];
  const { rows } = await tx.query<{ firstPart: number }>(NOTE_PROGRESS, values);
  const row = rows[0];
  if (row === undefined) return false;
  if (parts.length > 0) await tx.query(INSERT_PARTS, [claim.exportId, row.firstPart, parts]);
  return true;
}

const FINISH = `
update export_task
   set status = $3, reason = $4, reason_details = $5, completed_at = $6, expires_at = $7, lease_until = null
 where export_id = $1 and fence = $2 and status = 'running'`;
const DELETE_PARTS_OF_FAILED = `
delete from export_part where export_id in (select export_id from export_task where export_id = $1 and status = 'failed')`;

export interface Finish {
  readonly status: 'ready' | 'failed';
  readonly reason: string | null;
  readonly details: ErrorDetails | null;
  readonly at: Date;
  readonly expiresAt: Date;
}

export async function finishTask(tx: Transaction, claim: ExportClaim, finish: Finish): Promise<boolean> {
  const { status, reason, details, at, expiresAt } = finish;
  const told = details === null ? null : JSON.stringify(details);
  const { rowCount } = await tx.query(FINISH, [claim.exportId, claim.fence, status, reason, told, at, expiresAt]);
  if (status === 'failed') await tx.query(DELETE_PARTS_OF_FAILED, [claim.exportId]);
  return rowCount === 1;
}

const GIVE_BACK = `
update export_task set status = 'waiting', lease_until = null, attempts = attempts - $3
 where export_id = $1 and fence = $2 and status = 'running'`;

/** Another worker, or this one later, begins it again. */
export async function giveBack(db: Queryable, claim: ExportClaim, forgiven: boolean): Promise<void> {
  await db.query(GIVE_BACK, [claim.exportId, claim.fence, forgiven ? 1 : 0]);
}

// A few at a time: a file has up to some hundred parts.
const EXPIRE_SOME = `
with over as (
  select export_id from export_task where status = 'ready' and expires_at <= $1 order by expires_at limit $2
     for update skip locked
), removed as (
  delete from export_part using over where export_part.export_id = over.export_id
)
update export_task set status = 'expired', parts = 0 from over where export_task.export_id = over.export_id`;
const FORGET_TASKS = `delete from export_task where status in ('failed', 'expired') and expires_at <= $1`;

export async function expireSome(db: Queryable, now: Date, limit: number): Promise<number> {
  return (await db.query(EXPIRE_SOME, [now, limit])).rowCount ?? 0;
}

/** Exports whose file is gone for long, or that had none. */
export async function forgetTasks(db: Queryable, before: Date): Promise<number> {
  return (await db.query(FORGET_TASKS, [before])).rowCount ?? 0;
}
