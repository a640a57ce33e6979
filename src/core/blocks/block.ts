import type { Transaction } from '../../store/database.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { changeLocked, lockStagedPaths } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { TRANSITIONS } from '../lifecycle/transitions.ts';

// Under a block that stands already the hold before that one counts.
const RECORD_BLOCKS = `
insert into code_block (blocking_id, hold_before, cis)
select $1,
       coalesce((select hold_before from code_block where code_block.cis = code.cis and released_by is null limit 1),
                nullif(code.hold, 'blocked'), 'none'),
       code.cis
  from staged_code join code on code.cis = staged_code.cis
    on conflict do nothing`;

const NOTE_PACKAGES_AROUND = `
insert into blocked_inside (package, cis)
select distinct staged_path.at, staged_code.cis
  from staged_code join staged_path on staged_path.start = staged_code.parent
    on conflict do nothing`;

/** Blocks the staged codes, whoever they belong to; a package with everything in it, by its one row. */
export async function block(tx: Transaction, change: Omit<StagedChange, 'event' | 'reason'>): Promise<LineProblem[]> {
  const found = await lockStagedPaths(tx, TRANSITIONS.blocked.from, change.dryRun);
  if (!change.dryRun) await tx.query(RECORD_BLOCKS, [change.documentId]);
  const problems = await changeLocked(tx, { ...change, event: 'blocked', owner: null, reason: null }, found);
  if (problems.length > 0 || change.dryRun) return problems;
  await tx.query(NOTE_PACKAGES_AROUND);
  return [];
}
