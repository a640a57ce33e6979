import type { Queryable, Transaction } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { TanbaError } from '../errors.ts';
import type { LineStatus } from './order-store.ts';

/** A line that is, or has been, open for fetching. */
export interface FetchLine {
  readonly lineId: string;
  readonly gtin: string;
  readonly quantity: number;
  readonly serialNumberType: 'OPERATOR' | 'SELF_MADE';
  readonly template: string;
  readonly keyId: string;
  readonly sealedSeed: Buffer | null;
  readonly status: LineStatus;
  readonly rejectionCode: string | null;
  readonly skipped: readonly number[];
  readonly handedOver: number;
}

/** Codes `first` … `first + count - 1` of the line's sequence, handed over together. */
export interface Pack {
  readonly packId: string;
  readonly first: number;
  readonly count: number;
}

const FETCH_LINE = `
select line_id as "lineId", gtin, quantity, serial_number_type as "serialNumberType", template, key_id as "keyId",
       sealed_seed as "sealedSeed", status, rejection_code as "rejectionCode", skipped, handed_over as "handedOver"
  from order_line
 where order_id = $1 and gtin = $2`;
const LOCK_FETCH_LINE = `${FETCH_LINE} for no key update`;

/** Not locked: while a line is being emitted, its lock is held for as long as that takes. */
export async function readFetchLine(db: Queryable, orderId: string, gtin: string): Promise<FetchLine | undefined> {
  return (await db.query<FetchLine>(FETCH_LINE, [orderId, gtin])).rows[0];
}

export async function lockFetchLine(tx: Transaction, orderId: string, gtin: string): Promise<FetchLine | undefined> {
  return (await tx.query<FetchLine>(LOCK_FETCH_LINE, [orderId, gtin])).rows[0];
}

const PACK_AFTER = `
select pack_id as "packId", first_code as first, code_count as count
  from pack
 where line_id = $1 and after_pack_id is not distinct from $2`;
const PACK_EXISTS = 'select 1 from pack where line_id = $1 and pack_id = $2';
const INSERT_PACK = `
insert into pack (pack_id, line_id, after_pack_id, first_code, code_count, created_at)
values ($1, $2, $3, $4, $5, $6)`;
const HAND_OVER = `
update order_line
   set handed_over = handed_over + $2,
       status = case when handed_over + $2 = quantity then 'exhausted' else status end
 where line_id = $1`;
const LOG_DOWNLOAD = `
insert into code_download (pack_id, bin, ip, format, downloaded_at) values ($1, $2, $3, $4, $5)`;

/** The pack that follows `lastPackId` (null: the first one), if it has been handed over before. */
export async function packAfter(db: Queryable, lineId: string, lastPackId: string | null): Promise<Pack | undefined> {
  return (await db.query<Pack>(PACK_AFTER, [lineId, lastPackId])).rows[0];
}

/** Makes the next pack of a locked line. `mayIssue` is asked first: a pack made now lets codes out for the first time. */
export async function nextPack(
  tx: Transaction,
  line: FetchLine,
  lastPackId: string | null,
  quantity: number,
  mayIssue: () => void,
  now: Date,
): Promise<Pack> {
  await checkLastPack(tx, line, lastPackId);
  if (line.status === 'closed') throw new TanbaError('orders.closed');
  const left = line.quantity - line.handedOver;
  if (left === 0) throw new TanbaError('orders.buffer_exhausted', { details: { gtin: line.gtin } });
  mayIssue();
  const pack: Pack = { packId: newId(now), first: line.handedOver, count: Math.min(quantity, left) };
  await tx.query(INSERT_PACK, [pack.packId, line.lineId, lastPackId, pack.first, pack.count, now]);
  await tx.query(HAND_OVER, [line.lineId, pack.count]);
  return pack;
}

async function checkLastPack(tx: Transaction, line: FetchLine, lastPackId: string | null): Promise<void> {
  if (lastPackId === null) return;
  const { rowCount } = await tx.query(PACK_EXISTS, [line.lineId, lastPackId]);
  if (rowCount === 0) throw new TanbaError('orders.pack_unknown', { path: '/query/lastPackId' });
}

export interface DownloadNote {
  readonly packId: string;
  readonly bin: string;
  readonly ip: string | null;
  readonly format: string;
}

export async function logDownload(tx: Transaction, note: DownloadNote, now: Date): Promise<void> {
  await tx.query(LOG_DOWNLOAD, [note.packId, note.bin, note.ip, note.format, now]);
}

const OWN_SERIALS = 'select serial_numbers[$2:$3] as serials from order_line where line_id = $1';

export async function ownSerials(db: Queryable, lineId: string, first: number, count: number): Promise<string[]> {
  const { rows } = await db.query<{ serials: string[] }>(OWN_SERIALS, [lineId, first + 1, first + count]);
  return rows[0]?.serials ?? [];
}
