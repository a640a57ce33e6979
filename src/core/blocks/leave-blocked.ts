import type { Statement } from '../../store/database.ts';

/** Goods that a receipt takes out of where they were although they are blocked: themselves, or by the package `from`. */
export interface BlockedLeaver {
  readonly cis: string;
  readonly from: string;
}

const LEAVE_BLOCKED = `
with leaver as materialized (
  select * from unnest($1::text[], $2::text[]) as t(cis, package)
), on_its_own as (
  update code_block set hold_before = 'none'
    from leaver where code_block.cis = leaver.cis collate "C" and code_block.released_by is null
)
insert into code_block (blocking_id, hold_before, cis)
select code_block.blocking_id, 'none', leaver.cis
  from leaver join code_block on code_block.cis = leaver.package collate "C" and code_block.released_by is null
 where leaver.package <> leaver.cis
    on conflict do nothing`;

/** They stay blocked, also by what blocked the package, until the same release; and are not under way any more. */
export function leaveBlockedStatement(leavers: readonly BlockedLeaver[]): Statement {
  return {
    name: 'leave_blocked',
    text: LEAVE_BLOCKED,
    values: [leavers.map(({ cis }) => cis), leavers.map(({ from }) => from)],
  };
}
