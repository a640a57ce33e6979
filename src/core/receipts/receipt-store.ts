import type { Queryable, Statement, Transaction } from '../../store/database.ts';
import { sqlState } from '../../store/database.ts';
import { raiseAlert } from '../audit/alerts.ts';
import type { MarkOutcome, PendingReceipt } from './judge.ts';

export interface StoredReceipt {
  readonly receiptId: string;
  readonly digest: Buffer;
  readonly outcomes: readonly MarkOutcome[];
}

const INSERT_RECEIPTS = `
insert into receipt (at, received_at, receipt_id, register_id, fiscal_sign, bin, operation, sender, ip, digest, raw, outcome)
select at, $12, receipt_id, register_id, fiscal_sign, bin, operation, sender, ip, digest, raw, outcome
  from unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::inet[],
              $9::bytea[], $10::bytea[], $11::jsonb[])
    as t(at, receipt_id, register_id, fiscal_sign, bin, operation, sender, ip, digest, raw, outcome)
 order by register_id, fiscal_sign, at`;

const FIND_RECEIPTS = `
select receipt.register_id as "registerId", receipt.fiscal_sign as "fiscalSign", receipt.at,
       receipt.receipt_id as "receiptId", receipt.digest, receipt.outcome
  from unnest($1::text[], $2::text[], $3::timestamptz[]) as wanted(register_id, fiscal_sign, at)
  join receipt on receipt.register_id = wanted.register_id collate "C"
              and receipt.fiscal_sign = wanted.fiscal_sign collate "C"
              and receipt.at = wanted.at`;

// Both bodies are kept; sending the second one again adds nothing.
const KEEP_CONFLICT = `
insert into receipt_conflict (register_id, fiscal_sign, at, digest, sender, ip, raw, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing`;

/** The identity of a receipt: (registerId, fiscalSign, at). */
export function receiptKey(pending: Pick<PendingReceipt, 'receipt' | 'at'>): string {
  return keyOf(pending.receipt.registerId, pending.receipt.fiscalSign, pending.at);
}

function keyOf(registerId: string, fiscalSign: string, at: Date): string {
  return `${registerId} ${fiscalSign} ${at.getTime()}`;
}

export interface JudgedReceipt {
  readonly pending: PendingReceipt;
  readonly outcomes: readonly MarkOutcome[];
}

/** Fails with `isAlreadyThere` when one of the receipts is. */
export function receiptsStatement(judged: readonly JudgedReceipt[], receivedAt: Date): Statement {
  return {
    name: 'insert_receipts',
    text: INSERT_RECEIPTS,
    values: [
      judged.map(({ pending }) => pending.at.toISOString()),
      judged.map(({ pending }) => pending.receiptId),
      judged.map(({ pending }) => pending.receipt.registerId),
      judged.map(({ pending }) => pending.receipt.fiscalSign),
      judged.map(({ pending }) => pending.receipt.bin),
      judged.map(({ pending }) => pending.receipt.operation),
      judged.map(({ pending }) => pending.sender),
      judged.map(({ pending }) => pending.ip),
      judged.map(({ pending }) => pending.digest),
      judged.map(({ pending }) => pending.raw),
      judged.map(({ outcomes }) => JSON.stringify(outcomes)),
      receivedAt,
    ],
  };
}

const UNIQUE_VIOLATION = '23505';
const RECEIPT_PARTITION = /^receipt_(\d{4}_\d{2}|default)$/;

/** A receipt of the batch is there already, from before or by another hub: the batch has to look before it writes. */
export function isAlreadyThere(error: unknown): boolean {
  if (sqlState(error) !== UNIQUE_VIOLATION || !(error instanceof Error) || !('table' in error)) return false;
  return typeof error.table === 'string' && RECEIPT_PARTITION.test(error.table);
}

export async function findReceipts(
  db: Queryable,
  receipts: readonly PendingReceipt[],
): Promise<ReadonlyMap<string, StoredReceipt>> {
  const { rows } = await db.query<{
    registerId: string;
    fiscalSign: string;
    at: Date;
    receiptId: string;
    digest: Buffer;
    outcome: MarkOutcome[];
  }>({
    name: 'find_receipts',
    text: FIND_RECEIPTS,
    values: [
      receipts.map(({ receipt }) => receipt.registerId),
      receipts.map(({ receipt }) => receipt.fiscalSign),
      receipts.map(({ at }) => at.toISOString()),
    ],
  });
  return new Map(
    rows.map((row) => [
      keyOf(row.registerId, row.fiscalSign, row.at),
      { receiptId: row.receiptId, digest: row.digest, outcomes: row.outcome },
    ]),
  );
}

export async function keepConflict(tx: Transaction, pending: PendingReceipt, now: Date): Promise<void> {
  const { receipt } = pending;
  const kept = await tx.query(KEEP_CONFLICT, [
    receipt.registerId,
    receipt.fiscalSign,
    pending.at,
    pending.digest,
    pending.sender,
    pending.ip,
    pending.raw,
    now,
  ]);
  if (kept.rowCount === 0) return;
  const details = { sender: pending.sender, digest: pending.digest.toString('hex') };
  await raiseAlert(tx, { at: now, kind: 'receipt_conflict', subject: receiptKey(pending), details });
}
