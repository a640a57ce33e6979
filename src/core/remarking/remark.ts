import type { Transaction } from '../../store/database.ts';
import type { ErrorCode } from '../errors.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { changeLocked, lockStagedPaths } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { alsoOf } from '../lifecycle/line-problem.ts';
import { REASON_RETAIL, TRANSITIONS } from '../lifecycle/transitions.ts';

export interface Remarking {
  /** The old codes; each is replaced by the staged code at the same place. */
  readonly replaces: readonly string[];
  /** Whether every new code could be read: else nothing is said about pairs. */
  readonly complete: boolean;
}

// Old and new codes in one order, as all who wait lock. The packages around an old code need no lock: an old code that
// is in one is refused, and one that stands alone cannot be packed while it is locked.
const LOCK_OLD_AND_NEW = `
with wanted as (
  select cis from staged_code union select cis collate "C" from unnest($1::text[]) as old(cis)
), locked as materialized (
  select 1 from wanted join code on code.cis = wanted.cis order by code.cis for no key update of code
)
select count(*)::integer as locked from locked`;

const PAIRS = `
with pair as (
  select old.cis collate "C" as cis, place, new.cis as new_cis
    from unnest($1::text[]) with ordinality as old(cis, place)
    left join (select cis, row_number() over (order by line) as place from staged_code) as new using (place)
)`;

// Ownership first: nothing more is said about another participant's goods. GTIN, with its AI, are the first 16 characters.
const FIND_UNFIT_OLD = `${PAIRS}, seen as (
  select place, pair.cis, new_cis, code.status, code.reason, code.hold, code.parent, code.introduced_by,
         case when code.parent is null then code.owner
              else (select above.owner from code_path(code.cis) as above where above.parent is null) end as owner,
         exists (select 1 from code_remark where code_remark.cis = pair.cis) as remarked
    from pair join code on code.cis = pair.cis
), judged as (
  select place, cis, hold,
         case when owner is distinct from $2 then 'remarking.old_not_yours'
              when remarked then 'remarking.old_remarked_already'
              when hold <> 'none' then 'documents.on_hold'
              when parent is not null
                or not (status = 'written_off' or status = 'withdrawn' and reason is distinct from $3)
              then 'remarking.old_still_in_circulation'
              when introduced_by is null then 'remarking.old_never_in_circulation'
              when $4::boolean and left(cis, 16) <> left(new_cis, 16) then 'remarking.other_gtin' end as code
    from seen
  union all
  select place, cis, 'none', 'remarking.old_not_yours'
    from pair where not exists (select 1 from code where code.cis = pair.cis)
)
select place::integer - 1 as line, cis, hold, code from judged where code is not null order by line limit $5`;

// What was said of the goods when they were made and imported is true of them under the new code.
const REMARK = `${PAIRS}, old as (
  select pair.cis, new_cis, applied_by, introduced_by from pair join code on code.cis = pair.cis
), noted as (
  insert into code_remark (document_id, new_cis, cis) select $2, new_cis, cis from old
), changed as (
  update code
     set ver = code.ver + 1, status = $3::code_status, reason = null,
         applied_by = old.applied_by, introduced_by = old.introduced_by
    from old where code.cis = old.new_cis
  returning code.cis, code.ver, code.status, code.hold, code.owner, code.parent
), recorded as (
  insert into code_history (recorded_at, occurred_at, document_id, ver, status, hold, cis, event, actor, owner, parent)
  select $4::timestamptz, $5::timestamptz, $2, ver, status, hold, cis, 'remarked', $6, owner, parent from changed
)
select all_changed(count(*), cardinality($1::text[])) from changed`;

/**
 * Puts the staged codes, fresh from their order, into circulation on goods whose old codes have left it. So the goods are
 * never there twice, and an old code that was replaced never comes back.
 */
export async function remark(
  tx: Transaction,
  { replaces, complete }: Remarking,
  change: Omit<StagedChange, 'event' | 'reason'>,
): Promise<LineProblem[]> {
  const { dryRun, expected, problemsMax, actor, documentId, recordedAt, occurredAt } = change;
  if (!dryRun) await tx.query(LOCK_OLD_AND_NEW, [replaces]);
  // Only to look: what is to be locked is locked.
  const found = await lockStagedPaths(tx, TRANSITIONS.remarked.from, true);
  const ofNew = await changeLocked(tx, { ...change, event: 'remarked', reason: null, dryRun: true }, found);
  const paired = complete && expected === replaces.length;
  const ofOld = await unfitOld(tx, replaces, actor, paired, problemsMax);
  const counts = { replaces: replaces.length, codes: expected };
  const ofCounts: LineProblem[] =
    complete && !paired
      ? [{ line: -1, cis: '', path: '/body/replaces', code: 'remarking.counts_differ', details: counts }]
      : [];
  const problems = [...ofCounts, ...ofOld, ...ofNew];
  if (problems.length > 0 || dryRun) return problems.sort((a, b) => a.line - b.line).slice(0, problemsMax);
  await tx.query(REMARK, [replaces, documentId, TRANSITIONS.remarked.to, recordedAt, occurredAt, actor]);
  return [];
}

interface UnfitOld {
  line: number;
  cis: string;
  hold: string;
  code: ErrorCode;
}

async function unfitOld(
  tx: Transaction,
  replaces: readonly string[],
  actor: string,
  paired: boolean,
  limit: number,
): Promise<LineProblem[]> {
  const values = [replaces, actor, REASON_RETAIL, paired, limit];
  const { rows } = await tx.query<UnfitOld & Record<string, unknown>>(FIND_UNFIT_OLD, values);
  return rows.map(({ line, cis, hold, code }): LineProblem => {
    const at = { line, cis, code, path: `/body/replaces/${line}` };
    return code === 'documents.on_hold' ? { ...at, details: { hold } } : at;
  });
}

const FIND_REPLACED = `
select line, cis from staged_code
 where exists (select 1 from code_remark where code_remark.cis = staged_code.cis) order by line limit $1`;

/** Returns the staged codes into circulation; not one that another code has replaced: its goods would be there twice. */
export async function returnGoods(tx: Transaction, change: StagedChange): Promise<LineProblem[]> {
  const { dryRun, problemsMax } = change;
  const found = await lockStagedPaths(tx, TRANSITIONS[change.event].from, dryRun);
  const { rows } = await tx.query<{ line: number; cis: string }>(FIND_REPLACED, [problemsMax]);
  const problems = await changeLocked(tx, { ...change, dryRun: dryRun || rows.length > 0 }, found);
  const replaced = rows.map((row): LineProblem => ({ ...row, code: 'remarking.old_remarked_already' }));
  return alsoOf(problems, replaced, problemsMax);
}
