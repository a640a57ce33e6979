import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Queryable, Transaction } from '../../store/database.ts';
import type { CodeStatus } from './transitions.ts';
import { PACKAGE_LEVELS_MAX } from './transitions.ts';

/**
 * A document's codes on their way into the store: a table of the session, outside the log, emptied at commit.
 * `line` is the place in the document (0-based), `parent` the package at the moment of the effect.
 * (On Citus this table is the one to distribute by cis.)
 */
const CREATE_STAGING = `
create temporary table if not exists staged_code (
  line integer not null, level smallint not null default 0, cis text collate "C" not null, parent text collate "C"
) on commit delete rows;
create temporary table if not exists staged_path (
  start text collate "C" not null, at text collate "C" not null, depth smallint not null
) on commit delete rows;
create temporary table if not exists staged_package (
  start text collate "C" primary key, root text collate "C" not null, ver integer not null, owner text,
  hold code_hold not null,
  terminal_status code_status, terminal_reason text
) on commit delete rows`;

/** Documents above this many codes are analysed after loading, so that joins are planned for their size. */
const ANALYSE_ABOVE = 2_000;
const COPY_CHUNK_BYTES = 262_144;

export interface StagedLine {
  readonly line: number;
  readonly cis: string;
}

export async function createStaging(tx: Transaction): Promise<void> {
  await tx.query('set local client_min_messages = warning');
  await tx.query(CREATE_STAGING);
}

/** Loads the lines by COPY; nothing is kept in memory beyond one chunk. Answers how many there were. */
export async function loadStaging(
  tx: Transaction,
  lines: AsyncIterable<StagedLine> | Iterable<StagedLine>,
): Promise<number> {
  let count = 0;
  async function* rows(): AsyncGenerator<string> {
    let chunk = '';
    for await (const { line, cis } of lines) {
      // CSET 82 has no backslash, tab or newline: nothing to escape in COPY's text format.
      chunk += `${line}\t${cis}\n`;
      count += 1;
      if (chunk.length >= COPY_CHUNK_BYTES) {
        yield chunk;
        chunk = '';
      }
    }
    if (chunk !== '') yield chunk;
  }
  await pipeline(Readable.from(rows()), tx.query(copyFrom('copy staged_code (line, cis) from stdin')));
  if (count > ANALYSE_ABOVE) await tx.query('analyze staged_code');
  return count;
}

const STAGED_GTINS = `select distinct substr(cis, 3, 14) as gtin from staged_code where cis >= '01' limit $1`;

/** Of which goods the staged units are, at most so many. */
export async function stagedGtins(tx: Transaction, limit: number): Promise<string[]> {
  const { rows } = await tx.query<{ gtin: string }>(STAGED_GTINS, [limit]);
  return rows.map(({ gtin }) => gtin);
}

const ADD_CONTENT_OF_LEVEL = `
insert into staged_code (line, level, cis)
select staged_code.line, staged_code.level + 1, code.cis
  from staged_code join code on code.parent = staged_code.cis
 where staged_code.level = $1 and staged_code.cis < '01' and code.status <> $2`;

/**
 * Adds what is inside the staged packages and not yet in the given status, level by level: a report on a package is one
 * on its units (order 44-н/қ, p.50), and units reported one by one before do not stand in the package's way.
 */
export async function addPackageContent(tx: Transaction, except: CodeStatus): Promise<number> {
  let added = 0;
  for (let level = 0; level < PACKAGE_LEVELS_MAX; level++) {
    const { rowCount } = await tx.query(ADD_CONTENT_OF_LEVEL, [level, except]);
    if (rowCount === null || rowCount === 0) break;
    added += rowCount;
    if (rowCount > ANALYSE_ABOVE) await tx.query('analyze staged_code');
  }
  return added;
}

const START_PATHS = `
insert into staged_path (start, at, depth)
select distinct code.parent, code.parent, 1
  from staged_code join code on code.cis = staged_code.cis
 where code.parent is not null`;

const EXTEND_PATHS = `
insert into staged_path (start, at, depth)
select staged_path.start, code.parent, staged_path.depth + 1
  from staged_path join code on code.cis = staged_path.at
 where staged_path.depth = $1 and code.parent is not null`;

const PACKAGES_ON_PATHS = `
select at, bool_or(staged) as staged
  from (select at, false as staged from staged_path
        union all
        select cis, true from staged_code where cis < '01') as package
 group by at`;

export interface PackagesMet {
  /** Every package above a staged code, and every staged package. */
  readonly packages: readonly string[];
  /** Whether some of them are staged themselves, and so about to be changed. */
  readonly anyStaged: boolean;
}

/** Walks up from the staged codes, one level a statement. */
export async function walkUp(tx: Transaction): Promise<PackagesMet> {
  await tx.query('delete from staged_path');
  let { rowCount } = await tx.query(START_PATHS);
  for (let depth = 1; depth < PACKAGE_LEVELS_MAX && rowCount !== null && rowCount > 0; depth++) {
    ({ rowCount } = await tx.query(EXTEND_PATHS, [depth]));
  }
  const { rows } = await tx.query<{ at: string; staged: boolean }>(PACKAGES_ON_PATHS);
  return { packages: rows.map(({ at }) => at), anyStaged: rows.some(({ staged }) => staged) };
}

// A terminal status wins, the outermost first; owner and hold are the outermost package's; blocked anywhere blocks.
const SUM_UP_PATHS = `
insert into staged_package (start, root, ver, owner, hold, terminal_status, terminal_reason)
select staged_path.start,
       max(code.cis) filter (where code.parent is null),
       max(code.ver) filter (where staged_path.depth = 1),
       max(code.owner) filter (where code.parent is null),
       case when bool_or(code.hold = 'blocked') then 'blocked'
            else max(code.hold) filter (where code.parent is null) end,
       (array_agg(code.status order by staged_path.depth desc)
          filter (where code.status in ('withdrawn', 'written_off')))[1],
       (array_agg(code.reason order by staged_path.depth desc)
          filter (where code.status in ('withdrawn', 'written_off')))[1]
  from staged_path join code on code.cis = staged_path.at
 group by staged_path.start`;

const NOTE_PARENTS = `
update staged_code set parent = code.parent
  from code where code.cis = staged_code.cis and code.parent is not null`;

/** Under locks: notes each staged code's package and what the packages above make of it. */
export async function sumUpPackages(tx: Transaction): Promise<void> {
  await tx.query(NOTE_PARENTS);
  await tx.query('delete from staged_package');
  await tx.query(SUM_UP_PATHS);
}

// The count comes from the locked rows, which are the newest versions whatever the statement's snapshot saw.
const LOCK_STAGED = `
with locked as materialized (
  select code.parent is not null as packed
    from staged_code join code on code.cis = staged_code.cis
   order by code.cis
     for no key update of code
)
select count(*)::integer as found, count(*) filter (where packed)::integer as packed from locked`;

/** Locks the staged codes in cis order, waiting. */
export async function lockStaged(tx: Transaction): Promise<{ found: number; packed: number }> {
  const { rows } = await tx.query<{ found: number; packed: number }>(LOCK_STAGED);
  return rows[0] ?? { found: 0, packed: 0 };
}

const COUNT_STAGED = `
select count(*)::integer as found, (count(*) filter (where code.parent is not null))::integer as packed
  from staged_code join code on code.cis = staged_code.cis`;

/** How many staged codes there are in the store, and how many of them in packages; without locks. */
export async function countStaged(tx: Transaction): Promise<{ found: number; packed: number }> {
  const { rows } = await tx.query<{ found: number; packed: number }>(COUNT_STAGED);
  return rows[0] ?? { found: 0, packed: 0 };
}

const FIND_REPEATED = `
select line, cis from (
  select line, cis, row_number() over (partition by cis order by level, line) as occurrence from staged_code
) as numbered where occurrence > 1 order by line limit $1`;

/** Lines that name a code again. */
export async function findRepeated(tx: Queryable, limit: number): Promise<StagedLine[]> {
  return (await tx.query<{ line: number; cis: string }>(FIND_REPEATED, [limit])).rows;
}

const FIND_MISSING = `
select line, cis from staged_code
 where not exists (select 1 from code where code.cis = staged_code.cis) order by line limit $1`;

/** Lines whose code is not in the store. */
export async function findMissing(tx: Queryable, limit: number): Promise<StagedLine[]> {
  return (await tx.query<{ line: number; cis: string }>(FIND_MISSING, [limit])).rows;
}
