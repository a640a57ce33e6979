import type { Transaction } from '../../store/database.ts';
import { type ErrorCode, type ErrorDetails, isErrorCode } from '../errors.ts';
import { PACKAGE_LEVELS_MAX } from '../lifecycle/transitions.ts';

export interface ImportProblem {
  readonly file: string;
  readonly line: number;
  readonly code: ErrorCode;
  readonly cis: string | null;
  readonly details: ErrorDetails;
}

/** One problem is told of a line: the first that is found. */
function find(file: string, select: string): string {
  return `insert into import_problem (file, line, code, cis, details)
select '${file}', line, code, cis, details from (${select}) as found (line, code, cis, details)
on conflict (file, line) do nothing`;
}

/** Rows of a staging table that no problem has been found with so far. */
function good(table: string, file: string): string {
  return `(select * from ${table} as row
            where not exists (select from import_problem p where p.file = '${file}' and p.line = row.line))`;
}

const PARTICIPANTS = 'participants.ndjson';
const PRODUCTS = 'products.ndjson';
const CODES = 'codes.ndjson';

export const GOOD_PARTICIPANTS = good('staged_participant', PARTICIPANTS);
export const GOOD_PRODUCTS = good('staged_product', PRODUCTS);
export const GOOD_CODES = good('staged_import', CODES);

function repeated(table: string, key: string, cis: string): string {
  return `select line, 'import.repeated', ${cis}, jsonb_build_object('first', first)
    from (select line, ${key} as key, min(line) over (partition by ${key}) as first from ${table}) as row
   where line > first`;
}

const CHECK_PARTICIPANTS = [
  find(PARTICIPANTS, repeated('staged_participant', 'bin', 'null')),
  find(
    PARTICIPANTS,
    `select s.line, 'participants.already_registered', null, jsonb_build_object('bin', s.bin)
       from staged_participant s join participant p on p.bin = s.bin
      where p.name <> s.name or p.role <> s.role`,
  ),
];

const UNKNOWN_OWNER = (column: string) => `
  not exists (select from participant p where p.bin = ${column})
  and not exists (select from ${GOOD_PARTICIPANTS} as p where p.bin = ${column})`;

const CHECK_PRODUCTS = [
  find(PRODUCTS, repeated('staged_product', 'gtin', 'null')),
  find(
    PRODUCTS,
    `select line, 'participants.unknown', null, jsonb_build_object('bin', owner_bin)
       from staged_product s where ${UNKNOWN_OWNER('s.owner_bin')}`,
  ),
  find(
    PRODUCTS,
    `select s.line, 'catalogue.gtin_taken', null, jsonb_build_object('gtin', s.gtin)
       from staged_product s join product p on p.gtin = s.gtin
      where p.owner_bin <> s.owner_bin or p.product_group <> s.product_group
      union all
     select s.line, 'catalogue.gtin_taken', null, jsonb_build_object('gtin', s.gtin)
       from staged_product s join product_draft d on d.gtin = s.gtin
      where not exists (select from product p where p.gtin = s.gtin)`,
  ),
];

// Those that a run before this one has brought in: not to be done twice, and no error of their lines.
const MARK_DONE = `
update staged_import s set done = true
  from code_history h
 where h.cis = s.cis and h.ver = 1 and h.recorded_at = $2 and h.document_id = $1 and h.event = 'imported'`;

const CHECK_CODES = [
  find(CODES, repeated('staged_import', 'cis', 'key')),
  find(
    CODES,
    `select line, 'import.gtin_unknown', cis, jsonb_build_object('gtin', gtin) from staged_import s
      where gtin is not null and not exists (select from product p where p.gtin = s.gtin)
        and not exists (select from ${GOOD_PRODUCTS} as p where p.gtin = s.gtin)`,
  ),
  find(
    CODES,
    `select s.line, 'import.code_exists', s.cis, '{}'::jsonb
       from staged_import s join code on code.cis = s.cis where not s.done`,
  ),
  find(
    CODES,
    `select s.line, 'import.key_is_ours', s.cis, jsonb_build_object('keyId', s.key_id)
       from staged_import s join signing_key k on k.key_id = s.key_id`,
  ),
  find(
    CODES,
    `select line, 'participants.unknown', cis, jsonb_build_object('bin', owner) from staged_import s
      where owner is not null and ${UNKNOWN_OWNER('s.owner')}`,
  ),
];

// One level after the other, as deep as packages may stand inside each other.
const LOOSE_CODES = 'update staged_import set level = 0, root_owner = owner where parent is null';
const NEXT_LEVEL = `
update staged_import s set level = $1, root_owner = p.root_owner
  from staged_import p where p.cis = s.parent and p.level = $1 - 1 and s.level is null`;

const CHECK_PACKAGES = [
  find(
    CODES,
    `select line, 'import.parent_missing', cis, jsonb_build_object('parent', parent) from staged_import s
      where parent is not null and not exists (select from staged_import p where p.cis = s.parent)`,
  ),
  find(
    CODES,
    `select s.line, 'import.parent_no_package', s.cis, jsonb_build_object('parent', s.parent)
       from staged_import s join staged_import p on p.cis = s.parent where p.type <> 'transport'`,
  ),
  find(
    CODES,
    `select s.line, 'import.parent_of_other_owner', s.cis, jsonb_build_object('parent', s.parent)
       from staged_import s join staged_import p on p.cis = s.parent
      where p.level is not null and s.owner <> p.root_owner`,
  ),
  find(
    CODES,
    `select s.line, 'import.content_status', s.cis, jsonb_build_object('parent', s.parent)
       from staged_import s join staged_import p on p.cis = s.parent
      where s.status = 'emitted'
         or s.status in ('withdrawn', 'written_off') and p.status not in ('withdrawn', 'written_off')`,
  ),
];

const CONTENT_OF_BAD_PACKAGES = find(
  CODES,
  `select s.line, 'import.parent_missing', s.cis, jsonb_build_object('parent', s.parent)
     from ${GOOD_CODES} as s join staged_import p on p.cis = s.parent
     join import_problem b on b.file = '${CODES}' and b.line = p.line
    where not exists (select from ${GOOD_CODES} as other where other.cis = s.parent)`,
);

const CHECK_DEPTH = find(
  CODES,
  `select line, 'import.package_depth', cis, jsonb_build_object('limit', ${PACKAGE_LEVELS_MAX})
     from staged_import where level is null`,
);

/** The run that the staged files belong to, where there has been one. */
export interface KnownOrigin {
  readonly originId: string;
  readonly importedAt: Date;
}

/** Finds what is wrong with the staged lines together and against the store. */
export async function findProblems(tx: Transaction, origin: KnownOrigin | null): Promise<void> {
  if (origin !== null) await tx.query(MARK_DONE, [origin.originId, origin.importedAt]);
  for (const statement of [...CHECK_PARTICIPANTS, ...CHECK_PRODUCTS, ...CHECK_CODES]) await tx.query(statement);
  await tx.query(LOOSE_CODES);
  for (let level = 1; level <= PACKAGE_LEVELS_MAX; level += 1) await tx.query(NEXT_LEVEL, [level]);
  for (const statement of CHECK_PACKAGES) await tx.query(statement);
  for (let level = 1; level <= PACKAGE_LEVELS_MAX; level += 1) await tx.query(CONTENT_OF_BAD_PACKAGES);
  await tx.query(CHECK_DEPTH);
  await tx.query('analyze import_problem');
}

const COUNT_PROBLEMS = 'select count(*)::integer as problems from import_problem';
const READ_PROBLEMS = `
select file, line, code, cis, details from import_problem
 order by array_position(array['${PARTICIPANTS}', '${PRODUCTS}', '${CODES}'], file), line limit $1`;
const LINES_WITH_PROBLEMS = 'select line, code from import_problem where file = $1';

export async function countProblems(tx: Transaction): Promise<number> {
  return (await tx.query<{ problems: number }>(COUNT_PROBLEMS)).rows[0]?.problems ?? 0;
}

export async function readProblems(tx: Transaction, limit: number): Promise<readonly ImportProblem[]> {
  const { rows } = await tx.query<Omit<ImportProblem, 'code'> & { code: string }>(READ_PROBLEMS, [limit]);
  return rows.flatMap(({ code, ...rest }) => (isErrorCode(code) ? [{ ...rest, code }] : []));
}

/** By line of the file: its error code. */
export async function badLinesOf(tx: Transaction, file: string): Promise<ReadonlyMap<number, string>> {
  const { rows } = await tx.query<{ line: number; code: string }>(LINES_WITH_PROBLEMS, [file]);
  return new Map(rows.map(({ line, code }) => [line, code]));
}
