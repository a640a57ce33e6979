import type { Database, Transaction } from '../../store/database.ts';
import { sqlState } from '../../store/database.ts';
import { isOutage } from '../../store/outage.ts';
import { raiseAlert } from '../audit/alerts.ts';
import type { Clock } from '../clock.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import { PathMoved } from '../lifecycle/change-staged.ts';
import type { OutageRegister } from '../outages/outage-register.ts';
import { applyDocument } from './apply-document.ts';
import { createCodesAtHand } from './codes-at-hand.ts';
import type { DocumentRow, DocumentStatus } from './document-store.ts';
import { completeDocument, findDocument, nextOfSender, takeLane, waitingSenders } from './document-store.ts';
import { createOutcomeNews } from './outcome-news.ts';
import type { XmlDocuments } from './xml/xml-documents.ts';

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
  readonly xml: Pick<XmlDocuments, 'codes'>;
  readonly log: { info(details: object, text: string): void; error(details: object, text: string): void };
  /** False where other processes apply documents: this one only receives them and waits for their outcome. */
  readonly applies?: boolean;
  /** Without it no time is one of outage. */
  readonly outages?: Pick<OutageRegister, 'known'>;
  readonly onCompleted?: (kind: string, status: DocumentStatus) => void;
}

const SENDERS_AT_ONCE = 2;
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
