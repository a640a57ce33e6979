import pgCopy from 'pg-copy-streams';
import type { Queryable, Transaction } from '../../store/database.ts';
import type { IssueEntry } from './journal-format.ts';
import type { CodeTemplate } from './template.ts';

/** A line whose codes are still to be made, with its order. */
export interface PendingLine {
  readonly lineId: string;
  readonly orderId: string;
  readonly bin: string;
  readonly productGroup: string;
  readonly releaseMethodType: string;
  readonly orderedAt: Date;
  readonly idempotencyKey: string | null;
  readonly requestDigest: string | null;
  readonly gtin: string;
  readonly quantity: number;
  readonly serialNumberType: 'OPERATOR' | 'SELF_MADE';
  readonly cisType: 'unit' | 'group' | 'set';
  readonly template: string;
  readonly keyId: string;
  readonly sealedSeed: Buffer | null;
  readonly serialNumbers: string[] | null;
}

const CLAIM_LINE = `
select l.line_id as "lineId", o.order_id as "orderId", o.bin, o.product_group as "productGroup",
       o.release_method_type as "releaseMethodType", o.created_at as "orderedAt",
       o.idempotency_key as "idempotencyKey", encode(o.digest, 'hex') as "requestDigest", l.gtin, l.quantity,
       l.serial_number_type as "serialNumberType", l.cis_type as "cisType", l.template, l.key_id as "keyId",
       l.sealed_seed as "sealedSeed", l.serial_numbers as "serialNumbers"
  from order_line l join code_order o on o.order_id = l.order_id
 where l.status = 'pending' and l.line_id <> all($1::bigint[])
 order by l.line_id
 limit 1
   for update of l skip locked`;

/** The oldest pending line that nobody else is at and that is not among `except`. */
export async function claimLine(tx: Transaction, except: readonly string[]): Promise<PendingLine | undefined> {
  return (await tx.query<PendingLine>(CLAIM_LINE, [except])).rows[0];
}

const COPY_CODES = 'copy code (cis, type, status, owner, line_id) from stdin';

/** The end of each row for COPY_CODES. None of the values can hold a character that COPY escapes. */
export function rowEnd(line: PendingLine): string {
  return `\t${line.cisType}\temitted\t${line.bin}\t${line.lineId}\n`;
}

export async function copyCodes(tx: Transaction, rows: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const sink = tx.query(pgCopy.from(COPY_CODES));
    sink.once('error', reject);
    sink.once('finish', resolve);
    sink.end(rows);
  });
}

const INSERT_FREE_CODES = `
insert into code (cis, type, status, owner, line_id)
select cis, $2::code_type, 'emitted', $3, $4 from unnest($1::text[]) as t(cis) order by cis
on conflict (cis) do nothing
returning cis`;

/** Inserts those that nobody has had yet, and says which. */
export async function insertFreeCodes(
  tx: Transaction,
  cis: readonly string[],
  line: PendingLine,
): Promise<Set<string>> {
  const { rows } = await tx.query<{ cis: string }>(INSERT_FREE_CODES, [cis, line.cisType, line.bin, line.lineId]);
  return new Set(rows.map((row) => row.cis));
}

const COUNT_ISSUED = `
select coalesce(sum(quantity), 0)::text as codes
  from order_line where gtin = $1 and status not in ('pending', 'rejected')`;

export async function issuedCodes(db: Queryable, gtin: string): Promise<number> {
  const { rows } = await db.query<{ codes: string }>(COUNT_ISSUED, [gtin]);
  return Number(rows[0]?.codes ?? 0);
}

const FINISH_LINE = `
update order_line set status = 'active', consumed = $2, skipped = $3, emitted_at = $4 where line_id = $1`;
const REJECT_LINE = `update order_line set status = 'rejected', rejection_code = $2 where line_id = $1`;

export async function finishLine(
  tx: Transaction,
  line: PendingLine,
  emitted: { readonly consumed: number; readonly skipped: readonly number[] },
  now: Date,
): Promise<void> {
  await tx.query(FINISH_LINE, [line.lineId, emitted.consumed, emitted.skipped, now]);
}

export async function rejectLine(tx: Transaction, line: PendingLine, code: string): Promise<void> {
  await tx.query(REJECT_LINE, [line.lineId, code]);
}

export function journalEntry(
  line: PendingLine,
  template: CodeTemplate,
  emitted: { readonly consumed: number; readonly skipped: readonly number[] },
): IssueEntry {
  return {
    orderId: line.orderId,
    bin: line.bin,
    productGroup: line.productGroup,
    releaseMethodType: line.releaseMethodType,
    orderedAt: line.orderedAt.toISOString(),
    idempotencyKey: line.idempotencyKey,
    requestDigest: line.requestDigest,
    gtin: line.gtin,
    quantity: line.quantity,
    serialNumberType: line.serialNumberType,
    cisType: line.cisType,
    template: {
      name: template.name,
      serialLength: template.serialLength,
      serialPrefix: template.serialPrefix ?? null,
    },
    keyId: line.keyId,
    sealedSeed: line.sealedSeed?.toString('base64') ?? null,
    serialNumbers: line.serialNumbers,
    consumed: emitted.consumed,
    skipped: emitted.skipped,
  };
}
