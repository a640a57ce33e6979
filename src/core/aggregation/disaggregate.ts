import type { Transaction } from '../../store/database.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { PathMoved } from '../lifecycle/change-staged.ts';
import { lockCodes, pathOf, readCodes, readPackagesAbove, readPaths } from '../lifecycle/code-rows.ts';
import type { CodeRow } from '../lifecycle/effective-state.ts';
import { effectiveState } from '../lifecycle/effective-state.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { REASON_DISAGGREGATED, TRANSITIONS } from '../lifecycle/transitions.ts';

const PACKAGES_INSIDE = `select cis from code where parent = $1 and type = 'transport'`;

const LOCK_CONTENT = `
with locked as materialized (
  select cis, type from code where parent = $1 order by cis for no key update
)
select array_agg(cis) filter (where type = 'transport') as packages from locked`;

// The content moves up one level: into the package above, or out, taking along the owner and the delivery hold.
const LIFT_CONTENT = `
with changed as (
  update code set ver = ver + 1, parent = $2, owner = $3,
         hold = case when hold = 'blocked' then hold else $4::code_hold end
   where parent = $1
  returning cis, ver, status, hold, owner, reason
)
insert into code_history
  (recorded_at, occurred_at, document_id, ver, parent_ver, left_ver, status, hold, cis, event, actor, owner, parent, reason)
select $5, $6, $7, ver, $8, $9, status, hold, cis, 'unpacked', $10, owner, $2, reason from changed`;

const CLOSE_PACKAGE = `
with changed as (
  update code set ver = ver + 1, status = 'written_off', reason = $2, parent = null, owner = $3, hold = 'none'
   where cis = $1
  returning cis, ver, status, hold, owner, reason
)
insert into code_history
  (recorded_at, occurred_at, document_id, ver, left_ver, status, hold, cis, event, actor, owner, reason)
select $4, $5, $6, ver, $7, status, hold, cis, 'disaggregated', $3, owner, reason from changed`;

/** Breaks up one package; the cost is that of its direct content. Answers the problems, or an empty list. */
export async function disaggregate(tx: Transaction, sscc: string, change: StagedChange): Promise<LineProblem[]> {
  const { box, above } = change.dryRun ? await readBox(tx, sscc) : await lockBox(tx, sscc);
  const problem = problemOf(box, above, sscc, change.actor);
  if (problem !== null) return [problem];
  if (box === undefined || change.dryRun) return [];
  const parent = above[0];
  await tx.query(LIFT_CONTENT, [
    sscc,
    box.parent,
    parent === undefined ? change.actor : null,
    parent === undefined ? box.hold : 'none',
    change.recordedAt,
    change.occurredAt,
    change.documentId,
    parent?.ver ?? null,
    box.ver,
    change.actor,
  ]);
  await tx.query(CLOSE_PACKAGE, [
    sscc,
    REASON_DISAGGREGATED,
    change.actor,
    change.recordedAt,
    change.occurredAt,
    change.documentId,
    parent?.ver ?? null,
  ]);
  return [];
}

interface Box {
  readonly box: CodeRow | undefined;
  readonly above: readonly CodeRow[];
}

async function readBox(tx: Transaction, sscc: string): Promise<Box> {
  const { codes, packages } = await readPaths(tx, [sscc]);
  const box = codes.get(sscc);
  return { box, above: box === undefined ? [] : (pathOf(box, packages) ?? []) };
}

/** Locks the package, those above and those directly inside in one statement, then the content, in cis order. */
async function lockBox(tx: Transaction, sscc: string): Promise<Box> {
  const before = await readCodes(tx, [sscc]);
  const pathBefore = await readPackagesAbove(before, (cises) => readCodes(tx, cises));
  const inside = await tx.query<{ cis: string }>(PACKAGES_INSIDE, [sscc]);
  const wanted = [sscc, ...pathBefore.keys(), ...inside.rows.map(({ cis }) => cis)];
  const locked = await lockCodes(tx, wanted, 'change');
  const box = locked.get(sscc);
  const above = box === undefined ? [] : pathOf(box, locked);
  const content = await tx.query<{ packages: string[] | null }>(LOCK_CONTENT, [sscc]);
  const insideNow = content.rows[0]?.packages ?? [];
  if (above === null || insideNow.some((cis) => !locked.has(cis)))
    throw new PathMoved('packages moved while being locked');
  return { box, above };
}

function problemOf(
  box: CodeRow | undefined,
  above: readonly CodeRow[],
  sscc: string,
  actor: string,
): LineProblem | null {
  const refuse = (code: LineProblem['code'], details?: LineProblem['details']): LineProblem => ({
    line: -1,
    cis: sscc,
    code,
    ...(details === undefined ? {} : { details }),
  });
  if (box === undefined) return refuse('documents.code_not_found');
  const state = effectiveState(box, above);
  if (state.owner !== actor) return refuse('documents.not_owner');
  if (box.type !== 'transport') return refuse('aggregation.not_a_package');
  if (state.hold !== 'none') return refuse('documents.on_hold', { hold: state.hold });
  if (!TRANSITIONS.disaggregated.from.includes(state.status)) {
    return refuse('documents.wrong_status', { status: state.status });
  }
  return null;
}
