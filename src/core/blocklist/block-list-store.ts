import { createHash } from 'node:crypto';
import type { Queryable, Transaction } from '../../store/database.ts';
import { PACKAGE_LEVELS_MAX } from '../lifecycle/transitions.ts';

export interface ListHead {
  readonly sequence: number;
  readonly kind: 'base' | 'delta';
  readonly previous: number | null;
  readonly issuedAt: Date;
  readonly validUntil: Date;
  readonly codes: number;
  readonly changes: number;
  /** SHA-256. */
  readonly digest: Buffer;
  readonly bytes: number;
}

const HEAD_COLUMNS = `
sequence, kind, previous, issued_at as "issuedAt", valid_until as "validUntil", codes, changes, digest, bytes`;

const CURRENT_LISTS = `
select ${HEAD_COLUMNS} from block_list
 where sequence >= (select max(sequence) from block_list where kind = 'base') order by sequence`;

/** The newest base, and the deltas behind it in their order; empty before the first. */
export async function currentLists(db: Queryable): Promise<readonly ListHead[]> {
  return (await db.query<ListHead>(CURRENT_LISTS)).rows;
}

// One at a time over all hubs; the second finds what the first has published.
const TAKE_TURN = `select pg_advisory_xact_lock(hashtextextended('tanba:block-list', 0))`;

const COLLECT = [
  `create temporary table blocked_now (cis text collate "C" primary key, named boolean not null, level integer not null)
     on commit drop`,
  `insert into blocked_now select cis, true, 0 from code where hold = 'blocked'`,
];

// Everything in a blocked package is blocked: one level a statement.
const COLLECT_CONTENT = `
insert into blocked_now
select code.cis, false, $1 from blocked_now above join code on code.parent = above.cis
 where above.level = $1 - 1 on conflict (cis) do nothing`;

const CHANGES = `
select coalesce(n.cis, p.cis) as cis, n.cis is null as removed, coalesce(n.named, false) as named
  from blocked_now n full join block_list_code p on p.cis = n.cis
 where n.cis is null or p.cis is null or n.named <> p.named
 order by 1 limit $1`;

const COUNT_BLOCKED = `select count(*)::integer as codes from blocked_now`;

export interface Change {
  readonly cis: string;
  readonly removed: boolean;
  /** Blocked itself. */
  readonly named: boolean;
}

/** What is blocked now, in a table of the transaction, and how it differs from the newest list: at most `limit`. */
export async function collectBlocked(
  tx: Transaction,
  limit: number,
): Promise<{ codes: number; changes: readonly Change[] }> {
  await tx.query(TAKE_TURN);
  for (const statement of COLLECT) await tx.query(statement);
  for (let level = 1; level <= PACKAGE_LEVELS_MAX; level++) {
    const { rowCount } = await tx.query(COLLECT_CONTENT, [level]);
    if (rowCount === 0) break;
  }
  await tx.query('analyze blocked_now');
  const { rows } = await tx.query<{ codes: number }>(COUNT_BLOCKED);
  const changes = await tx.query<Change>(CHANGES, [limit]);
  return { codes: rows[0]?.codes ?? 0, changes: changes.rows };
}

const BLOCKED_BEHIND = `select cis from blocked_now where cis > $1 order by cis limit $2`;
const NAMED = `select cis from blocked_now where named order by cis limit $1`;
const PAGE = 50_000;

/** All that is blocked now, page by page. */
export async function* blockedPages(tx: Transaction): AsyncGenerator<readonly string[]> {
  for (let after = ''; ; ) {
    const { rows } = await tx.query<{ cis: string }>(BLOCKED_BEHIND, [after, PAGE]);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ cis }) => cis);
    after = last.cis;
  }
}

/** Null: more than `limit`. */
export async function namedCodes(tx: Transaction, limit: number): Promise<readonly string[] | null> {
  const { rows } = await tx.query<{ cis: string }>(NAMED, [limit + 1]);
  return rows.length > limit ? null : rows.map(({ cis }) => cis);
}

const INSERT_LIST = `
insert into block_list (sequence, kind, previous, issued_at, valid_until, codes, changes, digest, bytes)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
const INSERT_PARTS = `
insert into block_list_part (sequence, part_no, body) select $1, * from unnest($2::integer[], $3::bytea[])`;
const REMEMBER = [
  `delete from block_list_code p where not exists (select from blocked_now n where n.cis = p.cis)`,
  `insert into block_list_code select cis, named from blocked_now
     on conflict (cis) do update set named = excluded.named where block_list_code.named <> excluded.named`,
];
// Whoever began to load a list before its successor came can end it.
const FORGET_OLD = `
delete from block_list where sequence < (
  select max(sequence) from block_list where kind = 'base' and sequence < (
    select max(sequence) from block_list where kind = 'base'))`;

const PART_BYTES = 1_048_576;

export async function keepList(
  tx: Transaction,
  { sequence, kind, previous, issuedAt, validUntil, codes, changes }: Omit<ListHead, 'digest' | 'bytes'>,
  file: Buffer,
): Promise<void> {
  const digest = createHash('sha256').update(file).digest();
  await tx.query(INSERT_LIST, [sequence, kind, previous, issuedAt, validUntil, codes, changes, digest, file.length]);
  const count = Math.ceil(file.length / PART_BYTES);
  const parts = Array.from({ length: count }, (_, index) =>
    file.subarray(index * PART_BYTES, (index + 1) * PART_BYTES),
  );
  await tx.query(INSERT_PARTS, [sequence, parts.map((_, index) => index), parts]);
  for (const statement of REMEMBER) await tx.query(statement);
  await tx.query(FORGET_OLD);
}

const FIND_LIST = `select ${HEAD_COLUMNS} from block_list where sequence = $1`;
const READ_PART = `select body from block_list_part where sequence = $1 and part_no = $2`;

export async function findList(db: Queryable, sequence: number): Promise<ListHead | null> {
  return (await db.query<ListHead>(FIND_LIST, [sequence])).rows[0] ?? null;
}

export async function* listParts(db: Queryable, sequence: number): AsyncGenerator<Buffer> {
  for (let partNo = 0; ; partNo++) {
    const { rows } = await db.query<{ body: Buffer }>(READ_PART, [sequence, partNo]);
    const [part] = rows;
    if (part === undefined) return;
    yield part.body;
  }
}
