import type { Database } from '../../store/database.ts';
import { firstIdOf } from '../../store/ids.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { TransferStatus } from './transfer-status.ts';

export interface TransferView {
  readonly shipmentId: string;
  readonly number: string;
  readonly sender: string;
  readonly receiver: string;
  /** False: the shipment waits for its receiver to register. */
  readonly receiverRegistered: boolean;
  readonly status: TransferStatus;
  readonly shippedAt: Date;
  readonly recordedAt: Date;
  readonly acceptBy: Date;
  readonly decidedAt: Date | null;
}

/** How many lines have which outcome, and what was sold out of the packages on the way. */
export interface TransferDetails extends TransferView {
  readonly lines: Readonly<Record<LineOutcome, number>>;
  readonly discrepancies: readonly Discrepancy[];
}

export const LINE_OUTCOMES = ['awaiting', 'accepted', 'refused', 'cancelled', 'gone'] as const;
export type LineOutcome = (typeof LINE_OUTCOMES)[number];

/** Goods that were sold at a till although they were under way: they are not in the package `root` any more. */
export interface Discrepancy {
  readonly cis: string;
  readonly root: string;
  readonly soldAt: Date;
}

export interface TransferLine {
  readonly cis: string;
  /** 0-based place in the shipment; null for goods decided on alone, out of a package. */
  readonly line: number | null;
  readonly outcome: LineOutcome;
  readonly decidedBy: string | null;
}

export interface TransferAsker {
  readonly bin: string;
  readonly ip: string;
  readonly seesEverything: boolean;
}

export interface TransferFilter {
  readonly direction: 'incoming' | 'outgoing' | null;
  readonly status: TransferStatus | null;
  readonly partner: string | null;
  readonly number: string | null;
  /** The last shipmentId of the page before; newest first. */
  readonly after: string | null;
  readonly limit: number;
}

export interface TransferQueries {
  /** One's own, newest first. */
  list(bin: string, filter: TransferFilter): Promise<readonly TransferView[]>;
  /** @throws TanbaError transfers.not_found for everybody but its two sides and authorities (whose look is logged) */
  one(asker: TransferAsker, shipmentId: string): Promise<TransferDetails>;
  /** Its lines by cis. */
  lines(asker: TransferAsker, shipmentId: string, after: string, limit: number): Promise<readonly TransferLine[]>;
}

const COLUMNS = `
shipment_id as "shipmentId", number, sender, receiver,
exists (select 1 from participant where participant.bin = receiver) as "receiverRegistered",
status, shipped_at as "shippedAt", recorded_at as "recordedAt", accept_by as "acceptBy", decided_at as "decidedAt"`;

const BEHIND = `
shipment_id < $2 and ($3::text is null or status = $3) and ($4::text is null or $4 in (sender, receiver))
 and ($5::text is null or number = $5)`;

const LIST_TRANSFERS = `
select ${COLUMNS} from (
  (select * from transfer where sender = $1 and $7 and ${BEHIND} order by shipment_id desc limit $6)
  union all
  (select * from transfer where receiver = $1 and $8 and ${BEHIND} order by shipment_id desc limit $6)) as own
 order by shipment_id desc limit $6`;

const FIND_TRANSFER = `select ${COLUMNS} from transfer where shipment_id = $1`;

const COUNT_OUTCOMES = `
select outcome, count(*)::integer as lines from transfer_line where shipment_id = $1 group by outcome`;

// Told when they were sold, with the package that they were sold out of.
const FIND_DISCREPANCIES = `
select receipt_anomaly.cis, details->>'root' as root, at as "soldAt"
  from receipt_anomaly
  join transfer_line on transfer_line.cis = (details->>'root') collate "C" and transfer_line.shipment_id = $1
 where owner = $2 and kind = 'sold_before_acceptance' and anomaly_id >= $5
   and receipt_anomaly.recorded_at < coalesce($3, 'infinity'::timestamptz)
 order by anomaly_id limit $4`;

const LIST_LINES = `
select cis, line, outcome, decided_by as "decidedBy" from transfer_line
 where shipment_id = $1 and cis > $2 order by cis limit $3`;

const NEWEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const DISCREPANCIES_SHOWN = 1_000;

export function createTransferQueries({
  db,
  clock,
}: {
  readonly db: Database;
  readonly clock: Clock;
}): TransferQueries {
  async function visible(asker: TransferAsker, shipmentId: string): Promise<TransferView> {
    const { bin, ip, seesEverything } = asker;
    const transfer = (await db.query<TransferView & Record<string, unknown>>(FIND_TRANSFER, [shipmentId])).rows[0];
    if (transfer === undefined) throw new TanbaError('transfers.not_found');
    if (transfer.sender === bin || transfer.receiver === bin) return transfer;
    if (!seesEverything) throw new TanbaError('transfers.not_found');
    const details = { ground: 'role', sender: transfer.sender, receiver: transfer.receiver };
    await writeAudit(db, { at: clock.now(), bin, ip, action: 'transfer.disclosed', subject: shipmentId, details });
    return transfer;
  }

  return {
    list: async (bin, { direction, status, partner, number, after, limit }) => {
      const sides = [direction !== 'incoming', direction !== 'outgoing'];
      const values = [bin, after ?? NEWEST, status, partner, number, limit, ...sides];
      return (await db.query<TransferView & Record<string, unknown>>(LIST_TRANSFERS, values)).rows;
    },
    one: async (asker, shipmentId) => {
      const transfer = await visible(asker, shipmentId);
      const counted = await db.query<{ outcome: LineOutcome; lines: number }>(COUNT_OUTCOMES, [shipmentId]);
      const lines = { awaiting: 0, accepted: 0, refused: 0, cancelled: 0, gone: 0 };
      for (const row of counted.rows) lines[row.outcome] = row.lines;
      // By the index of the owner's anomalies: ids grow with time.
      const since = firstIdOf(transfer.recordedAt);
      const values = [shipmentId, transfer.sender, transfer.decidedAt, DISCREPANCIES_SHOWN, since];
      const sold = await db.query<Discrepancy & Record<string, unknown>>(FIND_DISCREPANCIES, values);
      return { ...transfer, lines, discrepancies: sold.rows };
    },
    lines: async (asker, shipmentId, after, limit) => {
      await visible(asker, shipmentId);
      return (await db.query<TransferLine & Record<string, unknown>>(LIST_LINES, [shipmentId, after, limit])).rows;
    },
  };
}
