import { sqlState } from '../../store/database.ts';
import { isOutage, isTimeout } from '../../store/outage.ts';
import { TanbaError } from '../errors.ts';
import type { Keyed } from './batch-queue.ts';
import { createBatchQueue } from './batch-queue.ts';
import type { MarkOutcome, PendingReceipt } from './judge.ts';
import { isAlreadyThere, receiptKey } from './receipt-store.ts';
import type { SettleDeps, Settlement } from './settle.ts';
import { settleBatch, settleWaiting } from './settle.ts';
import { createSlowLane } from './slow-lane.ts';

/**
 * Single receipts arriving together share a transaction: the desk forms batches in which each receipt key and each
 * code occurs once, keeps a few of them under way, and answers each receipt after its commit. The next use of a code
 * waits for the next batch, in order of arrival.
 */
export interface ReceiptDesk {
  /** Resolves after the receipt is durable. Rejects with receipts.conflict, queue_full, busy, not_storable … */
  settle(pending: PendingReceipt): Promise<SettledReceipt>;
  /** Resolves when there is room for bulk work; single receipts always have the other half of the queue. */
  roomForBulk(): Promise<void>;
  readonly waiting: number;
  /** Refuses new receipts and waits for those under way. */
  stop(): Promise<void>;
}

export interface SettledReceipt {
  readonly receiptId: string;
  readonly outcomes: readonly MarkOutcome[];
}

export interface ReceiptDeskDeps extends SettleDeps {
  readonly queueMax: number;
  readonly onBatch?: (receipts: number) => void;
}

const BATCH_RECEIPTS_MAX = 256;
/**
 * So many that the server has work while the process reads and answers others: with two batches of all that waited, 128
 * tills moved in step, and one side stood still while the other worked (4,700 receipts/s; 5,800 with three of 48).
 */
const BATCHES_UNDER_WAY = 3;
/** A batch takes its share of what waits, but never so few that its own cost shows. */
const BATCH_SHARE_MIN = 48;
const SLOW_AT_ONCE = 4;
/** For its turn in the slow lane and its locks together: whoever waits for an answer has it within 15 seconds. */
const SLOW_PATIENCE_MS = 12_000;
/** Tries of a batch that met a deadlock, a serialisation failure, a lost connection or another hub's same receipt. */
const BATCH_TRIES = 5;

interface Entry extends Keyed {
  readonly pending: PendingReceipt;
  readonly resolve: (settled: SettledReceipt) => void;
  readonly reject: (error: unknown) => void;
}

export function createReceiptDesk(deps: ReceiptDeskDeps): ReceiptDesk {
  const queue = createBatchQueue<Entry>();
  const slow = createSlowLane<Entry>({
    clock: deps.clock,
    atOnce: SLOW_AT_ONCE,
    waitingMax: deps.queueMax,
    patienceMs: SLOW_PATIENCE_MS,
    work: runSlow,
  });
  let batches = 0;
  let stopping = false;
  let scheduled = false;
  const roomWaiters: (() => void)[] = [];
  const idleWaiters: (() => void)[] = [];

  function settle(pending: PendingReceipt): Promise<SettledReceipt> {
    if (stopping) return Promise.reject(new TanbaError('store.unavailable', { retryAfterSeconds: 1 }));
    if (queue.length >= deps.queueMax)
      return Promise.reject(new TanbaError('receipts.queue_full', { retryAfterSeconds: 1 }));
    return new Promise((resolve, reject) => {
      queue.push({ pending, keys: keysOf(pending), resolve, reject });
      schedule();
    });
  }

  /** At the end of this turn of the event loop, so that all requests read in it share the batch. */
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      startBatches();
    });
  }

  function startBatches(): void {
    while (batches < BATCHES_UNDER_WAY && queue.length > 0) {
      const share = Math.ceil(queue.length / BATCHES_UNDER_WAY);
      const batch = queue.take(Math.min(Math.max(share, BATCH_SHARE_MIN), BATCH_RECEIPTS_MAX));
      if (batch.length === 0) break;
      batches += 1;
      deps.onBatch?.(batch.length);
      void runBatch(batch).finally(() => {
        batches -= 1;
        schedule();
        wakeWaiters();
      });
    }
    wakeWaiters();
  }

  async function runBatch(entries: readonly Entry[]): Promise<void> {
    try {
      const settlements = await withRetries(() =>
        settleBatch(
          deps,
          entries.map((entry) => entry.pending),
        ),
      );
      for (const entry of entries) {
        const settlement = settlements.get(entry.pending) ?? { kind: 'wait' };
        if (settlement.kind !== 'wait' || !slow.add(entry)) finish(entry, settlement);
      }
    } catch (error) {
      await splitOrFail(entries, error);
    }
  }

  /** Halves a failing batch until the guilty receipt stands alone, so that it fails alone. */
  async function splitOrFail(entries: readonly Entry[], error: unknown): Promise<void> {
    const [only] = entries;
    if (only !== undefined && entries.length === 1) return fail(only, error);
    if (isOutage(error)) {
      for (const entry of entries) fail(entry, error);
      return;
    }
    const half = entries.length >> 1;
    await runBatch(entries.slice(0, half));
    await runBatch(entries.slice(half));
  }

  async function runSlow(entry: Entry, leftMs: number): Promise<void> {
    try {
      const inTime = leftMs > 0;
      finish(entry, inTime ? await withRetries(() => settleWaiting(deps, entry.pending, leftMs)) : { kind: 'wait' });
    } catch (error) {
      fail(entry, error);
    }
    schedule();
  }

  function finish(entry: Entry, settlement: Settlement): void {
    queue.release(entry);
    if (settlement.kind === 'settled') entry.resolve(settlement);
    else if (settlement.kind === 'conflict') entry.reject(new TanbaError('receipts.conflict'));
    else entry.reject(new TanbaError('receipts.busy', { retryAfterSeconds: 5 }));
  }

  function fail(entry: Entry, error: unknown): void {
    queue.release(entry);
    entry.reject(translate(error));
  }

  function wakeWaiters(): void {
    if (queue.length < deps.queueMax / 2) for (const wake of roomWaiters.splice(0)) wake();
    if (queue.length === 0 && batches === 0 && slow.idle) {
      for (const wake of idleWaiters.splice(0)) wake();
    }
  }

  return {
    settle,
    roomForBulk: () =>
      queue.length < deps.queueMax / 2 ? Promise.resolve() : new Promise((resolve) => roomWaiters.push(resolve)),
    get waiting() {
      return queue.length;
    },
    stop: () => {
      stopping = true;
      const idle = new Promise<void>((resolve) => idleWaiters.push(resolve));
      wakeWaiters();
      return idle;
    },
  };
}

/** A code named twice is twice among the keys: taking and giving back a key again does no harm. */
function keysOf(pending: PendingReceipt): string[] {
  const keys = [receiptKey(pending)];
  for (const { cis } of pending.marks) if (cis !== null) keys.push(cis);
  return keys;
}

async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= BATCH_TRIES || !isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * 10 * (0.5 + Math.random())));
    }
  }
}

/** 40P01 deadlock, 40001 serialisation: the same batch again. A lost connection: again, the keys tell what happened. */
function isPassing(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40P01' || state === '40001' || isOutage(error) || isAlreadyThere(error);
}

function translate(error: unknown): unknown {
  if (isTimeout(error)) return new TanbaError('receipts.busy', { retryAfterSeconds: 5, cause: error });
  if (sqlState(error)?.startsWith('22')) return new TanbaError('receipts.not_storable', { cause: error });
  if (isOutage(error)) return new TanbaError('store.unavailable', { retryAfterSeconds: 2, cause: error });
  return error;
}
