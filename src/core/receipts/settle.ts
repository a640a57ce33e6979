import type { Queryable, Statement, Transaction } from '../../store/database.ts';
import { type OutboxMessage, outboxStatement } from '../../store/outbox.ts';
import type { PipelinedDatabase } from '../../store/pipelined-database.ts';
import { leaveBlockedStatement } from '../blocks/leave-blocked.ts';
import type { Clock } from '../clock.ts';
import type { ProductionFactsReader } from '../codes/production-facts.ts';
import type { CodeRows } from '../lifecycle/code-rows.ts';
import { lockCodes, lockCodesOrSkip, readCodes, readPackagesAbove } from '../lifecycle/code-rows.ts';
import { looseChangesStatement } from '../lifecycle/write.ts';
import type { Overseers } from '../participants/overseers.ts';
import { anomaliesOf, anomaliesStatement, anomalyMessages } from './anomaly-store.ts';
import type { Judgement, KnownGoods, MarkOutcome, PendingReceipt } from './judge.ts';
import { judge } from './judge.ts';
import type { JudgedReceipt } from './receipt-store.ts';
import { findReceipts, isAlreadyThere, keepConflict, receiptKey, receiptsStatement } from './receipt-store.ts';

/** What the sender of a receipt is told. `wait`: a code is held by somebody; the receipt goes to the slow lane. */
export type Settlement =
  | { readonly kind: 'settled'; readonly receiptId: string; readonly outcomes: readonly MarkOutcome[] }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'wait' };

export type Settlements = ReadonlyMap<PendingReceipt, Settlement>;

/** Tries of the slow lane to lock a path that keeps moving, before it gives up. */
const PATH_TRIES = 5;

/** What locks that are free, and the writing, always get. */
const WAIT_MIN_MS = 500;

/** Packages ("00…") sort before units ("01…"). */
const FIRST_UNIT = '01';

export interface SettleDeps {
  readonly db: PipelinedDatabase;
  readonly clock: Clock;
  readonly facts: Pick<ProductionFactsReader, 'expiries'>;
  readonly overseers: Overseers;
}

/**
 * Settles receipts with distinct keys and distinct codes in one transaction, without waiting for any lock.
 * Answered only after the commit; on an error nothing has happened (or, when the connection died in COMMIT, it is not
 * known: settling again finds the receipts by their keys).
 */
export async function settleBatch(deps: SettleDeps, batch: readonly PendingReceipt[]): Promise<Settlements> {
  try {
    return await settleNew(deps, batch);
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    return settleKnown(deps, batch);
  }
}

/** The common case: none of the receipts was seen before. */
async function settleNew(deps: SettleDeps, batch: readonly PendingReceipt[]): Promise<Settlements> {
  const now = deps.clock.now();
  // Before anything is locked: they may have to be read on another connection.
  const overseers = await deps.overseers.list();
  return deps.db.transactionInTwoTrips(
    (tx) => lockBatch(deps, tx, batch),
    (locked) => {
      const settlements = new Map<PendingReceipt, Settlement>();
      const judged = judgeInOrder(batch, locked, settlements);
      return { statements: writeStatements(judged, overseers, now), result: settlements };
    },
  );
}

interface LockedBatch extends KnownGoods {
  readonly heldByOthers: ReadonlySet<string>;
}

async function lockBatch(
  { facts }: SettleDeps,
  tx: Transaction,
  batch: readonly PendingReceipt[],
): Promise<LockedBatch> {
  const codes = await lockCodesOrSkip(tx, cisesOf(batch), 'change');
  const heldByOthers = await findHeld(tx, batch, codes);
  const packages = await readPackagesAbove(codes, (cises) => lockCodesOrSkip(tx, cises, 'share'));
  const expiries = await facts.expiries([...codes.values()], tx);
  return { codes, packages, heldByOthers, expiries };
}

/** At least one of the receipts is there already: answer it from the store, settle the others. */
async function settleKnown(deps: SettleDeps, batch: readonly PendingReceipt[]): Promise<Settlements> {
  const stored = await findReceipts(deps.db, batch);
  const settlements = new Map<PendingReceipt, Settlement>();
  const fresh: PendingReceipt[] = [];
  for (const pending of batch) {
    const known = stored.get(receiptKey(pending));
    if (known === undefined) fresh.push(pending);
    else if (known.digest.equals(pending.digest)) settlements.set(pending, { kind: 'settled', ...known });
    else {
      await deps.db.transaction((tx) => keepConflict(tx, pending, deps.clock.now()));
      settlements.set(pending, { kind: 'conflict' });
    }
  }
  // Another hub may add one of the fresh ones meanwhile; then the batch is tried again by the desk.
  if (fresh.length > 0)
    for (const [pending, settlement] of await settleNew(deps, fresh)) settlements.set(pending, settlement);
  return settlements;
}

/**
 * One receipt that met a held row: waits for its locks in the common order (packages, then units, each by cis), looks
 * again whether the path is still the one it locked, and gives up with SQLSTATE 55P03 or 57014 after `patienceMs` in all.
 */
export async function settleWaiting(
  deps: SettleDeps,
  pending: PendingReceipt,
  patienceMs: number,
): Promise<Settlement> {
  const now = deps.clock.now();
  const overseers = await deps.overseers.list();
  const deadline = now.getTime() + patienceMs;
  const leftMs = (): number => Math.max(deadline - deps.clock.now().getTime(), WAIT_MIN_MS);
  for (let attempt = 0; attempt < PATH_TRIES; attempt++) {
    try {
      const settlement = await deps.db.transaction((tx) =>
        settleUnderLocks(deps, tx, { pending, overseers, now, leftMs }),
      );
      if (settlement !== null) return settlement;
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
      const settlement = (await settleKnown(deps, [pending])).get(pending);
      if (settlement !== undefined) return settlement;
    }
  }
  return { kind: 'wait' };
}

interface WaitingReceipt {
  readonly pending: PendingReceipt;
  readonly overseers: readonly string[];
  readonly now: Date;
  readonly leftMs: () => number;
}

async function settleUnderLocks(
  { facts }: SettleDeps,
  tx: Transaction,
  { pending, overseers, now, leftMs }: WaitingReceipt,
): Promise<Settlement | null> {
  const cises = cisesOf([pending]);
  const before = await readCodes(tx, cises);
  const above = await readPackagesAbove(before, (parents) => readCodes(tx, parents));
  // All packages in one statement: one after the other, two receipts that each name the other's package would deadlock.
  const named = cises.filter((cis) => cis < FIRST_UNIT);
  await limitWaiting(tx, leftMs());
  const packages = await lockCodes(
    tx,
    [...new Set([...above.keys(), ...named])],
    named.length > 0 ? 'change' : 'share',
  );
  await limitWaiting(tx, leftMs());
  const units = await lockCodes(
    tx,
    cises.filter((cis) => cis >= FIRST_UNIT),
    'change',
  );
  const codes = new Map([...packages, ...units]);
  const expiries = await facts.expiries([...codes.values()], tx);
  const judgement = judge(pending, { codes, packages, expiries });
  if (judgement === null) return null;
  for (const statement of writeStatements([{ pending, judgement }], overseers, now)) {
    await tx.query(statement);
  }
  return { kind: 'settled', receiptId: pending.receiptId, outcomes: judgement.outcomes };
}

// One statement waits for several held rows one after another, so the statement is limited, not only each lock.
const LIMIT_WAITING = `select set_config('lock_timeout', $1, true), set_config('statement_timeout', $1, true)`;

async function limitWaiting(tx: Transaction, milliseconds: number): Promise<void> {
  await tx.query({ name: 'limit_waiting', text: LIMIT_WAITING, values: [`${Math.ceil(milliseconds)}ms`] });
}

interface JudgedWithChanges {
  readonly pending: PendingReceipt;
  readonly judgement: Judgement;
}

/**
 * Judges in order of arrival. A receipt waits where it would meet another receipt of this batch: in a package that the
 * other one sells whole, or selling whole a package that the other one took from.
 */
function judgeInOrder(
  batch: readonly PendingReceipt[],
  locked: LockedBatch,
  settlements: Map<PendingReceipt, Settlement>,
): JudgedWithChanges[] {
  const { heldByOthers } = locked;
  const judged: JudgedWithChanges[] = [];
  const changed = new Set<string>();
  const reliedOn = new Set<string>();
  for (const pending of batch) {
    const held = heldByOthers.size > 0 && pending.marks.some(({ cis }) => cis !== null && heldByOthers.has(cis));
    const judgement = held ? null : judge(pending, locked);
    const clashes =
      judgement === null ||
      judgement.changes.some(({ cis }) => reliedOn.has(cis)) ||
      [...judgement.packages].some((cis) => changed.has(cis));
    if (clashes) {
      settlements.set(pending, { kind: 'wait' });
      continue;
    }
    for (const { cis } of judgement.changes) changed.add(cis);
    for (const cis of judgement.packages) reliedOn.add(cis);
    judged.push({ pending, judgement });
    settlements.set(pending, { kind: 'settled', receiptId: pending.receiptId, outcomes: judgement.outcomes });
  }
  return judged;
}

function writeStatements(judged: readonly JudgedWithChanges[], overseers: readonly string[], now: Date): Statement[] {
  if (judged.length === 0) return [];
  const receipts: JudgedReceipt[] = judged.map(({ pending, judgement }) => ({
    pending,
    outcomes: judgement.outcomes,
  }));
  const changes = judged.flatMap(({ judgement }) => judgement.changes);
  const leavers = judged.flatMap(({ judgement }) => judgement.blockedLeavers);
  const anomalies = judged.flatMap(({ pending, judgement }) => anomaliesOf(pending, judgement.findings, now));
  const messages = [...messagesOf(judged.map(({ pending }) => pending)), ...anomalyMessages(anomalies, overseers)];
  return [
    receiptsStatement(receipts, now),
    ...(changes.length === 0 ? [] : [looseChangesStatement(changes, now)]),
    ...(leavers.length === 0 ? [] : [leaveBlockedStatement(leavers)]),
    ...(anomalies.length === 0 ? [] : [anomaliesStatement(anomalies, now)]),
    outboxStatement(messages, now),
  ];
}

/** One outbox row for all receipts of a sender in the batch: no partner needs more, and the row is on the hot path. */
function messagesOf(settled: readonly PendingReceipt[]): OutboxMessage[] {
  return [...new Set(settled.map(({ sender }) => sender))].map((bin) => {
    const own = settled.filter(({ sender }) => sender === bin);
    const receiptIds = own.map(({ receiptId }) => receiptId);
    const keys = [...receiptIds.map((receiptId) => `receipt:${receiptId}`), ...gtinKeys(own)];
    return { topic: 'receipts.accepted', bin, keys, trace: null, payload: { receiptIds } };
  });
}

function gtinKeys(settled: readonly PendingReceipt[]): Set<string> {
  const keys = new Set<string>();
  for (const { marks } of settled) {
    for (const { cis } of marks) if (cis?.startsWith('01')) keys.add(`gtin:${cis.slice(2, 16)}`);
  }
  return keys;
}

function cisesOf(batch: readonly PendingReceipt[]): string[] {
  const cises = new Set<string>();
  for (const { marks } of batch) for (const { cis } of marks) if (cis !== null) cises.add(cis);
  return [...cises];
}

/** Codes that exist but were skipped by the locking read. */
async function findHeld(db: Queryable, batch: readonly PendingReceipt[], locked: CodeRows): Promise<Set<string>> {
  const missing = cisesOf(batch).filter((cis) => !locked.has(cis));
  return new Set((await readCodes(db, missing)).keys());
}
