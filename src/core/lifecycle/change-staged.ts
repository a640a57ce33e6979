import type { Queryable, Transaction } from '../../store/database.ts';
import { blockedInside } from './blocked-inside.ts';
import { lockCodes } from './code-rows.ts';
import type { LineProblem } from './line-problem.ts';
import { countStaged, findMissing, findRepeated, lockStaged, sumUpPackages, walkUp } from './staging.ts';
import type { CodeEvent, CodeHold, CodeStatus, CodeType } from './transitions.ts';
import { TRANSITIONS } from './transitions.ts';

/** The packages above the codes changed while they were being locked: the document is tried again. */
export class PathMoved extends Error {
  override readonly name = 'PathMoved';
}

/** The same event on all staged codes. */
export interface StagedChange {
  readonly event: CodeEvent;
  /** Who does it. */
  readonly actor: string;
  /** Whose codes they have to be; null: anybody's (an authority's acts). */
  readonly owner: string | null;
  /** Whose they are when they stand alone afterwards. */
  readonly ownerAfter: string;
  /** The other side of a delivery. */
  readonly counterparty: string | null;
  readonly documentId: string;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly reason: string | null;
  /** The number of codes the document names (packages' content included). */
  readonly expected: number;
  readonly problemsMax: number;
  /** Only look: no row is locked, none written. */
  readonly dryRun: boolean;
}

/**
 * Locks, checks and changes the staged codes as one set. Answers the problems found (then nothing was changed), or an
 * empty list when every code was changed and its history written.
 */
export async function changeStaged(tx: Transaction, change: StagedChange): Promise<LineProblem[]> {
  const found = await lockStagedPaths(tx, TRANSITIONS[change.event].from, change.dryRun);
  return changeLocked(tx, change, found);
}

/** The same for codes that `lockStagedPaths` has locked; `found` is its answer. */
export async function changeLocked(tx: Transaction, change: StagedChange, found: number): Promise<LineProblem[]> {
  if (found < change.expected) return diagnose(tx, change);
  const { rows } = await tx.query<{ refused: number }>(COUNT_REFUSED, fitting(change));
  if (rows[0]?.refused !== 0) return diagnose(tx, change);
  const transition = TRANSITIONS[change.event];
  const stopped = transition.takesContent ? await blockedInside(tx, change.problemsMax) : [];
  if (stopped.length > 0) return stopped;
  if (change.dryRun) return repeatedProblems(tx, change.problemsMax);
  const changed = await tx.query<{ changed: number }>(transition.leavesPackage ? CHANGE_AND_LEAVE : CHANGE_IN_PLACE, [
    transition.to,
    change.reason,
    change.event === 'applied' || change.event === 'corrected' ? change.documentId : null,
    change.event === 'introduced' ? change.documentId : null,
    change.recordedAt,
    change.occurredAt,
    change.documentId,
    change.event,
    change.actor,
    transition.holdTo,
    change.counterparty,
    ...(transition.leavesPackage ? [change.ownerAfter] : []),
  ]);
  // A code named twice joins twice but changes once. Nothing else is looked at: the codes have their new state already.
  return changed.rows[0]?.changed === change.expected ? [] : repeatedProblems(tx, change.problemsMax);
}

/** The parameters of `FITS`. */
function fitting({ event, owner }: StagedChange): unknown[] {
  const { from, types, holdFrom } = TRANSITIONS[event];
  return [from, owner, types, holdFrom];
}

/**
 * Packages first (those above the staged codes and those among them, in one statement), then all staged codes, each in
 * cis order: packages ("00…") sort before units ("01…"), so everybody who waits locks in one order. Packages that stay
 * as they are take a share lock, so that tills can go on selling out of them.
 * Codes that must be freshly emitted cannot be packed: their walk is spared, and one that is packed is only explained.
 */
export async function lockStagedPaths(tx: Transaction, from: readonly CodeStatus[], dryRun: boolean): Promise<number> {
  if (dryRun) return readStagedPaths(tx);
  const canBePacked = from.length !== 1 || from[0] !== 'emitted';
  const above = canBePacked ? await walkUp(tx) : { packages: [], anyStaged: false };
  await lockCodes(tx, above.packages, above.anyStaged ? 'change' : 'share');
  const { found, packed } = await lockStaged(tx);
  if (packed > 0) {
    const locked = new Set(above.packages);
    const again = await walkUp(tx);
    if (canBePacked && again.packages.some((cis) => !locked.has(cis))) {
      throw new PathMoved('packages moved while being locked');
    }
    await sumUpPackages(tx);
  }
  return found;
}

/** The same to look at: what others do meanwhile may make it untrue at once. */
async function readStagedPaths(tx: Transaction): Promise<number> {
  const { found, packed } = await countStaged(tx);
  if (packed === 0) return found;
  await walkUp(tx);
  await sumUpPackages(tx);
  return found;
}

const SEEN = `
  coalesce(staged_package.terminal_status, code.status) as status,
  case when code.parent is null then code.hold
       when code.hold = 'blocked' then code.hold
       else staged_package.hold end as hold,
  case when code.parent is null then code.owner else staged_package.owner end as owner`;

const FROM_STAGED = `
  from staged_code
  join code on code.cis = staged_code.cis
  left join staged_package on staged_package.start = staged_code.parent`;

const FITS = `
  status = any($1::code_status[]) and ($2::text is null or owner is not distinct from $2) and ($4::code_hold is null or hold = $4)
  and type = any($3::code_type[])`;

const COUNT_REFUSED = `
select count(*)::integer as refused from (select code.type, ${SEEN} ${FROM_STAGED}) as seen where not (${FITS})`;

const RECORD_CHANGED = `
, recorded as (
  insert into code_history
    (recorded_at, occurred_at, document_id, ver, left_ver, status, hold, cis, event, actor, owner, parent, reason,
     counterparty)
  select $5::timestamptz, $6::timestamptz, $7::uuid, ver, left_ver, status, hold, cis, $8, $9, owner, parent, reason, $11
    from changed
)
select count(*)::integer as changed from changed`;

const CHANGE_IN_PLACE = `
with changed as (
  update code
     set ver = code.ver + 1, status = coalesce($1::code_status, code.status), reason = case when $1::code_status is null then code.reason else $2 end,
         hold = coalesce($10::code_hold, code.hold),
         applied_by = coalesce($3::uuid, code.applied_by), introduced_by = coalesce($4::uuid, code.introduced_by)
    from staged_code
   where code.cis = staged_code.cis
  returning code.cis, code.ver, null::integer as left_ver, code.status, code.hold, code.owner, code.parent, code.reason
) ${RECORD_CHANGED}`;

const CHANGE_AND_LEAVE = `
with changed as (
  update code
     set ver = code.ver + 1, status = coalesce($1::code_status, code.status), reason = case when $1::code_status is null then code.reason else $2 end,
         hold = coalesce($10::code_hold, code.hold),
         applied_by = coalesce($3::uuid, code.applied_by), introduced_by = coalesce($4::uuid, code.introduced_by),
         owner = $12, parent = null
    from staged_code left join staged_package on staged_package.start = staged_code.parent
   where code.cis = staged_code.cis
  returning code.cis, code.ver, staged_package.ver as left_ver, code.status, code.hold, code.owner, code.parent,
            code.reason
) ${RECORD_CHANGED}`;

const FIND_REFUSED = `
select line, cis, type, status, hold, owner
  from (select staged_code.line, code.cis, code.type, ${SEEN} ${FROM_STAGED}) as seen
 where not (${FITS})
 order by line limit $5`;

interface RefusedLine {
  line: number;
  cis: string;
  type: CodeType;
  status: CodeStatus;
  hold: CodeHold;
  owner: string | null;
}

/** Only when a set does not fit: which lines, and why. */
async function diagnose(tx: Queryable, change: StagedChange): Promise<LineProblem[]> {
  const limit = change.problemsMax;
  const repeated = await repeatedProblems(tx, limit);
  const missing = await findMissing(tx, limit);
  const refused = await tx.query<RefusedLine>(FIND_REFUSED, [...fitting(change), limit]);
  const problems: LineProblem[] = [
    ...repeated,
    ...missing.map(({ line, cis }): LineProblem => ({ line, cis, code: 'documents.code_not_found' })),
    ...refused.rows.map((row) => refusal(row, change)),
  ];
  if (problems.length === 0) throw new Error(`document ${change.documentId}: codes refused, but none found at fault`);
  return problems.sort((a, b) => a.line - b.line).slice(0, limit);
}

async function repeatedProblems(tx: Queryable, limit: number): Promise<LineProblem[]> {
  const repeated = await findRepeated(tx, limit);
  return repeated.map(({ line, cis }): LineProblem => ({ line, cis, code: 'documents.code_repeated' }));
}

/** Ownership first: nothing more is said about another participant's goods. */
function refusal(row: RefusedLine, { event, owner }: StagedChange): LineProblem {
  const { line, cis, hold, status } = row;
  const { types, holdFrom } = TRANSITIONS[event];
  if (owner !== null && row.owner !== owner) return { line, cis, code: 'documents.not_owner' };
  if (!types.includes(row.type)) return { line, cis, code: 'documents.wrong_type' };
  if (holdFrom === null || hold === holdFrom) return { line, cis, code: 'documents.wrong_status', details: { status } };
  return hold === 'none'
    ? { line, cis, code: 'documents.not_held', details: { hold: holdFrom } }
    : { line, cis, code: 'documents.on_hold', details: { hold } };
}
