import type { Queryable, Transaction } from '../../store/database.ts';
import { appendOutbox } from '../../store/outbox.ts';
import type { CisType, OrderRequest, ReleaseMethodType, SerialNumberType } from './order-request.ts';

export type OrderStatus = 'pending' | 'ready' | 'closed' | 'rejected';
export type LineStatus = 'pending' | 'active' | 'exhausted' | 'rejected' | 'closed';

export interface OrderRow {
  readonly orderId: string;
  readonly productGroup: string;
  readonly releaseMethodType: ReleaseMethodType;
  readonly status: OrderStatus;
  readonly digest: Buffer | null;
  readonly createdAt: Date;
}

export interface NewLine {
  readonly gtin: string;
  readonly quantity: number;
  readonly serialNumberType: SerialNumberType;
  readonly cisType: Lowercase<CisType>;
  readonly template: string;
  readonly keyId: string;
  readonly sealedSeed: Buffer | null;
  readonly serialNumbers: readonly string[] | null;
}

const ORDER_COLUMNS = `
order_id as "orderId", product_group as "productGroup", release_method_type as "releaseMethodType", status, digest,
created_at as "createdAt"`;

const FIND_ORDER = `select ${ORDER_COLUMNS} from code_order where order_id = $1 and bin = $2`;
const LOCK_ORDER = `${FIND_ORDER} for no key update`;
const FIND_BY_IDEMPOTENCY_KEY = `select ${ORDER_COLUMNS} from code_order where bin = $1 and idempotency_key = $2`;

export async function findOrder(db: Queryable, orderId: string, bin: string): Promise<OrderRow | undefined> {
  return (await db.query<OrderRow>(FIND_ORDER, [orderId, bin])).rows[0];
}

export async function lockOrder(tx: Transaction, orderId: string, bin: string): Promise<OrderRow | undefined> {
  return (await tx.query<OrderRow>(LOCK_ORDER, [orderId, bin])).rows[0];
}

export async function findByIdempotencyKey(db: Queryable, bin: string, key: string): Promise<OrderRow | undefined> {
  return (await db.query<OrderRow>(FIND_BY_IDEMPOTENCY_KEY, [bin, key])).rows[0];
}

const INSERT_ORDER = `
insert into code_order (order_id, bin, product_group, release_method_type, status, idempotency_key, digest, created_at, trace)
values ($1, $2, $3, $4, 'pending', $5, $6, $7, $8)`;

const INSERT_LINE = `
insert into order_line (order_id, gtin, quantity, serial_number_type, cis_type, template, key_id, sealed_seed,
                        serial_numbers, status, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10)`;

export interface NewOrder {
  readonly orderId: string;
  readonly bin: string;
  readonly request: OrderRequest;
  readonly idempotencyKey: string | null;
  readonly digest: Buffer;
  /** W3C traceparent of the request that placed it. */
  readonly trace: string | null;
  readonly lines: readonly NewLine[];
}

export async function insertOrder(tx: Transaction, order: NewOrder, now: Date): Promise<void> {
  const { productGroup, releaseMethodType } = order.request;
  const { orderId, bin, idempotencyKey, digest, trace } = order;
  await tx.query(INSERT_ORDER, [orderId, bin, productGroup, releaseMethodType, idempotencyKey, digest, now, trace]);
  // At most ten lines; a list of own serials travels alone rather than inside an array of arrays.
  for (const line of order.lines) {
    await tx.query(INSERT_LINE, [
      order.orderId,
      line.gtin,
      line.quantity,
      line.serialNumberType,
      line.cisType,
      line.template,
      line.keyId,
      line.sealedSeed,
      line.serialNumbers,
      now,
    ]);
  }
}

export interface LineView {
  readonly gtin: string;
  readonly quantity: number;
  readonly serialNumberType: SerialNumberType;
  readonly cisType: Lowercase<CisType>;
  readonly status: LineStatus;
  readonly handedOver: number;
  readonly rejectionCode: string | null;
  readonly lastPackId: string | null;
}

const LIST_LINES = `
select l.gtin, l.quantity, l.serial_number_type as "serialNumberType", l.cis_type as "cisType", l.status,
       l.handed_over as "handedOver", l.rejection_code as "rejectionCode",
       (select p.pack_id from pack p where p.line_id = l.line_id order by p.first_code desc limit 1) as "lastPackId"
  from order_line l
 where l.order_id = $1
 order by l.line_id`;

export async function listLines(db: Queryable, orderId: string): Promise<LineView[]> {
  return (await db.query<LineView>(LIST_LINES, [orderId])).rows;
}

const SUM_OF_GTINS = `
select gtin, sum(quantity)::text as codes
  from order_line
 where gtin = any($1) and status <> 'rejected'
 group by gtin`;

/** Codes issued or being issued, by GTIN. Counted on the order lines, never by scanning codes. */
export async function codesByGtin(db: Queryable, gtins: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ gtin: string; codes: string }>(SUM_OF_GTINS, [gtins]);
  return new Map(rows.map((row) => [row.gtin, Number(row.codes)]));
}

const EXISTING_CODES = 'select cis from code where cis = any($1)';
const CODES_PER_LOOKUP = 10_000;

/** Those among `cis` that have been issued already, at most `limit`. */
export async function existingCodes(db: Queryable, cis: readonly string[], limit: number): Promise<string[]> {
  const found: string[] = [];
  for (let first = 0; first < cis.length && found.length < limit; first += CODES_PER_LOOKUP) {
    const { rows } = await db.query<{ cis: string }>(EXISTING_CODES, [cis.slice(first, first + CODES_PER_LOOKUP)]);
    found.push(...rows.map((row) => row.cis));
  }
  return found.slice(0, limit);
}

const PENDING_LINES = `select exists (select from order_line where order_id = $1 and status = 'pending') as pending`;
const CLOSE_LINES = `update order_line set status = 'closed' where order_id = $1 and status in ('active', 'exhausted')`;
const CLOSE_ORDER = `update code_order set status = 'closed', closed_at = $2 where order_id = $1`;

/** False while a line is still being emitted. The order's row is locked. */
export async function closeOrder(tx: Transaction, orderId: string, now: Date): Promise<boolean> {
  const { rows } = await tx.query<{ pending: boolean }>(PENDING_LINES, [orderId]);
  if (rows[0]?.pending !== false) return false;
  await tx.query(CLOSE_LINES, [orderId]);
  await tx.query(CLOSE_ORDER, [orderId, now]);
  return true;
}

const LOCK_ORDER_ROW = 'select from code_order where order_id = $1 for no key update';
const SETTLE_ORDER = `
update code_order o
   set status = case when s.rejected = s.lines then 'rejected' else 'ready' end
  from (select count(*) as lines,
               count(*) filter (where status = 'pending') as pending,
               count(*) filter (where status = 'rejected') as rejected
          from order_line where order_id = $1) as s
 where o.order_id = $1 and o.status = 'pending' and s.pending = 0
returning o.bin, o.status, o.trace, array(select 'gtin:' || gtin from order_line where order_id = $1 order by line_id) as gtins`;

interface SettledOrder {
  readonly bin: string;
  readonly status: 'ready' | 'rejected';
  readonly trace: string | null;
  readonly gtins: readonly string[];
}

/**
 * After a line's emission or rejection: the order is ready (or rejected) when none of its lines is pending, and says so.
 * Its row is locked first, so that of two lines finished at the same time the later one sees the other.
 */
export async function settleOrder(tx: Transaction, orderId: string, now: Date): Promise<void> {
  await tx.query(LOCK_ORDER_ROW, [orderId]);
  const { rows } = await tx.query<SettledOrder>(SETTLE_ORDER, [orderId]);
  const messages = rows.map(({ bin, status, trace, gtins }) => ({
    topic: `order.${status}`,
    bin,
    keys: [`order:${orderId}`, ...gtins],
    trace,
    payload: { orderId },
  }));
  await appendOutbox(tx, messages, now);
}
