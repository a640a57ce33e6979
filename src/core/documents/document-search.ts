import type { Queryable } from '../../store/database.ts';
import { firstIdOf } from '../../store/ids.ts';
import type { DocumentStatus } from './document-store.ts';
import type { DocumentKind } from './kinds.ts';

export const DIRECTIONS = ['sent', 'received'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** What a search may ask for; whatever is left out does not matter. */
export interface DocumentFilter {
  /** Own documents, or shipments of others to oneself. */
  readonly direction?: Direction | undefined;
  readonly kind?: DocumentKind | undefined;
  readonly status?: FoundStatus | undefined;
  readonly number?: string | undefined;
  /** The other side of a shipment. */
  readonly partner?: string | undefined;
  readonly gtin?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export interface PageAsked {
  /** The last id of the page before; null: the first page. */
  readonly after: string | null;
  readonly limit: number;
}

export const FOUND_STATUSES = ['received', 'accepted', 'rejected', 'failed'] as const satisfies DocumentStatus[];
export type FoundStatus = (typeof FOUND_STATUSES)[number];

export interface FoundDocument {
  readonly documentId: string;
  readonly kind: DocumentKind;
  readonly status: FoundStatus;
  readonly sender: string;
  /** Of a shipment. */
  readonly receiver: string | null;
  readonly number: string | null;
  readonly codeCount: number | null;
  readonly errorCount: number;
  readonly receivedAt: Date;
  readonly completedAt: Date | null;
}

const COLUMNS = `
document.document_id as "documentId", document.kind, document.status, document.bin as sender,
document.header ->> 'receiver' as receiver, document.header ->> 'number' as number, document.code_count as "codeCount",
document.error_count as "errorCount", document.received_at as "receivedAt", document.completed_at as "completedAt"`;

// The statements have no name, so each is planned with its values: a filter that is null is no part of the plan, and the
// index of the one that is not is walked downwards from the last id of the page before.
const WITHIN = `
document.document_id < $2 and document.document_id >= $3
   and ($4::timestamptz is null or document.received_at >= $4)
   and ($5::timestamptz is null or document.received_at < $5)
   and ($6::text is null or document.kind = $6)
   and ($7::text is null or document.status = $7)
   and document.status <> 'receiving'`;

const SENT_MATCH = `
document.bin = $1 and ${WITHIN}
   and ($8::text is null or document.header ->> 'number' = $8)
   and ($9::text is null or document.header ->> 'receiver' = $9)`;

const SENT = `select ${COLUMNS} from document where ${SENT_MATCH} order by document.document_id desc limit $10`;

const SENT_OF_GTIN = `
select ${COLUMNS} from document_gtin join document using (document_id)
 where document_gtin.bin = $1 and document_gtin.gtin = $11 and ${SENT_MATCH}
 order by document_gtin.document_id desc limit $10`;

const RECEIVED_MATCH = `
transfer.receiver = $1 and transfer.shipment_id < $2 and transfer.shipment_id >= $3 and ${WITHIN}
   and ($8::text is null or transfer.number = $8)
   and ($9::text is null or transfer.sender = $9)`;

const RECEIVED = `
select ${COLUMNS} from transfer join document on document.document_id = transfer.shipment_id
 where ${RECEIVED_MATCH}
 order by transfer.shipment_id desc limit $10`;

const RECEIVED_OF_GTIN = `
select ${COLUMNS}
  from document_gtin
  join transfer on transfer.shipment_id = document_gtin.document_id
  join document on document.document_id = transfer.shipment_id
 where document_gtin.bin = $1 and document_gtin.gtin = $11 and ${RECEIVED_MATCH}
 order by document_gtin.document_id desc limit $10`;

const BEHIND_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';
/** A stream has its id from its beginning and its time from its end; it lasts a day at most. */
const STREAM_LASTS_MS = 24 * 3_600_000;

/**
 * One page of a participant's documents, newest first. Documents that arrive meanwhile stand before the pages already
 * read, so none is shown twice and none that was there is left out.
 */
export async function searchDocuments(
  db: Queryable,
  bin: string,
  filter: DocumentFilter,
  { after, limit }: PageAsked,
): Promise<FoundDocument[]> {
  const { direction = 'sent', from, to, kind, status, number, partner, gtin } = filter;
  // What was sent to somebody is a shipment that was accepted.
  const nothing = (kind ?? 'shipment') !== 'shipment' || (status ?? 'accepted') !== 'accepted';
  if (direction === 'received' && nothing) return [];
  const values = [
    bin,
    smaller(after ?? BEHIND_ALL, to === undefined ? BEHIND_ALL : firstIdOf(to)),
    from === undefined ? BEFORE_ALL : firstIdOf(new Date(from.getTime() - STREAM_LASTS_MS)),
    from ?? null,
    to ?? null,
    kind ?? null,
    status ?? null,
    number ?? null,
    partner ?? null,
    limit,
  ];
  const statements = direction === 'sent' ? [SENT, SENT_OF_GTIN] : [RECEIVED, RECEIVED_OF_GTIN];
  const [text = '', textOfGtin = ''] = statements;
  const { rows } = await (gtin === undefined
    ? db.query<FoundDocument>(text, values)
    : db.query<FoundDocument>(textOfGtin, [...values, gtin]));
  return rows;
}

function smaller(one: string, other: string): string {
  return one.toLowerCase() < other ? one.toLowerCase() : other;
}
