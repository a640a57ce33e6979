import { createHash } from 'node:crypto';
import type { Role } from '../../access/permissions.ts';
import type { Database } from '../../store/database.ts';
import { sqlState } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import { parseLine, readLines } from '../ndjson.ts';
import type { DocumentStatus, NewDocument } from './document-store.ts';
import {
  completeReceiving,
  findAbandoned,
  findByKey,
  forgetReceiving,
  insertDocument,
  insertPart,
} from './document-store.ts';
import type { DocumentHeader, DocumentKind } from './kinds.ts';
import { KINDS } from './kinds.ts';
import { createPartKeeper, PART_BYTES } from './part-keeper.ts';
import type { DocumentProcessor } from './processor.ts';
import { createDocumentReader } from './read-document.ts';
import type { XmlDocuments } from './xml/xml-documents.ts';

/** Receives documents: checked by form, kept raw, answered only when durable. Their effect is the processor's work. */
export interface DocumentIntake {
  /** A JSON document: the parsed value and its bytes as they came. */
  acceptJson(sender: Sender, parsed: unknown, raw: Buffer): Promise<Acceptance>;
  /** The same document in XML, by its bytes. */
  acceptXml(sender: Sender, raw: Buffer): Promise<Acceptance>;
  /** An NDJSON stream: the header `{kind, body}` on the first line, then one code a line, as JSON strings. */
  acceptStream(sender: Sender, stream: AsyncIterable<Uint8Array>): Promise<Acceptance>;
  /** Removes streams that were begun and never completed. */
  forgetAbandoned(): Promise<void>;
}

export interface Sender {
  readonly bin: string;
  readonly role: Role;
  readonly ip: string;
  readonly idempotencyKey: string | undefined;
  /** W3C traceparent of the request. */
  readonly trace?: string;
  /** BIN of the service provider that sends it for its sender. */
  readonly actedBy?: string | undefined;
}

export interface Acceptance {
  readonly documentId: string;
  readonly status: DocumentStatus;
}

export interface DocumentIntakeDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly processor: Pick<DocumentProcessor, 'wake'>;
  readonly codesPerDocument: number;
  readonly xml: Pick<XmlDocuments, 'read'>;
}

const UNIQUE_VIOLATION = '23505';
/** No upload lasts longer; what is older was cut off. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

export function createDocumentIntake(deps: DocumentIntakeDeps): DocumentIntake {
  const { db, clock, processor } = deps;
  const reader = createDocumentReader(deps.codesPerDocument);
  let lastArrival = 0;

  /** Later than every arrival before it: the order of documents that came in one millisecond is kept too. */
  function arrival(): Date {
    lastArrival = Math.max(clock.now().getTime(), lastArrival + 1);
    return new Date(lastArrival);
  }

  async function acceptWhole(
    sender: Sender,
    format: 'json' | 'xml',
    parsed: unknown,
    raw: Buffer,
  ): Promise<Acceptance> {
    const { kind, header, codes } = reader.read(parsed);
    assertMaySend(sender, kind, '/kind');
    const digest = createHash('sha256').update(raw).digest();
    const document = newDocument(sender, kind, format, header, codes.length, digest);
    const inserted = await db.transaction(async (tx) => {
      if (!(await insertDocument(tx, document, 'received'))) return false;
      for (let part = 0; part * PART_BYTES < raw.length; part++) {
        await insertPart(tx, document, part, raw.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
      }
      await auditReceived(tx, document);
      return true;
    });
    if (!inserted) return sameAgain(sender, digest);
    processor.wake(document.documentId, sender.bin, codes);
    return { documentId: document.documentId, status: 'received' };
  }

  async function acceptStream(sender: Sender, stream: AsyncIterable<Uint8Array>): Promise<Acceptance> {
    const now = clock.now();
    const documentId = newId(now);
    let document: NewDocument | undefined;
    let codeCount = 0;
    const keeper = createPartKeeper(db, () => document);
    try {
      for await (const lines of readLines(keeper.keep(stream))) {
        for (const line of lines) {
          const value = parseLine(line);
          if (document === undefined) {
            document = await beginStream(documentId, sender, value, now);
          } else {
            codeCount += 1;
            reader.checkStreamedCode(value, line.number, codeCount);
          }
        }
      }
      if (document === undefined) throw new TanbaError('documents.header_missing', { path: '/lines/1' });
      if (codeCount === 0 && KINDS[document.kind].codes === 'required') throw new TanbaError('documents.no_codes');
      return await completeStream(document, sender, await keeper.finish(), codeCount);
    } catch (error) {
      if (document !== undefined) await forgetReceiving(db, documentId);
      throw error;
    }
  }

  async function beginStream(documentId: string, sender: Sender, value: unknown, now: Date): Promise<NewDocument> {
    const { kind, header } = reader.readStreamHeader(value);
    assertMaySend(sender, kind, '/lines/1/kind');
    const document: NewDocument = {
      ...newDocument(sender, kind, 'ndjson', header, null, null),
      documentId,
      idempotencyKey: null,
      receivedAt: now,
    };
    await insertDocument(db, document, 'receiving');
    return document;
  }

  async function completeStream(
    begun: NewDocument,
    sender: Sender,
    digest: Buffer,
    codeCount: number,
  ): Promise<Acceptance> {
    const idempotencyKey = keyOf(sender, digest);
    const document = { ...begun, codeCount, digest, idempotencyKey, receivedAt: arrival() };
    try {
      await db.transaction(async (tx) => {
        await completeReceiving(tx, document);
        await auditReceived(tx, document);
      });
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
      await forgetReceiving(db, document.documentId);
      return sameAgain(sender, digest);
    }
    processor.wake(document.documentId, sender.bin);
    return { documentId: document.documentId, status: 'received' };
  }

  /** Same document again: the first answer, no second effect. Same key with another document: a conflict. */
  async function sameAgain(sender: Sender, digest: Buffer): Promise<Acceptance> {
    const existing = await findByKey(db, sender.bin, keyOf(sender, digest));
    if (existing === null) throw new TanbaError('store.unavailable', { retryAfterSeconds: 1 });
    if (existing.digest === null || !existing.digest.equals(digest))
      throw new TanbaError('request.idempotency_conflict');
    return { documentId: existing.documentId, status: existing.status };
  }

  function newDocument(
    sender: Sender,
    kind: DocumentKind,
    format: NewDocument['format'],
    header: DocumentHeader,
    codeCount: number | null,
    digest: Buffer | null,
  ): NewDocument {
    const receivedAt = arrival();
    const idempotencyKey = digest === null ? null : keyOf(sender, digest);
    const { bin, ip, trace = null, actedBy = null } = sender;
    return {
      documentId: newId(receivedAt),
      bin,
      kind,
      format,
      header,
      codeCount,
      digest,
      idempotencyKey,
      ip,
      receivedAt,
      trace,
      actedBy,
    };
  }

  async function auditReceived(tx: Parameters<typeof writeAudit>[0], document: NewDocument): Promise<void> {
    const { receivedAt: at, bin, ip, documentId: subject, kind, codeCount } = document;
    await writeAudit(tx, { at, bin, ip, action: 'document.received', subject, details: { kind, codeCount } });
  }

  return {
    acceptJson: (sender, parsed, raw) => acceptWhole(sender, 'json', parsed, raw),
    acceptXml: async (sender, raw) => acceptWhole(sender, 'xml', await deps.xml.read(raw), raw),
    acceptStream,
    forgetAbandoned: async () => {
      const before = new Date(clock.now().getTime() - ABANDONED_AFTER_MS);
      for (const documentId of await findAbandoned(db, before)) await forgetReceiving(db, documentId);
    },
  };
}

/** @throws TanbaError documents.kind_not_yours */
export function assertMaySend({ role }: Sender, kind: DocumentKind, path: string): void {
  if (!KINDS[kind].roles.includes(role)) throw new TanbaError('documents.kind_not_yours', { path, details: { kind } });
}

/** Without a key of the sender's own, the content is the key. */
function keyOf(sender: Sender, digest: Buffer): string {
  return sender.idempotencyKey === undefined ? `digest:${digest.toString('hex')}` : `key:${sender.idempotencyKey}`;
}
