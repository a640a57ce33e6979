import type { Database, Transaction } from '../../store/database.ts';
import { appendOutbox } from '../../store/outbox.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { Problem } from '../errors.ts';
import { isErrorCode } from '../errors.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { createStaging, loadStaging, stagedGtins } from '../lifecycle/staging.ts';
import type { OutageRegister } from '../outages/outage-register.ts';
import { checkHeader } from './check-header.ts';
import type { CodeGroups } from './content.ts';
import { FIRST_CODE_LINE, groupsFromStore, groupsOf, stagedLines } from './content.ts';
import { noteGtins } from './document-gtins.ts';
import type { DocumentRow } from './document-store.ts';
import { completeDocument } from './document-store.ts';
import { EFFECTS } from './effects.ts';
import { KINDS } from './kinds.ts';
import { placeProblems } from './place-of-document.ts';
import type { XmlDocuments } from './xml/xml-documents.ts';

export interface ApplyDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly markReader: MarkReader;
  readonly xml: Pick<XmlDocuments, 'codes'>;
  readonly errorsPerDocument: number;
  /** Outages that were announced: reports of their time may come later. */
  readonly outages?: Pick<OutageRegister, 'known'>;
}

/** What a document is, wherever its codes come from. */
export type DocumentInHand = Pick<
  DocumentRow,
  'documentId' | 'bin' | 'kind' | 'format' | 'header' | 'receivedAt' | 'trace'
>;

/** A document is found by its goods, of one about more kinds of goods by so many; its message by fewer. */
const GTINS_MAX = 10_000;
const GTIN_KEYS_MAX = 100;

/** Check and effect in the caller's transaction, which holds the sender's lane. */
export async function applyDocument(
  deps: ApplyDeps,
  tx: Transaction,
  document: DocumentRow,
  codesInMemory: readonly string[] | undefined,
): Promise<'accepted' | 'rejected'> {
  const now = deps.clock.now();
  const { documentId, bin, kind, trace } = document;
  await tx.query('savepoint effect');
  const groups = codesInMemory === undefined ? groupsFromStore(deps.db, document, deps.xml) : groupsOf(codesInMemory);
  const { errors, warnings } = await checkAndApply(deps, tx, document, groups, now, false);
  const status = errors.length === 0 ? 'accepted' : 'rejected';
  if (status === 'rejected') await tx.query('rollback to savepoint effect');
  await completeDocument(tx, document, status, errors, now, status === 'accepted' ? warnings : []);
  const gtins = status === 'accepted' && KINDS[kind].codes !== 'none' ? await stagedGtins(tx, GTINS_MAX) : [];
  if (status === 'accepted') await noteGtins(tx, document, gtins);
  const keys = [`document:${documentId}`, ...gtins.slice(0, GTIN_KEYS_MAX).map((gtin) => `gtin:${gtin}`)];
  await appendOutbox(tx, [{ topic: `document.${status}`, bin, keys, trace, payload: { documentId, kind } }], now);
  await writeAudit(tx, {
    at: now,
    bin,
    ip: null,
    action: `document.${status}`,
    subject: documentId,
    details: { kind },
  });
  return status;
}

/**
 * Every rule on header and codes, and, where none speaks against it, the effect. Whatever is wrong in one place, the other
 * places are looked at too. With `dryRun` nothing is locked or written beyond tables of the session.
 */
export async function checkAndApply(
  { markReader, errorsPerDocument, outages }: Pick<ApplyDeps, 'markReader' | 'errorsPerDocument' | 'outages'>,
  tx: Transaction,
  document: DocumentInHand,
  groups: CodeGroups,
  now: Date,
  dryRun: boolean,
): Promise<{ readonly errors: Problem[]; readonly warnings: Problem[] }> {
  const { kind, bin, header, documentId, receivedAt, trace } = document;
  const { errors, warnings } = checkHeader(document, now, outages?.known());
  errors.push(...(await placeProblems(tx, header, bin)));
  const malformed: LineProblem[] = [];
  await createStaging(tx);
  const expected =
    KINDS[kind].codes === 'none'
      ? 0
      : await loadStaging(tx, stagedLines(groups, markReader, malformed, errorsPerDocument));
  const onlyMalformed = expected === 0 && malformed.length > 0;
  const problems = onlyMalformed
    ? []
    : await EFFECTS[kind](tx, header, {
        actor: bin,
        owner: bin,
        ownerAfter: bin,
        counterparty: null,
        documentId,
        occurredAt: KINDS[kind].occurredAt(header, receivedAt),
        recordedAt: now,
        expected,
        complete: malformed.length === 0,
        problemsMax: errorsPerDocument,
        trace,
        dryRun: dryRun || errors.length > 0 || malformed.length > 0,
      });
  const ofCodes = [...malformed, ...problems].sort((a, b) => a.line - b.line);
  for (const problem of ofCodes.slice(0, errorsPerDocument)) errors.push(located(problem, document));
  return { errors, warnings };
}

/** The place in the document as its sender counts: an index of `codes`, or a line of the stream (the header is 1). */
function located(problem: LineProblem, { format }: DocumentInHand): Problem {
  const { line, cis, code, details, path } = problem;
  const inCodes = format === 'ndjson' ? `/lines/${line + FIRST_CODE_LINE}` : `/body/codes/${line}`;
  if (!isErrorCode(code)) throw new TypeError(`unknown error code ${code}`);
  const told = {
    code,
    path: path ?? (line < 0 ? '/body/sscc' : inCodes),
    ...(details === undefined ? {} : { details }),
  };
  return cis === '' ? told : { ...told, cis };
}
