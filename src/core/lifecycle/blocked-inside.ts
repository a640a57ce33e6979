import type { Queryable } from '../../store/database.ts';
import type { LineProblem } from './line-problem.ts';

// The hint is checked against the block and the path as they are now.
const FIND_BLOCKED_INSIDE = `
select distinct staged_code.line, staged_code.cis
  from staged_code
  join blocked_inside on blocked_inside.package = staged_code.cis
  join code on code.cis = blocked_inside.cis
 where staged_code.cis < '01' and code.hold = 'blocked'
   and exists (select 1 from code_path(blocked_inside.cis) as above where above.cis = staged_code.cis)
 order by line limit $1`;

/** Staged packages with something blocked inside: they cannot go whole. The blocked code is not named: it may be foreign. */
export async function blockedInside(tx: Queryable, limit: number): Promise<LineProblem[]> {
  const { rows } = await tx.query<{ line: number; cis: string }>(FIND_BLOCKED_INSIDE, [limit]);
  return rows.map(({ line, cis }): LineProblem => ({ line, cis, code: 'documents.blocked_inside' }));
}
