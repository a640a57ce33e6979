import Type, { type Static } from 'typebox';
import type { Queryable } from '../../store/database.ts';
import { firstIdOf } from '../../store/ids.ts';
import { periodOf, SearchedBy } from '../documents/document-filter.ts';
import type { Direction } from '../documents/document-search.ts';
import type { TransferStatus } from '../transfers/transfer-status.ts';
import { TRANSFER_STATUSES } from '../transfers/transfer-status.ts';

export const TransferSearch = Type.Object(
  { ...SearchedBy, status: Type.Optional(Type.Enum([...TRANSFER_STATUSES])) },
  { additionalProperties: false },
);

export function transferFilterOf(search: Static<typeof TransferSearch>, path: string): TransferFilter {
  return { ...search, ...periodOf(search, path) };
}

export interface TransferFilter {
  readonly direction?: Direction | undefined;
  readonly status?: TransferStatus | undefined;
  readonly number?: string | undefined;
  /** The other side. */
  readonly partner?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export interface TransferRow {
  readonly shipmentId: string;
  readonly number: string;
  readonly sender: string;
  readonly receiver: string;
  readonly status: TransferStatus;
  readonly shippedAt: Date;
  readonly recordedAt: Date;
  readonly acceptBy: Date;
  readonly decidedAt: Date | null;
}

const COLUMNS = `
shipment_id as "shipmentId", number, sender, receiver, status, shipped_at as "shippedAt", recorded_at as "recordedAt",
accept_by as "acceptBy", decided_at as "decidedAt"`;

// Planned with their values, as they have no name.
const WITHIN = `
shipment_id < $2 and ($3::timestamptz is null or recorded_at >= $3) and ($4::timestamptz is null or recorded_at < $4)
   and ($5::text is null or status = $5) and ($6::text is null or number = $6)`;

const SENT = `
select ${COLUMNS} from transfer
 where sender = $1 and ${WITHIN} and ($7::text is null or receiver = $7) order by shipment_id desc limit $8`;
const RECEIVED = `
select ${COLUMNS} from transfer
 where receiver = $1 and ${WITHIN} and ($7::text is null or sender = $7) order by shipment_id desc limit $8`;
const BOTH = `
select * from ((${SENT}) union all (${RECEIVED})) as own order by "shipmentId" desc limit $8`;

const BEHIND_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** One page of a participant's shipments, sent, received or both, the newest first. Nobody ships to itself. */
export async function transferRows(
  db: Queryable,
  bin: string,
  { direction, status, number, partner, from, to }: TransferFilter,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<TransferRow[]> {
  const statement = direction === undefined ? BOTH : direction === 'sent' ? SENT : RECEIVED;
  // A shipment has its id before it is recorded.
  const before = to === undefined ? BEHIND_ALL : firstIdOf(to);
  const { rows } = await db.query<TransferRow>(statement, [
    bin,
    after !== null && after < before ? after : before,
    from ?? null,
    to ?? null,
    status ?? null,
    number ?? null,
    partner ?? null,
    limit,
  ]);
  return rows;
}
