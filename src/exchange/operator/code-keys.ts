import { historyOf } from '../../core/codes/code-history.ts';
import type { MarkReader } from '../../core/codes/mark-reader.ts';
import { TanbaError } from '../../core/errors.ts';
import { readCodes } from '../../core/lifecycle/code-rows.ts';
import type { Queryable } from '../../store/database.ts';

/** What names a receipt rather than a document in the history of a code. */
const OF_RECEIPTS: readonly string[] = ['sold', 'returned'];
/** Of a life longer than this only the end is looked for. */
const KEYS_MAX = 1_000;

/**
 * A code is no key of a message: a document has up to a million of them. Its history tells which order, documents and
 * receipts were about it, those of the packages around it included, and these are keys.
 */
export async function keysOfCode(
  db: Queryable,
  markReader: Pick<MarkReader, 'read'>,
  text: string,
): Promise<readonly string[]> {
  const [parsed] = await markReader.read([text]);
  if (parsed === undefined || !parsed.ok) throw new TanbaError('codes.not_found', { path: '/query/cis' });
  const { cis } = parsed.code;
  const code = (await readCodes(db, [cis])).get(cis);
  if (code === undefined) throw new TanbaError('codes.not_found', { path: '/query/cis' });
  const events = await historyOf(db, code);
  const keys = events.flatMap(({ event, documentId }) => (documentId === null ? [] : keysOfEvent(event, documentId)));
  return [...new Set(keys)].slice(-KEYS_MAX);
}

/** A document can return a code, and so can a receipt. */
function keysOfEvent(event: string, id: string): string[] {
  if (event === 'emitted') return [`order:${id}`];
  return OF_RECEIPTS.includes(event) ? [`receipt:${id}`, `document:${id}`] : [`document:${id}`];
}
