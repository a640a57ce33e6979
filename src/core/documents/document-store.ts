import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { bucketOf } from '../../store/ids.ts';
import type { Problem } from '../errors.ts';
import type { DocumentHeader, DocumentKind } from './kinds.ts';

export type DocumentStatus = 'receiving' | 'received' | 'accepted' | 'rejected' | 'failed';
export type DocumentFormat = 'json' | 'ndjson' | 'xml';

export interface DocumentRow {
  readonly documentId: string;
  readonly bin: string;
  readonly kind: DocumentKind;
  readonly format: DocumentFormat;
  readonly status: DocumentStatus;
  readonly header: DocumentHeader;
  readonly codeCount: number | null;
  readonly digest: Buffer | null;
  readonly errorCount: number;
  readonly warnings: readonly Problem[] | null;
  readonly attempts: number;
  readonly receivedAt: Date;
  readonly completedAt: Date | null;
  /** W3C traceparent of the request that brought it. */
  readonly trace: string | null;
  /** BIN of the service provider that sent it for its sender. */
  readonly actedBy: string | null;
}

const COLUMNS = `document_id as "documentId", bin, kind, format, status, header, code_count as "codeCount", digest,
  error_count as "errorCount", warnings, attempts, received_at as "receivedAt", completed_at as "completedAt", trace,
  acted_by as "actedBy"`;

export interface NewDocument {
  readonly documentId: string;
  readonly bin: string;
  readonly kind: DocumentKind;
  readonly format: DocumentFormat;
  readonly header: DocumentHeader;
  readonly codeCount: number | null;
  readonly digest: Buffer | null;
  readonly idempotencyKey: string | null;
  readonly ip: string;
  readonly receivedAt: Date;
  readonly trace: string | null;
  readonly actedBy: string | null;
}

const INSERT_DOCUMENT = `
insert into document (document_id, bucket, bin, kind, format, status, header, code_count, digest, idempotency_key, ip, received_at, trace, acted_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (bin, idempotency_key, bucket) do nothing`;

/** False when the sender has a document with this idempotency key already. */
export async function insertDocument(
  tx: Queryable,
  document: NewDocument,
  status: 'receiving' | 'received',
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'insert_document',
    text: INSERT_DOCUMENT,
    values: [
      document.documentId,
      bucketOf(document.bin),
      document.bin,
      document.kind,
      document.format,
      status,
      JSON.stringify(document.header),
      document.codeCount,
      document.digest,
      document.idempotencyKey,
      document.ip,
      document.receivedAt,
      document.trace,
      document.actedBy,
    ],
  });
  return rowCount === 1;
}

const INSERT_PART = `insert into document_part (document_id, bucket, part_no, body) values ($1, $2, $3, $4)`;

export async function insertPart(tx: Queryable, document: NewDocument, partNo: number, body: Buffer): Promise<void> {
  const values = [document.documentId, bucketOf(document.bin), partNo, body];
  await tx.query({ name: 'insert_document_part', text: INSERT_PART, values });
}

const COMPLETE_RECEIVING = `
update document set status = 'received', code_count = $2, digest = $3, idempotency_key = $4, received_at = $5
 where document_id = $1 and status = 'receiving'`;

export async function completeReceiving(tx: Queryable, document: NewDocument): Promise<void> {
  const { documentId, codeCount, digest, idempotencyKey, receivedAt } = document;
  await tx.query(COMPLETE_RECEIVING, [documentId, codeCount, digest, idempotencyKey, receivedAt]);
}

const DELETE_PARTS = `delete from document_part where document_id = $1`;
const DELETE_RECEIVING = `delete from document where document_id = $1 and status = 'receiving'`;

/** A stream that was never completed was never accepted: it leaves nothing. */
export async function forgetReceiving(db: Database, documentId: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(DELETE_PARTS, [documentId]);
    await tx.query(DELETE_RECEIVING, [documentId]);
  });
}

const FIND_ABANDONED = `select document_id as "documentId" from document where status = 'receiving' and received_at < $1`;

export async function findAbandoned(db: Database, before: Date): Promise<string[]> {
  const { rows } = await db.query<{ documentId: string }>(FIND_ABANDONED, [before]);
  return rows.map(({ documentId }) => documentId);
}

const FIND_BY_KEY = `select ${COLUMNS} from document where bin = $1 and idempotency_key = $2 and bucket = $3`;

export async function findByKey(db: Queryable, bin: string, idempotencyKey: string): Promise<DocumentRow | null> {
  const { rows } = await db.query<DocumentRow>(FIND_BY_KEY, [bin, idempotencyKey, bucketOf(bin)]);
  return rows[0] ?? null;
}

const FIND_DOCUMENT = `select ${COLUMNS} from document where document_id = $1 and status <> 'receiving'`;

export async function findDocument(db: Queryable, documentId: string): Promise<DocumentRow | null> {
  const { rows } = await db.query<DocumentRow>({ name: 'find_document', text: FIND_DOCUMENT, values: [documentId] });
  return rows[0] ?? null;
}

const FIND_ERRORS = `
select problem.value as problem
  from document cross join lateral jsonb_array_elements(document.errors) with ordinality as problem(value, position)
 where document_id = $1 and position > $2 order by position limit $3`;

export async function findErrors(db: Queryable, documentId: string, after: number, limit: number): Promise<Problem[]> {
  const { rows } = await db.query<{ problem: Problem }>(FIND_ERRORS, [documentId, after, limit]);
  return rows.map(({ problem }) => problem);
}

const WAITING_SENDERS = `
select bin from document where status = 'received' group by bin order by min(received_at) limit 100`;

export async function waitingSenders(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ bin: string }>(WAITING_SENDERS);
  return rows.map(({ bin }) => bin);
}

// Documents of one sender are applied in order of arrival, whichever hub applies them.
const TAKE_LANE = `select pg_try_advisory_xact_lock(hashtextextended('document lane ' || $1, 0)) as taken`;
const COUNT_ATTEMPT = `
update document set attempts = greatest(attempts - case when document_id = $2 then 1 else 0 end, 0) + 1
 where document_id = (select document_id from document where status = 'received' and bin = $1
                       order by received_at, document_id limit 1)
   and status = 'received'
returning ${COLUMNS}`;

/** False when another hub is at work on this sender's documents. Held until the transaction ends. */
export async function takeLane(tx: Transaction, bin: string): Promise<boolean> {
  const { rows } = await tx.query<{ taken: boolean }>(TAKE_LANE, [bin]);
  return rows[0]?.taken === true;
}

/**
 * The sender's next document, for whoever holds the lane. Its attempt is counted before it can do any harm, so on a
 * connection of its own: the count outlives the transaction that a crash rolls back.
 * @param forgiven the document whose last attempt ended for reasons outside it: that one is taken off again, in the store,
 *   where every hub reads the count
 */
export async function nextOfSender(db: Queryable, bin: string, forgiven?: string): Promise<DocumentRow | null> {
  const { rows } = await db.query<DocumentRow>(COUNT_ATTEMPT, [bin, forgiven ?? null]);
  return rows[0] ?? null;
}

const COMPLETE = `
update document
   set status = $2, errors = $3, error_count = $4, warnings = $7, code_count = coalesce($5, code_count), completed_at = $6,
       idempotency_key = case when $2 <> 'accepted' and idempotency_key like 'digest:%' then null else idempotency_key end
 where document_id = $1`;

/**
 * The final word on a document. One without effect and without a key of its own frees its digest: the same content may
 * be sent again when circumstances have changed.
 */
export async function completeDocument(
  tx: Queryable,
  document: DocumentRow,
  status: 'accepted' | 'rejected' | 'failed',
  problems: readonly Problem[],
  now: Date,
  warnings: readonly Problem[] = [],
): Promise<void> {
  const errors = problems.length === 0 ? null : JSON.stringify(problems);
  const told = warnings.length === 0 ? null : JSON.stringify(warnings);
  await tx.query(COMPLETE, [document.documentId, status, errors, problems.length, document.codeCount, now, told]);
}

const READ_PART = `select body from document_part where document_id = $1 and part_no = $2`;

/** The raw document, part by part. */
export async function* readParts(db: Queryable, documentId: string): AsyncGenerator<Buffer> {
  for (let partNo = 0; ; partNo++) {
    const { rows } = await db.query<{ body: Buffer }>({
      name: 'read_part',
      text: READ_PART,
      values: [documentId, partNo],
    });
    const part = rows[0];
    if (part === undefined) return;
    yield part.body;
  }
}
