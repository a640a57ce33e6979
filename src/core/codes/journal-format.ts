import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** All that is needed to issue a line's codes again in a database that has never heard of the order. */
export interface IssueEntry {
  readonly orderId: string;
  readonly bin: string;
  readonly productGroup: string;
  readonly releaseMethodType: string;
  readonly orderedAt: string;
  readonly idempotencyKey: string | null;
  /** Of the order request, hexadecimal. */
  readonly requestDigest: string | null;
  readonly gtin: string;
  readonly quantity: number;
  readonly serialNumberType: 'OPERATOR' | 'SELF_MADE';
  readonly cisType: 'unit' | 'group' | 'set';
  readonly template: {
    readonly name: string;
    readonly serialLength: number;
    readonly serialPrefix: string | null;
  };
  readonly keyId: string;
  /** Encrypted under the master key, base64. Null for own serials. */
  readonly sealedSeed: string | null;
  readonly serialNumbers: readonly string[] | null;
  readonly consumed: number;
  readonly skipped: readonly number[];
}

/** After an entry: its number, the chain's digest, and where the next line begins. */
export interface JournalPlace {
  readonly seq: number;
  readonly digest: string;
  readonly offset: number;
}

export interface JournalRecord {
  readonly place: JournalPlace;
  readonly at: string;
  readonly entry: IssueEntry;
}

/** The chain is broken before its end: nothing after that can be trusted. */
export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged';
}

const READ_BYTES = 1 << 20;
/** 1,000,000 own serials of 20 characters with their quotes are 23 MB. */
const LINE_BYTES_MAX = 64 << 20;
const DIGEST_START = '{"digest":"';
const DIGEST_DIGITS = 64;
const BODY_START = DIGEST_START.length + DIGEST_DIGITS + '",'.length;

export function recordLine(after: JournalPlace, entry: IssueEntry, at: Date): { text: string; place: JournalPlace } {
  const seq = after.seq + 1;
  const body = JSON.stringify({ seq, at, entry }).slice(1);
  const digest = chain(after.digest, body);
  const text = `${DIGEST_START}${digest}",${body}\n`;
  return { text, place: { seq, digest, offset: after.offset + Buffer.byteLength(text) } };
}

function chain(previous: string, body: string): string {
  return createHash('sha256').update(previous, 'latin1').update(body, 'utf8').digest('hex');
}

export function parseHeader(line: string): string | undefined {
  const header = parseJson(line);
  if (typeof header !== 'object' || header === null || !('id' in header) || !('version' in header)) return undefined;
  return header.version === 1 && typeof header.id === 'string' ? header.id : undefined;
}

/** Every whole line after `from`. A last line cut short is left out; a wrong line before the end is damage. */
export async function* records(handle: FileHandle, from: JournalPlace): AsyncGenerator<JournalRecord> {
  let place = from;
  let wrong: number | undefined;
  for await (const line of lines(handle, from.offset)) {
    if (wrong !== undefined) throw new JournalDamaged(`the issue journal is damaged after entry ${wrong}`);
    const record = parseRecord(line, place);
    if (record === undefined) {
      wrong = place.seq;
    } else {
      place = record.place;
      yield record;
    }
  }
}

function parseRecord(line: Buffer, after: JournalPlace): JournalRecord | undefined {
  const text = line.toString('utf8');
  const digest = text.slice(DIGEST_START.length, DIGEST_START.length + DIGEST_DIGITS);
  if (!text.startsWith(DIGEST_START) || chain(after.digest, text.slice(BODY_START)) !== digest) return undefined;
  const value = parseJson(text);
  if (!isRecordBody(value) || value.seq !== after.seq + 1) return undefined;
  return {
    place: { seq: value.seq, digest, offset: after.offset + line.length + 1 },
    at: value.at,
    entry: value.entry,
  };
}

/** The digest vouches for the content: only what this program wrote in this order has it. */
function isRecordBody(value: unknown): value is { seq: number; at: string; entry: IssueEntry } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'seq' in value &&
    typeof value.seq === 'number' &&
    'at' in value &&
    typeof value.at === 'string' &&
    'entry' in value &&
    typeof value.entry === 'object' &&
    value.entry !== null &&
    'orderId' in value.entry
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lines that end in a line feed, without it. */
async function* lines(handle: FileHandle, from: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  let kept: Buffer[] = [];
  let keptBytes = 0;
  for (let offset = from; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, READ_BYTES, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0 && end < bytesRead; end = chunk.indexOf(10, start)) {
      yield Buffer.concat([...kept, chunk.subarray(start, end)]);
      kept = [];
      keptBytes = 0;
      start = end + 1;
    }
    if (start < bytesRead) {
      kept.push(Buffer.from(chunk.subarray(start, bytesRead)));
      keptBytes += bytesRead - start;
    }
    if (keptBytes > LINE_BYTES_MAX) throw new JournalDamaged('the issue journal has an endless line');
  }
}
