import type { Database } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import type { Clock } from '../clock.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { Problem } from '../errors.ts';
import { TanbaError } from '../errors.ts';
import type { OutageRegister } from '../outages/outage-register.ts';
import { checkAndApply } from './apply-document.ts';
import { checkHeader } from './check-header.ts';
import { groupsOf } from './content.ts';
import { fitsAtOnce } from './fits-at-once.ts';
import type { Sender } from './intake.ts';
import { assertMaySend } from './intake.ts';
import type { DocumentKind } from './kinds.ts';
import { createDocumentReader } from './read-document.ts';
import type { XmlDocuments } from './xml/xml-documents.ts';

export interface ValidationResult {
  readonly kind: DocumentKind;
  readonly codeCount: number;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Runs every rule on a document as if it had just come in, without effect and without a trace. */
export interface DocumentValidator {
  /**
   * What is wrong with the document now; a document that waits to be applied may make it otherwise.
   * @throws TanbaError for what has no form, as the intake does; documents.validations_busy
   */
  validate(sender: Sender, parsed: unknown): Promise<ValidationResult>;
  /** The same of a document in XML. */
  validateXml(sender: Sender, raw: Buffer): Promise<ValidationResult>;
}

/** Each takes a connection and a core; documents and receipts go first. */
const AT_ONCE = 2;
const WAITING_MAX = 20;
const STATEMENT_TIMEOUT_MS = 60_000;

export interface DocumentValidatorDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly markReader: MarkReader;
  readonly errorsPerDocument: number;
  readonly codesPerDocument: number;
  readonly xml: Pick<XmlDocuments, 'read'>;
  readonly outages?: Pick<OutageRegister, 'known'>;
}

/** Ends the transaction of a validation, whatever it has put into tables of the session. */
class Looked extends Error {
  override readonly name = 'Looked';
}

export function createDocumentValidator(deps: DocumentValidatorDeps): DocumentValidator {
  const { db, clock, codesPerDocument, errorsPerDocument } = deps;
  const reader = createDocumentReader(codesPerDocument, errorsPerDocument);
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= AT_ONCE) {
      if (waiting.length >= WAITING_MAX) throw new TanbaError('documents.validations_busy', { retryAfterSeconds: 5 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  async function validate(sender: Sender, parsed: unknown): Promise<ValidationResult> {
    const { kind, header, codes } = reader.read(parsed);
    assertMaySend(sender, kind, '/kind');
    const now = clock.now();
    const { bin } = sender;
    const document = {
      documentId: newId(now),
      bin,
      kind,
      header,
      format: 'json',
      receivedAt: now,
      trace: null,
    } as const;
    const found = await inTurn(async () => {
      const { errors, warnings } = checkHeader(document, now, deps.outages?.known());
      if (errors.length === 0 && header['placeId'] === undefined && (await fitsAtOnce(deps, document, codes)))
        return { errors, warnings };
      return looked(db, (tx) => checkAndApply(deps, tx, document, groupsOf(codes), now, true));
    });
    return { kind, codeCount: codes.length, ...found };
  }

  return {
    validate,
    validateXml: async (sender, raw) => validate(sender, await deps.xml.read(raw)),
  };
}

async function looked<T>(
  db: Database,
  work: (tx: Parameters<Parameters<Database['transaction']>[0]>[0]) => Promise<T>,
): Promise<T> {
  let result: { readonly value: T } | undefined;
  try {
    await db.transaction(
      async (tx) => {
        result = { value: await work(tx) };
        throw new Looked('nothing is kept');
      },
      { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
    );
  } catch (error) {
    if (!(error instanceof Looked)) throw error;
  }
  if (result === undefined) throw new TypeError('a look has a result');
  return result.value;
}
