import type { Database } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Anomaly } from './decision-table.ts';

export interface AnomalyView {
  readonly anomalyId: string;
  readonly recordedAt: Date;
  readonly at: Date;
  readonly kind: Anomaly;
  readonly cis: string;
  readonly gtin: string | null;
  readonly receiptId: string;
  /** Null for an owner who did not sell. */
  readonly registerId: string | null;
  readonly seller: string;
  /** Null for a seller whose goods they were not, and where nobody is known. */
  readonly owner: string | null;
  readonly details: Readonly<Record<string, string | number>>;
}

export interface AnomalyFilter {
  readonly from: Date | null;
  readonly to: Date | null;
  readonly kind: string | null;
  readonly gtin: string | null;
  /** The last anomalyId of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

export interface AnomalyAsker {
  readonly bin: string;
  readonly ip: string;
  readonly seesEverything: boolean;
}

/** What was wrong about receipts: everybody sees what they sold or owned, overseers see all, and that is written down. */
export interface AnomalyList {
  page(asker: AnomalyAsker, filter: AnomalyFilter): Promise<readonly AnomalyView[]>;
}

// Ids grow with time: the newest come last. Whose it is decides which index is walked.
const COLUMNS = `
anomaly_id as "anomalyId", recorded_at as "recordedAt", at, kind, cis, gtin, receipt_id as "receiptId",
register_id as "registerId", seller, owner, details`;

const BEHIND = `
anomaly_id > $1 and ($2::timestamptz is null or recorded_at >= $2) and ($3::timestamptz is null or recorded_at < $3)
 and ($4::text is null or kind = $4) and ($5::text is null or gtin = $5)`;

const ALL_ANOMALIES = `select ${COLUMNS} from receipt_anomaly where ${BEHIND} order by anomaly_id limit $6`;

const OWN_ANOMALIES = `
select ${COLUMNS} from (
  (select * from receipt_anomaly where seller = $7 and ${BEHIND} order by anomaly_id limit $6)
  union all
  (select * from receipt_anomaly where owner = $7 and seller <> $7 and ${BEHIND} order by anomaly_id limit $6)) as own
 order by anomaly_id limit $6`;

const BEGINNING = '00000000-0000-0000-0000-000000000000';

export function createAnomalyList({ db, clock }: { readonly db: Database; readonly clock: Clock }): AnomalyList {
  return {
    page: async ({ bin, ip, seesEverything }, { from, to, kind, gtin, after, limit }) => {
      const values = [after ?? BEGINNING, from, to, kind, gtin, limit];
      if (!seesEverything) {
        const { rows } = await db.query<AnomalyView>(OWN_ANOMALIES, [...values, bin]);
        return rows.map((row) => ownSide(row, bin));
      }
      await writeAudit(db, {
        at: clock.now(),
        bin,
        ip,
        action: 'anomalies.read',
        subject: null,
        details: { kind, gtin, after },
      });
      return (await db.query<AnomalyView>(ALL_ANOMALIES, values)).rows;
    },
  };
}

/** A seller learns nothing of whose goods they were, an owner nothing of the other's till and prices. */
function ownSide(anomaly: AnomalyView, bin: string): AnomalyView {
  const { seller, owner } = anomaly;
  if (seller === owner) return anomaly;
  return seller === bin ? { ...anomaly, owner: null } : { ...anomaly, registerId: null, details: {} };
}
