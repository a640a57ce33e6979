import type { Transaction } from '../../store/database.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { lockStagedPaths } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { findRepeated } from '../lifecycle/staging.ts';
import { TRANSITIONS } from '../lifecycle/transitions.ts';

export interface Release {
  readonly blockingId: string;
  /** Whether the document lists codes; else it is about all that are still blocked by it. */
  readonly listed: boolean;
}

const FIND_BLOCKING = `
select bin from document where document_id = $1 and kind = 'blocking' and status = 'accepted'`;

const STAGE_STANDING = `
insert into staged_code (line, cis)
select row_number() over (order by cis) - 1, cis from code_block where blocking_id = $1 and released_by is null`;

const FIND_NOT_BLOCKED_BY = `
select line, cis from staged_code
 where not exists (select 1 from code_block
                    where code_block.cis = staged_code.cis and blocking_id = $1 and released_by is null)
 order by line limit $2`;

const END_BLOCKS = `
update code_block set released_by = $2
  from staged_code where code_block.cis = staged_code.cis and blocking_id = $1 and released_by is null`;

// Another block may stand; goods that were under way before are so again.
const RELEASE_CODES = `
with changed as (
  update code
     set ver = code.ver + 1,
         hold = case when exists (select 1 from code_block where code_block.cis = code.cis and released_by is null)
                     then 'blocked' else ended.hold_before end
    from staged_code join code_block as ended on ended.cis = staged_code.cis and ended.blocking_id = $5
   where code.cis = staged_code.cis
  returning code.cis, code.ver, code.status, code.hold, code.owner, code.parent, code.reason
)
insert into code_history
  (recorded_at, occurred_at, document_id, ver, status, hold, cis, event, actor, owner, parent, reason)
select $1, $2, $3, ver, status, hold, cis, 'released', $4, owner, parent, reason from changed`;

/** Ends a blocking, of its codes or of those listed. Only the authority that made it may. */
export async function release(
  tx: Transaction,
  { blockingId, listed }: Release,
  change: Omit<StagedChange, 'event' | 'reason'>,
): Promise<LineProblem[]> {
  const blocking = (await tx.query<{ bin: string }>(FIND_BLOCKING, [blockingId])).rows[0];
  if (blocking === undefined || blocking.bin !== change.actor) return [ofBlocking('blocks.not_found')];
  if (!listed && (await tx.query(STAGE_STANDING, [blockingId])).rowCount === 0) {
    return [ofBlocking('blocks.nothing_left')];
  }
  await lockStagedPaths(tx, TRANSITIONS.released.from, change.dryRun);
  const problems = await problemsOf(tx, blockingId, change.problemsMax);
  if (problems.length > 0 || change.dryRun) return problems;
  const { documentId, recordedAt, occurredAt, actor } = change;
  await tx.query(END_BLOCKS, [blockingId, documentId]);
  await tx.query(RELEASE_CODES, [recordedAt, occurredAt, documentId, actor, blockingId]);
  return [];
}

/** Looked up under the locks: two releases at once are one after the other. */
async function problemsOf(tx: Transaction, blockingId: string, limit: number): Promise<LineProblem[]> {
  const repeated = await findRepeated(tx, limit);
  const { rows } = await tx.query<{ line: number; cis: string }>(FIND_NOT_BLOCKED_BY, [blockingId, limit]);
  return [
    ...repeated.map(({ line, cis }): LineProblem => ({ line, cis, code: 'documents.code_repeated' })),
    ...rows.map((row): LineProblem => ({ ...row, code: 'blocks.not_in_blocking' })),
  ].sort((a, b) => a.line - b.line);
}

function ofBlocking(code: LineProblem['code']): LineProblem {
  return { line: -1, cis: '', path: '/body/blockingId', code };
}
