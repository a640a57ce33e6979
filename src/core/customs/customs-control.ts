import type { Transaction } from '../../store/database.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { changeLocked, lockStagedPaths } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { alsoOf } from '../lifecycle/line-problem.ts';
import { addPackageContent, sumUpPackages } from '../lifecycle/staging.ts';
import { TRANSITIONS } from '../lifecycle/transitions.ts';

type CustomsOrder = Omit<StagedChange, 'event' | 'reason'>;

/** Holds the staged codes, whoever they belong to; a package with everything in it, by its one row. */
export async function holdAtCustoms(tx: Transaction, order: CustomsOrder): Promise<LineProblem[]> {
  return changeRoots(tx, { ...order, owner: null, event: 'customs_held', reason: null });
}

// The content of a package has no hold of its own: only what was named is released.
const END_CONTROL = `
with changed as (
  update code set ver = code.ver + 1, hold = $5::code_hold
    from staged_code where code.cis = staged_code.cis and staged_code.level = 0
  returning code.cis, code.ver, code.status, code.hold, code.owner, code.reason
)
insert into code_history (recorded_at, occurred_at, document_id, ver, status, hold, cis, event, actor, owner, reason)
select $1, $2, $3, ver, status, hold, cis, 'customs_released', $4, owner, reason from changed`;

/**
 * Lets the staged codes go. With `introduce` they are put into circulation by the same document, a package with everything
 * in it: a report on it equals one on each unit inside (order 44-н/қ, p.50).
 */
export async function releaseFromCustoms(
  tx: Transaction,
  introduce: boolean,
  order: CustomsOrder,
): Promise<LineProblem[]> {
  const change = { ...order, owner: null, event: 'customs_released', reason: null } as const;
  if (!introduce) return changeRoots(tx, change);
  // Before anything is locked, so that all is locked in one order.
  const expected = order.expected + (await addPackageContent(tx, 'in_circulation'));
  const problems = await changeRoots(tx, { ...change, expected }, 'only look');
  if (problems.length > 0 || order.dryRun) return problems;
  const { recordedAt, occurredAt, documentId, actor } = order;
  await tx.query(END_CONTROL, [recordedAt, occurredAt, documentId, actor, TRANSITIONS.customs_released.holdTo]);
  await sumUpPackages(tx);
  return changeLocked(tx, { ...change, expected, event: 'introduced' }, expected);
}

const FIND_INSIDE = `
select line, cis from staged_code where level = 0 and parent is not null order by line limit $1`;

/** Locks, checks and changes; goods in a package have the package's hold, so it is the package that has to be named. */
async function changeRoots(tx: Transaction, change: StagedChange, only?: 'only look'): Promise<LineProblem[]> {
  const { dryRun, problemsMax } = change;
  const found = await lockStagedPaths(tx, TRANSITIONS[change.event].from, dryRun);
  const { rows } = await tx.query<{ line: number; cis: string }>(FIND_INSIDE, [problemsMax]);
  const look = dryRun || only !== undefined || rows.length > 0;
  const problems = await changeLocked(tx, { ...change, dryRun: look }, found);
  const inside = rows.map((row): LineProblem => ({ ...row, code: 'documents.inside_package' }));
  return alsoOf(problems, inside, problemsMax);
}
