import type { Queryable } from '../../store/database.ts';

export type AlertKind =
  | 'right_tail_never_issued'
  | 'receipt_conflict'
  | 'document_failed'
  | 'export_failed'
  | 'delivery_parked'
  | 'inbox_conflict'
  | 'queue_building'
  | 'queue_cleared'
  | 'shift_mismatch'
  | 'register_offline_too_long';

/** What an operator has to look at. */
export interface Alert {
  readonly at: Date;
  readonly kind: AlertKind;
  /** What it is about: a cis, a receipt's key, a document. */
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

// One row for a kind and subject: whoever repeats a bad request does not fill the table.
const RAISE_ALERT = `
insert into alert (raised_at, kind, subject, details)
select $1, $2, $3, $4::jsonb
 where not exists (select 1 from alert where kind = $2 and subject = $3)`;

export async function raiseAlert(tx: Queryable, { at, kind, subject, details }: Alert): Promise<void> {
  await tx.query(RAISE_ALERT, [at, kind, subject, JSON.stringify(details)]);
}
