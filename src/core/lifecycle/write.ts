import type { Statement } from '../../store/database.ts';
import type { CodeEvent, CodeHold, CodeStatus } from './transitions.ts';

/**
 * One event on one code whose row the transaction has locked: the row as it will be, and its history row.
 * `ver` is the version after the change.
 */
export interface CodeChange {
  readonly cis: string;
  readonly ver: number;
  readonly event: CodeEvent;
  readonly status: CodeStatus;
  readonly hold: CodeHold;
  readonly owner: string | null;
  readonly reason: string | null;
  readonly leftVer: number | null;
  readonly documentId: string;
  readonly occurredAt: Date;
  readonly actor: string;
}

// For changes that leave the code loose (sale, return). One statement for n codes: rows and their history together, or
// an error of the server, which undoes the transaction even when its COMMIT is on the way already.
const WRITE_LOOSE_CHANGES = `
with change as materialized (
  select * from unnest(
    $1::text[], $2::integer[], $3::text[], $4::code_status[], $5::code_hold[], $6::text[], $7::text[], $8::integer[],
    $9::uuid[], $10::timestamptz[], $11::text[]
  ) as t(cis, ver, event, status, hold, owner, reason, left_ver, document_id, occurred_at, actor)
), changed as (
  update code
     set ver = change.ver, status = change.status, hold = change.hold, owner = change.owner, parent = null,
         reason = change.reason
    from change
   where code.cis = change.cis collate "C"
  returning 1
), recorded as (
  insert into code_history
    (recorded_at, occurred_at, document_id, ver, left_ver, status, hold, cis, event, actor, owner, reason)
  select $12::timestamptz, occurred_at, document_id, ver, left_ver, status, hold, cis, event, actor, owner, reason
    from change
)
select all_changed(count(*), cardinality($1::text[])) from changed`;

/** Writes changes of distinct codes. The rows must be locked by the transaction. */
export function looseChangesStatement(changes: readonly CodeChange[], recordedAt: Date): Statement {
  return {
    name: 'write_loose_changes',
    text: WRITE_LOOSE_CHANGES,
    values: [
      changes.map((change) => change.cis),
      changes.map((change) => change.ver),
      changes.map((change) => change.event),
      changes.map((change) => change.status),
      changes.map((change) => change.hold),
      changes.map((change) => change.owner),
      changes.map((change) => change.reason),
      changes.map((change) => change.leftVer),
      changes.map((change) => change.documentId),
      changes.map((change) => change.occurredAt.toISOString()),
      changes.map((change) => change.actor),
      recordedAt,
    ],
  };
}
