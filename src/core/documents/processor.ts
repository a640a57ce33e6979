import type { Database, Transaction } from '../../store/database.ts';
import { sqlState } from '../../store/database.ts';
import { isOutage } from '../../store/outage.ts';
import { appendOutbox } from '../../store/outbox.ts';
import { raiseAlert } from '../audit/alerts.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { Problem } from '../errors.ts';
import { isErrorCode } from '../errors.ts';
import { PathMoved } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { createStaging, loadStaging, stagedGtins } from '../lifecycle/staging.ts';
import { checkHeader } from './check-header.ts';
import { createCodesAtHand } from './codes-at-hand.ts';
import { FIRST_CODE_LINE, groupsFromStore, groupsOf, stagedLines } from './content.ts';
import { noteGtins } from './document-gtins.ts';
import type { DocumentRow, DocumentStatus } from './document-store.ts';
import { completeDocument, findDocument, nextOfSender, takeLane, waitingSenders } from './document-store.ts';
import { EFFECTS } from './effects.ts';
import { KINDS } from './kinds.ts';
import { createOutcomeNews } from './outcome-news.ts';

/**
 * Applies received documents: each sender's in order of arrival, several senders side by side. Everything about one
 * document happens in one transaction, so a kill anywhere leaves it received, and the next start applies it.
 */
export interface DocumentProcessor {
  start(): void;
  stop(): Promise<void>;
  /** A document of this sender has been received; `codes` spares reading it back when they are still in memory. */
  wake(documentId: string, bin: string, codes?: readonly string[]): void;
  /** The document's state, waiting at most `timeoutMs` for a final one. */
  waitFor(documentId: string, timeoutMs: number, signal: AbortSignal): Promise<DocumentRow | null>;
}

export interface DocumentProcessorDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly markReader: MarkReader;
  readonly errorsPerDocument: number;
  readonly log: { info(details: object, text: string): void; error(details: object, text: string): void };
  /** False where other processes apply documents: this one only receives them and waits for their outcome. */
  readonly applies?: boolean;
  readonly onCompleted?: (kind: string, status: DocumentStatus) => void;
}

const SENDERS_AT_ONCE = 2;
/** A document is found by its goods, of one about more kinds of goods by so many; its message by fewer. */
const GTINS_MAX = 10_000;
const GTIN_KEYS_MAX = 100;
const POLL_MS = 1_000;
/**
 * A document that fails so often is set aside for an operator, so that it cannot stop its sender's others. During an
 * outage each hub may hold one attempt that it has not yet been able to give back.
 */
const ATTEMPTS_MAX = 20;
/** A million codes take about a minute here; ten times that is a fault. */
const STATEMENT_TIMEOUT_MS = 600_000;
/** Waiting for another hub that works on the document: how often to look. */
const LOOK_AGAIN_MS = 250;

export function createDocumentProcessor(deps: DocumentProcessorDeps): DocumentProcessor {
  const { db, clock, log, applies = true } = deps;
  const running = new Map<string, Promise<void>>();
  const atHand = createCodesAtHand();
  const news = createOutcomeNews();
  /** By sender, the document whose last attempt does not count, until the store has taken it off. */
  const forgiven = new Map<string, string>();
  /** Senders whose documents another hub applies, or that failed just now: not before the next regular look. */
  const resting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;

  function wake(documentId: string, bin: string, codes?: readonly string[]): void {
    if (applies && codes !== undefined) atHand.put(documentId, codes);
    startLane(bin);
  }

  function startLane(bin: string): void {
    if (!applies || stopping || running.has(bin) || running.size >= SENDERS_AT_ONCE) return;
    const lane = runLane(bin)
      .catch((error: unknown) => {
        resting.add(bin);
        log.error({ err: error, bin }, 'documents of a sender could not be applied; trying again');
      })
      .finally(() => {
        running.delete(bin);
        void poll(false);
      });
    running.set(bin, lane);
  }

  async function poll(again: boolean): Promise<void> {
    if (stopping) return;
    if (again) resting.clear();
    try {
      for (const bin of await waitingSenders(db)) if (!resting.has(bin)) startLane(bin);
    } catch (error) {
      log.error({ err: error }, 'waiting documents could not be looked up');
    }
    if (again && !stopping) timer = setTimeout(() => void poll(true), POLL_MS);
  }

  async function runLane(bin: string): Promise<void> {
    while (!stopping) {
      const outcome = await applyNext(bin);
      if (outcome === 'elsewhere') resting.add(bin);
      if (outcome === 'elsewhere' || outcome === 'none') return;
      if (outcome === 'again') continue;
      deps.onCompleted?.(outcome.kind, outcome.status);
      news.tell(outcome.documentId);
    }
  }

  /** The sender's next document, if nobody else is at work on this sender. */
  async function applyNext(bin: string): Promise<Completed | 'none' | 'elsewhere' | 'again'> {
    let documentId: string | undefined;
    try {
      return await db.transaction(
        async (tx) => {
          if (!(await takeLane(tx, bin))) return 'elsewhere';
          const document = await nextOfSender(db, bin, forgiven.get(bin));
          forgiven.delete(bin);
          if (document === null) return 'none';
          documentId = document.documentId;
          const codes = atHand.take(documentId);
          const { kind, attempts } = document;
          const status =
            attempts <= ATTEMPTS_MAX ? await applyDocument(deps, tx, document, codes) : await setAside(tx, document);
          return { documentId, kind, status };
        },
        { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
      );
    } catch (error) {
      const passing = isPassing(error);
      if (documentId !== undefined && (passing || isOutage(error))) {
        forgiven.set(bin, documentId);
      }
      if (passing) return 'again';
      throw error;
    }
  }

  async function setAside(tx: Transaction, document: DocumentRow): Promise<'failed'> {
    const { documentId, bin, kind, attempts } = document;
    log.error({ documentId, attempts }, 'document set aside');
    const at = clock.now();
    await completeDocument(tx, document, 'failed', [{ code: 'documents.failed' }], at);
    await raiseAlert(tx, { at, kind: 'document_failed', subject: documentId, details: { bin, kind } });
    return 'failed';
  }

  async function waitFor(documentId: string, timeoutMs: number, signal: AbortSignal): Promise<DocumentRow | null> {
    const deadline = clock.now().getTime() + timeoutMs;
    for (;;) {
      const document = await findDocument(db, documentId);
      const leftMs = deadline - clock.now().getTime();
      if (document === null || document.status !== 'received' || leftMs <= 0 || signal.aborted) return document;
      await news.next(documentId, Math.min(leftMs, LOOK_AGAIN_MS));
    }
  }

  return {
    start: () => {
      if (applies) void poll(true);
    },
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await Promise.allSettled(running.values());
    },
    wake,
    waitFor,
  };
}

/** Deadlock, serialisation, moved packages: the next attempt meets another situation. */
function isPassing(error: unknown): boolean {
  const state = sqlState(error);
  return error instanceof PathMoved || state === '40P01' || state === '40001';
}

interface Completed {
  readonly documentId: string;
  readonly kind: string;
  readonly status: DocumentStatus;
}

/** Check and effect in the caller's transaction, which holds the sender's lane. */
async function applyDocument(
  deps: DocumentProcessorDeps,
  tx: Transaction,
  document: DocumentRow,
  codesInMemory: readonly string[] | undefined,
): Promise<'accepted' | 'rejected'> {
  const now = deps.clock.now();
  const rules = KINDS[document.kind];
  const { errors: problems, warnings } = checkHeader(document, now);
  if (problems.length === 0) {
    await tx.query('savepoint effect');
    for (const problem of await stageAndApply(deps, tx, document, codesInMemory, now)) {
      problems.push(located(problem, document));
    }
    if (problems.length > 0) await tx.query('rollback to savepoint effect');
  }
  const status = problems.length === 0 ? 'accepted' : 'rejected';
  await completeDocument(tx, document, status, problems, now, status === 'accepted' ? warnings : []);
  const { documentId, bin, kind, trace } = document;
  const gtins = status === 'accepted' && rules.codes !== 'none' ? await stagedGtins(tx, GTINS_MAX) : [];
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

async function stageAndApply(
  deps: DocumentProcessorDeps,
  tx: Transaction,
  document: DocumentRow,
  codesInMemory: readonly string[] | undefined,
  now: Date,
): Promise<readonly LineProblem[]> {
  const rules = KINDS[document.kind];
  let expected = 0;
  await createStaging(tx);
  if (rules.codes !== 'none') {
    const malformed: LineProblem[] = [];
    const groups = codesInMemory === undefined ? groupsFromStore(deps.db, document) : groupsOf(codesInMemory);
    expected = await loadStaging(tx, stagedLines(groups, deps.markReader, malformed, deps.errorsPerDocument));
    if (malformed.length > 0) return malformed;
  }
  return EFFECTS[document.kind](tx, document.header, {
    actor: document.bin,
    owner: document.bin,
    ownerAfter: document.bin,
    counterparty: null,
    trace: document.trace,
    documentId: document.documentId,
    occurredAt: rules.occurredAt(document.header, document.receivedAt),
    recordedAt: now,
    expected,
    problemsMax: deps.errorsPerDocument,
  });
}

/** The place in the document as its sender counts: an index of `codes`, or a line of the stream (the header is 1). */
function located(problem: LineProblem, document: DocumentRow): Problem {
  const { line, cis, code, details, path } = problem;
  const inCodes = document.format === 'json' ? `/body/codes/${line}` : `/lines/${line + FIRST_CODE_LINE}`;
  if (!isErrorCode(code)) throw new TypeError(`unknown error code ${code}`);
  const told = {
    code,
    path: path ?? (line < 0 ? '/body/sscc' : inCodes),
    ...(details === undefined ? {} : { details }),
  };
  return cis === '' ? told : { ...told, cis };
}
