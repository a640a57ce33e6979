import { createHash } from 'node:crypto';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';

export const PRINT_KINDS = ['print', 'reprint'] as const;
export type PrintKind = (typeof PRINT_KINDS)[number];

/** Codes of one GTIN of an order that came out of a printer. A reprint replaces labels that were printed before. */
export interface Print {
  readonly orderId: string;
  readonly gtin: string;
  readonly kind: PrintKind;
  readonly count: number;
  readonly printedAt: Date;
  readonly device: string | null;
  /** Of a reprint. */
  readonly reason: string | null;
}

export interface PrintReport extends Omit<Print, 'orderId'> {
  readonly reportId: string;
  readonly reportedAt: Date;
}

export interface PrintTotals {
  readonly gtin: string;
  readonly handedOver: number;
  readonly printed: number;
  readonly reprinted: number;
}

export interface PrintAsker {
  readonly bin: string;
  readonly ip: string;
  readonly seesEverything: boolean;
}

export interface PrintPage {
  readonly after: string | null;
  readonly limit: number;
}

export interface Prints {
  /**
   * The same idempotency key and content again: the first answer, counted once.
   * @throws TanbaError orders.not_found, orders.gtin_not_in_order, prints.reason_missing, prints.time_implausible,
   *   prints.too_many, request.idempotency_conflict
   */
  report(asker: PrintAsker, print: Print, idempotencyKey: string | null): Promise<PrintReport>;
  /** Sums by GTIN, and the reports, oldest first. */
  list(
    asker: PrintAsker,
    orderId: string,
    page: PrintPage,
  ): Promise<{ readonly totals: readonly PrintTotals[]; readonly reports: readonly PrintReport[] }>;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

export function createPrints({ db, clock }: { readonly db: Database; readonly clock: Clock }): Prints {
  return {
    report: async (asker, print, idempotencyKey) => {
      if (print.kind === 'reprint' && print.reason === null) {
        throw new TanbaError('prints.reason_missing', { path: '/reason' });
      }
      const now = clock.now();
      return await db.transaction((tx) => reportIn(tx, asker, print, idempotencyKey, now));
    },
    list: async (asker, orderId, { after, limit }) => {
      const owner = (await db.query<{ bin: string }>(OWNER_OF_ORDER, [orderId])).rows[0]?.bin;
      if (owner === undefined || (owner !== asker.bin && !asker.seesEverything)) {
        throw new TanbaError('orders.not_found');
      }
      if (owner !== asker.bin) await noteDisclosure(db, asker, orderId, owner, clock.now());
      const { rows: totals } = await db.query<PrintTotals & Record<string, unknown>>(TOTALS, [orderId]);
      const reports = (
        await db.query<PrintReport & Record<string, unknown>>(REPORTS, [orderId, after ?? FIRST_ID, limit])
      ).rows;
      return { totals, reports };
    },
  };
}

const OWNER_OF_ORDER = 'select bin from code_order where order_id = $1';

const TOTALS = `
select gtin, handed_over as "handedOver", printed, reprinted::double precision as reprinted
  from order_line where order_id = $1 order by line_id`;

const REPORT = `
report_id as "reportId", gtin, kind, code_count as count, printed_at as "printedAt", device, reason,
reported_at as "reportedAt"`;

const REPORTS = `
select ${REPORT} from print_report join order_line using (line_id)
 where order_id = $1 and report_id > $2 order by report_id limit $3`;

// Reports about a line wait here for each other: two together cannot both take the same rest.
const LOCK_LINE = `
select line_id as "lineId", handed_over as "handedOver", printed, code_order.created_at as "orderedAt"
  from order_line join code_order using (order_id)
 where order_id = $1 and gtin = $2 for no key update of order_line`;

const OWN_ORDER = 'select from code_order where order_id = $1 and bin = $2';

const SAME_KEY = `
select ${REPORT}, digest from print_report join order_line using (line_id) where bin = $1 and idempotency_key = $2`;

const INSERT_REPORT = `
insert into print_report
  (report_id, line_id, bin, kind, code_count, printed_at, device, reason, reported_at, idempotency_key, digest)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (bin, idempotency_key) do nothing`;

const COUNT_PRINTS = {
  print: 'update order_line set printed = printed + $2 where line_id = $1',
  reprint: 'update order_line set reprinted = reprinted + $2 where line_id = $1',
} as const;

interface LockedLine {
  readonly lineId: string;
  readonly handedOver: number;
  readonly printed: number;
  readonly orderedAt: Date;
}

async function reportIn(
  tx: Transaction,
  asker: PrintAsker,
  print: Print,
  idempotencyKey: string | null,
  now: Date,
): Promise<PrintReport> {
  const { orderId, gtin, kind, count, printedAt, device, reason } = print;
  const { bin, ip } = asker;
  if ((await tx.query(OWN_ORDER, [orderId, bin])).rowCount === 0) {
    throw new TanbaError('orders.not_found', { path: '/orderId' });
  }
  const line = (await tx.query<LockedLine & Record<string, unknown>>(LOCK_LINE, [orderId, gtin])).rows[0];
  if (line === undefined) throw new TanbaError('orders.gtin_not_in_order', { path: '/gtin' });
  const digest = digestOf(print);
  const before = await reportedBefore(tx, bin, idempotencyKey, digest);
  if (before !== undefined) return before;
  checkPrint(print, line, now);
  const reportId = newId(now);
  const values = [reportId, line.lineId, bin, kind, count, printedAt, device, reason, now, idempotencyKey, digest];
  // Another line's report took the key at the same time.
  if ((await tx.query(INSERT_REPORT, values)).rowCount === 0) throw new TanbaError('request.idempotency_conflict');
  await tx.query(COUNT_PRINTS[kind], [line.lineId, count]);
  const details = { gtin, kind, count, reportId };
  await writeAudit(tx, { at: now, bin, ip, action: 'prints.reported', subject: orderId, details });
  return { reportId, gtin, kind, count, printedAt, device, reason, reportedAt: now };
}

async function reportedBefore(
  tx: Queryable,
  bin: string,
  idempotencyKey: string | null,
  digest: Buffer,
): Promise<PrintReport | undefined> {
  if (idempotencyKey === null) return undefined;
  const { rows } = await tx.query<PrintReport & { digest: Buffer }>(SAME_KEY, [bin, idempotencyKey]);
  const found = rows[0];
  if (found === undefined) return undefined;
  const { digest: first, ...report } = found;
  if (!first.equals(digest)) throw new TanbaError('request.idempotency_conflict');
  return report;
}

function checkPrint(
  { kind, count, printedAt }: Print,
  { handedOver, printed, orderedAt }: LockedLine,
  now: Date,
): void {
  if (printedAt < orderedAt || printedAt > now) {
    const details = { earliest: orderedAt.toISOString(), latest: now.toISOString() };
    throw new TanbaError('prints.time_implausible', { path: '/printedAt', details });
  }
  if (kind === 'print' && printed + count > handedOver) {
    throw new TanbaError('prints.too_many', { path: '/count', details: { printed, handedOver } });
  }
}

function digestOf({ orderId, gtin, kind, count, printedAt, device, reason }: Print): Buffer {
  const content = [orderId.toLowerCase(), gtin, kind, count, printedAt.toISOString(), device, reason];
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

/** Seeing others' prints is a right of the operator and of authorities, and leaves its trace. */
async function noteDisclosure(db: Queryable, { bin, ip }: PrintAsker, orderId: string, of: string, at: Date) {
  const details = { ground: 'role', of };
  await writeAudit(db, { at, bin, ip, action: 'prints.disclosed', subject: orderId, details });
}
