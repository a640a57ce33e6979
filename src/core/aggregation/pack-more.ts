import type { Transaction } from '../../store/database.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { lockStagedPaths, PathMoved } from '../lifecycle/change-staged.ts';
import { lockCodes, pathOf, readPaths } from '../lifecycle/code-rows.ts';
import type { CodeRow } from '../lifecycle/effective-state.ts';
import { effectiveState } from '../lifecycle/effective-state.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { TRANSITIONS } from '../lifecycle/transitions.ts';
import { packingProblems, packStaged } from './aggregate.ts';

const STAGED_AMONG = `select line, cis from staged_code where cis = any($1::text[]) order by line`;

const NOT_IN_CIRCULATION = `
select line, code.cis, status from staged_code join code on code.cis = staged_code.cis
 where status <> 'in_circulation' order by line limit $1`;

/** Packs the staged codes into a package that is there. Answers the problems, or an empty list when it is done. */
export async function packMore(tx: Transaction, sscc: string, change: StagedChange): Promise<LineProblem[]> {
  const { box, above } = await readBox(tx, sscc);
  const unfit = boxProblem(box, above, sscc, change.actor);
  if (unfit !== null || box === undefined) return unfit === null ? [] : [unfit];
  const path = [sscc, ...above.map(({ cis }) => cis)];
  // A package inside itself, also by others: told before anything is locked that stands above itself then.
  const circular = (await tx.query<{ line: number; cis: string }>(STAGED_AMONG, [path])).rows;
  if (circular.length > 0) return circular.map((row): LineProblem => ({ ...row, code: 'aggregation.into_itself' }));
  const found = await lockStagedPaths(tx, TRANSITIONS.packed.from, change.dryRun);
  const locked = change.dryRun ? null : await lockBox(tx, path, sscc);
  const current = locked ?? box;
  const moved = boxProblem(current, above, sscc, change.actor);
  if (moved !== null) return [moved];
  const problems = await packingProblems(tx, { sscc, levelsAbove: above.length, change, found });
  if (problems.length === 0 && current.status === 'in_circulation') problems.push(...(await notYet(tx, change)));
  if (problems.length > 0 || change.dryRun) return problems.slice(0, change.problemsMax);
  await packStaged(tx, sscc, current.ver, change);
  return [];
}

/** A package in circulation holds goods in circulation only: it says so of everything in it. */
async function notYet(tx: Transaction, change: StagedChange): Promise<LineProblem[]> {
  const { rows } = await tx.query<{ line: number; cis: string; status: string }>(NOT_IN_CIRCULATION, [
    change.problemsMax,
  ]);
  return rows.map(({ line, cis, status }): LineProblem => {
    return { line, cis, code: 'documents.wrong_status', details: { status } };
  });
}

async function readBox(
  tx: Transaction,
  sscc: string,
): Promise<{ box: CodeRow | undefined; above: readonly CodeRow[] }> {
  const { codes, packages } = await readPaths(tx, [sscc]);
  const box = codes.get(sscc);
  return { box, above: box === undefined ? [] : (pathOf(box, packages) ?? []) };
}

/**
 * The package and those above it, shared: tills go on selling out of them, but nobody moves or closes them. These locks
 * come after those of the staged packages; who waits for another in the opposite order is tried again.
 */
async function lockBox(tx: Transaction, path: readonly string[], sscc: string): Promise<CodeRow> {
  const locked = await lockCodes(tx, path, 'share');
  const box = locked.get(sscc);
  const above = box === undefined ? null : pathOf(box, locked);
  const same = above !== null && above.length === path.length - 1 && above.every(({ cis }, i) => cis === path[i + 1]);
  if (box === undefined || !same) throw new PathMoved('packages moved while being locked');
  return box;
}

function boxProblem(
  box: CodeRow | undefined,
  above: readonly CodeRow[],
  sscc: string,
  actor: string,
): LineProblem | null {
  const refuse = (code: LineProblem['code'], details?: LineProblem['details']): LineProblem => {
    const at = { line: -1, cis: sscc, code };
    return details === undefined ? at : { ...at, details };
  };
  if (box === undefined) return refuse('documents.code_not_found');
  const { owner, hold, status } = effectiveState(box, above);
  if (owner !== actor) return refuse('documents.not_owner');
  if (box.type !== 'transport') return refuse('aggregation.not_a_package');
  if (hold !== 'none') return refuse('documents.on_hold', { hold });
  return TRANSITIONS.packed.from.includes(status) ? null : refuse('documents.wrong_status', { status });
}
