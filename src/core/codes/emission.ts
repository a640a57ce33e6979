import type { Logger } from 'pino';
import { type Database, sqlState, type Transaction } from '../../store/database.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import { createBell } from './bell.ts';
import {
  claimLine,
  copyCodes,
  finishLine,
  insertFreeCodes,
  issuedCodes,
  journalEntry,
  type PendingLine,
  rejectLine,
  rowEnd,
} from './emission-store.ts';
import { isRowsResult, type RowsResult, type RowsTask } from './emission-worker.ts';
import { type IssueGuard, lockJournal, saveJournalPlace } from './issue-guard.ts';
import type { IssueJournal } from './issue-journal.ts';
import type { KeyRing } from './key-ring.ts';
import { cisRange, type SerialSource } from './line-codes.ts';
import { existingCodes, settleOrder } from './order-store.ts';
import { seedContext, serialSpace } from './serials.ts';
import type { CodeTemplate } from './template.ts';
import { createTurns, type Turns } from './turns.ts';
import { createWorkerPool } from './worker-pool.ts';

/** Makes the codes of pending order lines. */
export interface Emission {
  start(): void;
  stop(): Promise<void>;
  /** There is something to do. */
  wake(): void;
  /**
   * Taken before looking at a line; its promise resolves when a line has been finished here since then, after
   * `milliseconds`, or after a second: another process may have finished it.
   */
  nextProgress(): (milliseconds: number) => Promise<void>;
}

export interface EmissionDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly productGroups: ProductGroups;
  readonly keyRing: Pick<KeyRing, 'unseal'>;
  readonly journal: IssueJournal;
  readonly guard: IssueGuard;
}

/** While one line is copied, the rows of the next are made; a third would only wait. */
const LINES_AT_ONCE = 2;
/** Making the rows of 150,000 codes takes 100 ms, their COPY 250 ms and more: one thread feeds two. */
const ROW_THREADS = 1;
/** Lines placed by other hubs that died are found by looking. */
const POLL_MS = 1_000;
const FAILED_LINE_REST_MS = 5_000;
const FAILED_LINES_MAX = 1_000;
const EMISSION_TIMEOUT_MS = 600_000;

export function createEmission(deps: EmissionDeps): Emission {
  const { db, clock, log, guard } = deps;
  const pool = createWorkerPool<RowsTask, RowsResult>({
    script: './emission-worker',
    from: import.meta.url,
    size: ROW_THREADS,
    isResult: isRowsResult,
  });
  /** Two COPYs at once took two thirds more of the server's CPU for a fifth more speed: they get in each other's way. */
  const copying = createTurns();
  const work = createBell();
  const finished = createBell();
  /** Lines that failed, until when they rest: one bad line does not keep the others waiting. */
  const resting = new Map<string, number>();
  let loops: Promise<void>[] = [];
  let stopping = false;

  async function loop(): Promise<void> {
    while (!stopping) {
      const heard = work.rung();
      if (!(await emitOne())) await work.wait(POLL_MS, heard);
    }
  }

  async function emitOne(): Promise<boolean> {
    let lineId: string | undefined;
    try {
      if (!(await guard.mayIssue())) return false;
      const found = await db.transaction(
        async (tx) => {
          const line = await claimLine(tx, restingLines());
          lineId = line?.lineId;
          if (line !== undefined) await emitLine({ ...deps, pool, copying }, tx, line);
          return line !== undefined;
        },
        { statementTimeoutMs: EMISSION_TIMEOUT_MS },
      );
      if (found) finished.ring();
      return found;
    } catch (error) {
      // Two lines of one GTIN that met each other's serials in opposite order: again, at once.
      if (sqlState(error) === '40P01' || sqlState(error) === '40001') return true;
      if (stopping) return false;
      // The database is not the one that was compared with the journal.
      if (error instanceof TanbaError && error.code === 'orders.issuing_locked')
        await guard.check().catch(() => undefined);
      log.error({ err: error, lineId }, 'an order line could not be emitted');
      if (lineId !== undefined && resting.size < FAILED_LINES_MAX) {
        resting.set(lineId, clock.now().getTime() + FAILED_LINE_REST_MS);
      }
      return false;
    }
  }

  function restingLines(): string[] {
    const now = clock.now().getTime();
    for (const [lineId, until] of resting) if (until <= now) resting.delete(lineId);
    return [...resting.keys()];
  }

  return {
    start() {
      stopping = false;
      loops = Array.from({ length: LINES_AT_ONCE }, loop);
    },
    async stop() {
      stopping = true;
      work.ring();
      await Promise.all(loops);
      await pool.stop();
      finished.ring();
    },
    wake: work.ring,
    nextProgress() {
      const heard = finished.rung();
      return (milliseconds) => finished.wait(Math.min(milliseconds, POLL_MS), heard);
    },
  };
}

type RowsPool = ReturnType<typeof createWorkerPool<RowsTask, RowsResult>>;
type Emitted = Pick<RowsResult, 'consumed' | 'skipped'>;

interface LineDeps extends EmissionDeps {
  readonly pool: RowsPool;
  readonly copying: Turns;
}

async function emitLine(deps: LineDeps, tx: Transaction, line: PendingLine): Promise<void> {
  const { clock, journal } = deps;
  const template = templateOf(deps.productGroups, line);
  const emitted = await emitCodes(deps, tx, line, template, sourceOf(deps, line));
  if (emitted === undefined) {
    await rejectLine(tx, line, 'orders.serial_already_issued');
  } else {
    await lockJournal(tx, journal);
    const place = await journal.append([journalEntry(line, template, emitted)]);
    await saveJournalPlace(tx, journal, place);
    await finishLine(tx, line, emitted, clock.now());
  }
  await settleOrder(tx, line.orderId, clock.now());
}

/** By the name kept with the line: a template changed since the order does not change codes already promised. */
function templateOf(productGroups: ProductGroups, line: PendingLine): CodeTemplate {
  const template = productGroups.template(line.template);
  if (template === undefined) throw new Error(`no product group has the template ${line.template} any more`);
  return template;
}

function sourceOf({ keyRing }: EmissionDeps, line: PendingLine): SerialSource {
  if (line.sealedSeed === null) return { kind: 'own', serials: line.serialNumbers ?? [] };
  return { kind: 'stream', seed: keyRing.unseal(line.sealedSeed, seedContext(line.orderId, line.gtin)) };
}

/** More repetitions than this expected of a line, and a COPY that stops at the first one is not worth trying. */
const REPETITIONS_WORTH_COPYING = 0.1;

async function emitCodes(
  deps: LineDeps,
  tx: Transaction,
  line: PendingLine,
  template: CodeTemplate,
  source: SerialSource,
): Promise<Emitted | undefined> {
  const issued = await issuedCodes(tx, line.gtin);
  const crowded = (issued * line.quantity) / serialSpace(template) > REPETITIONS_WORTH_COPYING;
  if (!crowded || source.kind === 'own') {
    const copied = await tryCopy(deps, tx, line, template, source);
    if (copied !== undefined) return copied;
  }
  if (source.kind === 'stream') return await insertAround(tx, line, template, source);
  const own = cisRange(source, template, line.gtin, [], 0, line.quantity);
  // Reached only when the COPY met a code that exists; one that went away again with its transaction is no ground.
  if ((await existingCodes(tx, own, 1)).length > 0) return undefined;
  throw new Error('own serials met a code that is no longer there');
}

async function tryCopy(
  { pool, copying }: LineDeps,
  tx: Transaction,
  line: PendingLine,
  template: CodeTemplate,
  source: SerialSource,
): Promise<Emitted | undefined> {
  const { serialLength, serialPrefix } = template;
  const { rows, consumed, skipped } = await pool.run({
    kind: 'rows',
    source,
    template: serialPrefix === undefined ? { serialLength } : { serialLength, serialPrefix },
    gtin: line.gtin,
    quantity: line.quantity,
    rowEnd: rowEnd(line),
  });
  await tx.query('savepoint copying');
  try {
    await copying(() => copyCodes(tx, rows));
    return { consumed, skipped };
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    await tx.query('rollback to savepoint copying');
    return undefined;
  }
}

const CODES_PER_INSERT = 10_000;

/** Goes on along the stream past positions whose serial somebody already has. */
async function insertAround(
  tx: Transaction,
  line: PendingLine,
  template: CodeTemplate,
  source: SerialSource,
): Promise<Emitted> {
  const skipped: number[] = [];
  let consumed = 0;
  // The rule of the serial space keeps repetitions below 1 in 10,000; so many would mean a broken stream.
  while (skipped.length <= line.quantity + CODES_PER_INSERT) {
    const wanted = Math.min(CODES_PER_INSERT, line.quantity - (consumed - skipped.length));
    if (wanted === 0) return { consumed, skipped };
    const cis = cisRange(source, template, line.gtin, [], consumed, wanted);
    const free = await insertFreeCodes(tx, cis, line);
    for (const [i, code] of cis.entries()) if (!free.delete(code)) skipped.push(consumed + i);
    consumed += wanted;
  }
  throw new Error('the serials of an order line repeat without end');
}
