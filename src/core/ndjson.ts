import { TanbaError } from './errors.ts';

/** Longest line of an NDJSON stream, bytes. A code is at most 512 characters; the header line is small. */
export const LINE_BYTES_MAX = 65_536;

const NEWLINE = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A line of a stream, numbered from 1 as an editor would. */
export interface NumberedLine {
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * Splits a byte stream into lines, a group for each chunk read. Lines of white space only are passed over.
 * @throws TanbaError documents.line_too_long
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number = LINE_BYTES_MAX,
): AsyncGenerator<readonly NumberedLine[]> {
  let rest = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of chunks) {
    const data = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    const lines: NumberedLine[] = [];
    let start = 0;
    for (let end = data.indexOf(NEWLINE, start); end >= 0; end = data.indexOf(NEWLINE, start)) {
      number += 1;
      push(lines, data.subarray(start, end), number, maxBytes);
      start = end + 1;
    }
    rest = Buffer.from(data.subarray(start));
    if (rest.length > maxBytes) throw new TanbaError('documents.line_too_long', { details: { line: number + 1 } });
    if (lines.length > 0) yield lines;
  }
  const last: NumberedLine[] = [];
  push(last, rest, number + 1, maxBytes);
  if (last.length > 0) yield last;
}

/**
 * The JSON value of a line.
 * @throws TanbaError request.invalid_utf8, documents.line_malformed
 */
export function parseLine(line: NumberedLine): unknown {
  const path = `/lines/${line.number}`;
  let text: string;
  try {
    text = utf8.decode(line.bytes);
  } catch (cause) {
    throw new TanbaError('request.invalid_utf8', { path, cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TanbaError('documents.line_malformed', { path, details: { line: line.number }, cause });
  }
}

function push(lines: NumberedLine[], bytes: Buffer, number: number, maxBytes: number): void {
  if (bytes.length > maxBytes) throw new TanbaError('documents.line_too_long', { details: { line: number } });
  if (bytes.some((byte) => byte > 0x20)) lines.push({ number, bytes });
}
