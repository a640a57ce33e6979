import type { Queryable } from '../../store/database.ts';
import type { CodeRow } from './effective-state.ts';
import type { CodeHold, CodeStatus, CodeType } from './transitions.ts';
import { PACKAGE_LEVELS_MAX } from './transitions.ts';

const COLUMNS = `code.cis, code.line_id as "lineId", code.ver, code.type, code.status, code.hold, code.owner, code.parent,
  code.reason, code.applied_by as "appliedBy", code.introduced_by as "introducedBy"`;

// Inner unnest JOIN: one index probe per key with run-time partition pruning (= any probes every partition for every key).
const READ_CODES = `select ${COLUMNS} from unnest($1::text[]) as wanted(cis) join code on code.cis = wanted.cis collate "C"`;

const LOCK_CODES_OR_SKIP = `${READ_CODES} order by code.cis for no key update of code skip locked`;
const LOCK_CODES_OR_WAIT = `${READ_CODES} order by code.cis for no key update of code`;
const SHARE_CODES_OR_SKIP = `${READ_CODES} order by code.cis for share of code skip locked`;
const SHARE_CODES_OR_WAIT = `${READ_CODES} order by code.cis for share of code`;

/** The arrays that drivers give for enum columns are text: the row type is what the schema's enums say. */
interface RawCodeRow {
  cis: string;
  lineId: string | null;
  ver: number;
  type: CodeType;
  status: CodeStatus;
  hold: CodeHold;
  owner: string | null;
  parent: string | null;
  reason: string | null;
  appliedBy: string | null;
  introducedBy: string | null;
}

export type CodeRows = ReadonlyMap<string, CodeRow>;

/** Reads without locks. Codes that do not exist are absent from the answer. */
export async function readCodes(db: Queryable, cises: readonly string[]): Promise<CodeRows> {
  return run(db, 'read_codes', READ_CODES, cises);
}

export type LockStrength = 'change' | 'share';

/**
 * Locks in cis order, waiting for whoever holds a row. Everything that waits locks in this order, packages ("00…")
 * before units ("01…"), which is why opposite batches do not deadlock (unsorted: 14 % of batches did).
 */
export async function lockCodes(tx: Queryable, cises: readonly string[], strength: LockStrength): Promise<CodeRows> {
  return strength === 'change'
    ? run(tx, 'lock_codes_or_wait', LOCK_CODES_OR_WAIT, cises)
    : run(tx, 'share_codes_or_wait', SHARE_CODES_OR_WAIT, cises);
}

/**
 * Locks what can be had at once and leaves out the rest: never waits, so it cannot be part of a deadlock whatever the
 * order of its calls. A row that it answers is the newest version and stays so until the transaction ends.
 */
export async function lockCodesOrSkip(
  tx: Queryable,
  cises: readonly string[],
  strength: LockStrength,
): Promise<CodeRows> {
  return strength === 'change'
    ? run(tx, 'lock_codes_or_skip', LOCK_CODES_OR_SKIP, cises)
    : run(tx, 'share_codes_or_skip', SHARE_CODES_OR_SKIP, cises);
}

/**
 * All packages above the given codes, one level a statement (at most five), by `read`: `readCodes`, or a locking read.
 * A package that `read` leaves out (skipped, because somebody holds it) ends its path.
 */
export async function readPackagesAbove(
  codes: CodeRows,
  read: (cises: readonly string[]) => Promise<CodeRows>,
): Promise<Map<string, CodeRow>> {
  const packages = new Map<string, CodeRow>();
  let level: CodeRows = codes;
  for (let depth = 0; depth < PACKAGE_LEVELS_MAX; depth++) {
    const parents = new Set<string>();
    for (const row of level.values()) {
      if (row.parent !== null && !packages.has(row.parent)) parents.add(row.parent);
    }
    if (parents.size === 0) break;
    level = await read([...parents]);
    for (const row of level.values()) packages.set(row.cis, row);
  }
  return packages;
}

// Above so many keys the levels are read as sets: 6 µs a key then, against some 20 µs for each call of the function.
const PATH_CALLS_MAX = 16;

const READ_PATHS = `
select ${COLUMNS} from unnest($1::text[]) as wanted(cis) cross join lateral code_path(wanted.cis) as code`;

/** Codes and all packages above them, without locks: one round trip for a few codes, one for each level for many. */
export async function readPaths(
  db: Queryable,
  cises: readonly string[],
): Promise<{ codes: CodeRows; packages: CodeRows }> {
  if (cises.length > PATH_CALLS_MAX) {
    const codes = await readCodes(db, cises);
    return { codes, packages: await readPackagesAbove(codes, (parents) => readCodes(db, parents)) };
  }
  const rows = await run(db, 'read_paths', READ_PATHS, cises);
  const codes = new Map<string, CodeRow>();
  for (const cis of cises) {
    const row = rows.get(cis);
    if (row !== undefined) codes.set(cis, row);
  }
  return { codes, packages: rows };
}

/** The packages above one code, from the direct one upwards; null where a package of the path is missing. */
export function pathOf(code: CodeRow, packages: CodeRows): CodeRow[] | null {
  const path: CodeRow[] = [];
  let parent = code.parent;
  while (parent !== null) {
    const row = packages.get(parent);
    if (row === undefined) return null;
    path.push(row);
    parent = row.parent;
  }
  return path;
}

async function run(db: Queryable, name: string, text: string, cises: readonly string[]): Promise<CodeRows> {
  if (cises.length === 0) return new Map();
  const { rows } = await db.query<RawCodeRow>({ name, text, values: [cises] });
  const found = new Map<string, CodeRow>();
  for (const row of rows) found.set(row.cis, row);
  return found;
}
