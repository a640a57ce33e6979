import type { Transaction } from '../../store/database.ts';
import { blockedInside } from '../lifecycle/blocked-inside.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { lockStagedPaths } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { findMissing, findRepeated } from '../lifecycle/staging.ts';
import { PACKAGE_LEVELS_MAX, TRANSITIONS } from '../lifecycle/transitions.ts';

const SSCC_EXISTS = `select 1 from code where cis = $1`;

// A package is in circulation when everything packed into it is.
const CREATE_PACKAGE = `
with created as (
  insert into code (cis, ver, type, status, owner)
  select $1, 1, 'transport',
         case when bool_and(code.status = 'in_circulation') then 'in_circulation' else 'applied' end::code_status, $2
    from staged_code join code on code.cis = staged_code.cis
  returning cis, ver, status, hold, owner
)
insert into code_history (recorded_at, occurred_at, document_id, ver, status, hold, cis, event, actor, owner)
select $3, $4, $5, ver, status, hold, cis, 'aggregated', $2, owner from created`;

// Content has no owner and no delivery hold of its own: both are the outermost package's.
const PACK_STAGED = `
with changed as (
  update code set ver = code.ver + 1, parent = $1, owner = null
    from staged_code where code.cis = staged_code.cis
  returning code.cis, code.ver, code.status, code.hold, code.reason
), recorded as (
  insert into code_history
    (recorded_at, occurred_at, document_id, ver, parent_ver, status, hold, cis, event, actor, parent, reason)
  select $3, $4, $5, ver, $6, status, hold, cis, 'packed', $2, $1, reason from changed
)
select count(*)::integer as changed from changed`;

const FIND_UNPACKABLE = `
select staged_code.line, code.cis, code.parent is not null as packed, code.hold, code.status,
       case when code.parent is null then code.owner else staged_package.owner end as owner
  from staged_code join code on code.cis = staged_code.cis
  left join staged_package on staged_package.start = code.parent
 where code.parent is not null or code.owner is distinct from $1 or code.hold <> 'none'
    or not (code.status = any($2::code_status[]))
 order by staged_code.line limit $3`;

const EMPTY_PACKAGES = `
select staged_code.line, staged_code.cis from staged_code
 where staged_code.cis < '01' and not exists (select 1 from code where code.parent = staged_code.cis)
 order by line limit $1`;

const PACKAGES_BELOW = `select cis from code where parent = any($1::text[]) and type = 'transport'`;
const STAGED_PACKAGES = `select cis from staged_code where cis < '01'`;

/** Packs the staged codes into a new package. Answers the problems, or an empty list when it is done. */
export async function aggregate(tx: Transaction, sscc: string, change: StagedChange): Promise<LineProblem[]> {
  const found = await lockStagedPaths(tx, TRANSITIONS.packed.from, change.dryRun);
  const problems = await problemsOf(tx, sscc, change, found);
  if (problems.length > 0 || change.dryRun) return problems.slice(0, change.problemsMax);
  await tx.query(CREATE_PACKAGE, [sscc, change.actor, change.recordedAt, change.occurredAt, change.documentId]);
  await packStaged(tx, sscc, 1, change);
  return [];
}

/** Puts the staged codes into a package, which has this version now: its later events are theirs too. */
export async function packStaged(
  tx: Transaction,
  sscc: string,
  packageVer: number,
  change: StagedChange,
): Promise<void> {
  const { actor, recordedAt, occurredAt, documentId } = change;
  await tx.query(PACK_STAGED, [sscc, actor, recordedAt, occurredAt, documentId, packageVer]);
}

async function problemsOf(tx: Transaction, sscc: string, change: StagedChange, found: number): Promise<LineProblem[]> {
  if ((await tx.query(SSCC_EXISTS, [sscc])).rows.length > 0) {
    return [{ line: -1, cis: sscc, code: 'aggregation.sscc_used' }];
  }
  return packingProblems(tx, { sscc, levelsAbove: 0, change, found });
}

export interface Packing {
  readonly sscc: string;
  /** Packages above the one that is packed. */
  readonly levelsAbove: number;
  readonly change: StagedChange;
  /** What locking the staged codes has answered. */
  readonly found: number;
}

/** Why the staged codes cannot go into the package. */
export async function packingProblems(tx: Transaction, packing: Packing): Promise<LineProblem[]> {
  const { sscc, levelsAbove, change, found } = packing;
  const limit = change.problemsMax;
  const repeated = await findRepeated(tx, limit);
  const missing = found < change.expected ? await findMissing(tx, limit) : [];
  const unpackable = await tx.query<Unpackable>(FIND_UNPACKABLE, [change.actor, TRANSITIONS.packed.from, limit]);
  const problems: LineProblem[] = [
    ...repeated.map((row): LineProblem => ({ ...row, code: 'documents.code_repeated' })),
    ...missing.map(
      (row): LineProblem =>
        row.cis === sscc ? { ...row, code: 'aggregation.into_itself' } : { ...row, code: 'documents.code_not_found' },
    ),
    ...unpackable.rows.map((row) => unpackableProblem(row, change.actor)),
  ];
  const told = new Set(problems.map(({ line }) => line));
  const ofPackages = [...(await emptyPackages(tx, limit)), ...(await blockedInside(tx, limit))];
  for (const problem of ofPackages) if (!told.has(problem.line)) problems.push(problem);
  if (problems.length === 0 && levelsAbove + (await heightOfStaged(tx)) >= PACKAGE_LEVELS_MAX) {
    problems.push({ line: -1, cis: sscc, code: 'aggregation.too_deep', details: { limit: PACKAGE_LEVELS_MAX } });
  }
  return problems.sort((a, b) => a.line - b.line);
}

interface Line {
  line: number;
  cis: string;
}

/** Staged packages in which nothing is left: closed, and never moved again. */
async function emptyPackages(tx: Transaction, limit: number): Promise<LineProblem[]> {
  const { rows } = await tx.query<Line>(EMPTY_PACKAGES, [limit]);
  return rows.map((row): LineProblem => ({ ...row, code: 'aggregation.package_empty' }));
}

interface Unpackable extends Line {
  packed: boolean;
  owner: string | null;
  hold: string;
  status: string;
}

/** Ownership first: nothing more is said about another participant's goods. */
function unpackableProblem({ line, cis, packed, owner, hold, status }: Unpackable, actor: string): LineProblem {
  if (owner !== actor) return { line, cis, code: 'documents.not_owner' };
  if (packed) return { line, cis, code: 'aggregation.already_packed' };
  if (hold !== 'none') return { line, cis, code: 'documents.on_hold', details: { hold } };
  return { line, cis, code: 'documents.wrong_status', details: { status } };
}

/** How many levels of packages stand below the new one: only packages are read, whatever they hold. */
async function heightOfStaged(tx: Transaction): Promise<number> {
  let level = (await tx.query<{ cis: string }>(STAGED_PACKAGES)).rows;
  let height = 0;
  while (level.length > 0 && height < PACKAGE_LEVELS_MAX) {
    height += 1;
    level = (await tx.query<{ cis: string }>(PACKAGES_BELOW, [level.map(({ cis }) => cis)])).rows;
  }
  return height;
}
