import type { Queryable } from '../../store/database.ts';
import type { Operation } from './decision-table.ts';
import type { MarkOutcome } from './judge.ts';

/** By what a receipt is known everywhere. */
export interface ReceiptName {
  readonly registerId: string;
  readonly fiscalSign: string;
  readonly at: Date;
}

export interface FoundReceipt {
  readonly receiptId: string;
  readonly operation: Operation;
  readonly outcomes: readonly MarkOutcome[];
}

const FIND_RECEIPT = `
select receipt_id as "receiptId", operation, outcome as outcomes from receipt
 where register_id = $1 collate "C" and fiscal_sign = $2 collate "C" and at = $3`;

export async function findReceipt(
  db: Queryable,
  { registerId, fiscalSign, at }: ReceiptName,
): Promise<FoundReceipt | null> {
  const values = [registerId, fiscalSign, at];
  const { rows } = await db.query<FoundReceipt>({ name: 'find_receipt', text: FIND_RECEIPT, values });
  return rows[0] ?? null;
}
