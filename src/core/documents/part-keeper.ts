import { createHash } from 'node:crypto';
import type { Database } from '../../store/database.ts';
import { TanbaError } from '../errors.ts';
import type { NewDocument } from './document-store.ts';
import { insertPart } from './document-store.ts';

/** A raw document is kept in parts of this size. */
export const PART_BYTES = 1_048_576;

export interface PartKeeper {
  /** Passes the stream on, keeping what has passed. */
  keep(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** Writes the last part; answers the SHA-256 of the whole. */
  finish(): Promise<Buffer>;
}

/** Writes a stream to the store in parts. The header, and so the document, is known before the first is full. */
export function createPartKeeper(db: Database, documentOf: () => NewDocument | undefined): PartKeeper {
  const hash = createHash('sha256');
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let partNo = 0;

  async function flush(): Promise<void> {
    if (pendingBytes === 0) return;
    const document = documentOf();
    // Only empty lines so far: nothing to keep them under, and no reason to keep them in memory.
    if (document === undefined) throw new TanbaError('documents.header_missing', { path: '/lines/1' });
    await insertPart(db, document, partNo, Buffer.concat(pending));
    partNo += 1;
    pending = [];
    pendingBytes = 0;
  }

  return {
    async *keep(stream) {
      for await (const chunk of stream) {
        if (pendingBytes >= PART_BYTES) await flush();
        hash.update(chunk);
        pending.push(chunk);
        pendingBytes += chunk.length;
        yield chunk;
      }
    },
    async finish() {
      await flush();
      return hash.digest();
    },
  };
}
