import type { Database } from '../../store/database.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import type { StagedLine } from '../lifecycle/staging.ts';
import { parseLine, readLines } from '../ndjson.ts';
import { storableText } from '../storable.ts';
import type { DocumentRow } from './document-store.ts';
import { readParts } from './document-store.ts';
import type { XmlDocuments } from './xml/xml-documents.ts';

/** Codes read at a time: large enough for one catalogue statement to serve many, small enough to let tills in between. */
const CODES_PER_TURN = 5_000;

/** Line of a stream's first code, where no empty line stands before it. */
export const FIRST_CODE_LINE = 2;

/** The codes of a document as they were written, in groups, with the 0-based place of the first of each group. */
export type CodeGroups = AsyncIterable<{ readonly first: number; readonly codes: readonly string[] }>;

/** Groups of a list that is still in memory. */
export async function* groupsOf(codes: readonly string[]): CodeGroups {
  for (let first = 0; first < codes.length; first += CODES_PER_TURN) {
    yield { first, codes: codes.slice(first, first + CODES_PER_TURN) };
    await new Promise(setImmediate);
  }
}

/** Groups read from the raw document in the store. The raw document was checked by form when it came in. */
export async function* groupsFromStore(
  db: Database,
  document: DocumentRow,
  xml: Pick<XmlDocuments, 'codes'>,
): CodeGroups {
  if (document.format !== 'ndjson') {
    const parts: Buffer[] = [];
    for await (const part of readParts(db, document.documentId)) parts.push(part);
    const raw = Buffer.concat(parts);
    // A decoder passes over the byte order mark, as the intake did.
    const codes =
      document.format === 'xml' ? await xml.codes(raw) : codesOfBody(JSON.parse(new TextDecoder().decode(raw)));
    yield* groupsOf(codes);
    return;
  }
  // The header is line 1. Empty lines have no code, but count: a new group begins behind them.
  let first = 0;
  let codes: string[] = [];
  for await (const lines of readLines(readParts(db, document.documentId))) {
    for (const line of lines) {
      const value = parseLine(line);
      if (typeof value !== 'string') continue;
      const place = line.number - FIRST_CODE_LINE;
      if (codes.length >= CODES_PER_TURN || place !== first + codes.length) {
        if (codes.length > 0) yield { first, codes };
        first = place;
        codes = [];
      }
      codes.push(value);
    }
  }
  if (codes.length > 0) yield { first, codes };
}

function codesOfBody(document: unknown): string[] {
  if (typeof document !== 'object' || document === null || !('body' in document)) return [];
  const { body } = document;
  if (typeof body !== 'object' || body === null || !('codes' in body) || !Array.isArray(body.codes)) return [];
  return body.codes.filter((code): code is string => typeof code === 'string');
}

/** Reads each code to its cis; what is no code goes to `problems` (at most `problemsMax`) instead. */
export async function* stagedLines(
  groups: CodeGroups,
  markReader: MarkReader,
  problems: LineProblem[],
  problemsMax: number,
): AsyncGenerator<StagedLine> {
  for await (const { first, codes } of groups) {
    const results = await markReader.read(codes);
    for (const [index, result] of results.entries()) {
      const line = first + index;
      if (result.ok) yield { line, cis: result.code.cis };
      else if (problems.length < problemsMax) {
        problems.push({ line, cis: storableText((codes[index] ?? '').slice(0, 64)), code: result.error });
      }
    }
  }
}
