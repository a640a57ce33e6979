import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Database, Transaction } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import { createDownloads, type Downloads } from './download.ts';
import type { DownloadFormat } from './download-worker.ts';
import { createEmission, type Emission } from './emission.ts';
import { createIssueGuard, type IssueGuard, type Verdict } from './issue-guard.ts';
import type { IssueJournal } from './issue-journal.ts';
import type { KeyRing } from './key-ring.ts';
import type { OrderLimits, OrderRequest } from './order-request.ts';
import { closeOrder, findOrder, type LineView, listLines, lockOrder, type OrderRow } from './order-store.ts';
import { type FetchLine, lockFetchLine, logDownload, nextPack, type Pack, packAfter, readFetchLine } from './packs.ts';
import { type Asker, type PlacedOrder, placeOrder } from './place-order.ts';
import { replayRecord } from './recover.ts';

export type { Asker, PlacedOrder } from './place-order.ts';

export interface OrderView {
  readonly order: OrderRow;
  readonly lines: readonly LineView[];
}

export interface FetchRequest {
  readonly orderId: string;
  readonly gtin: string;
  /** Undefined: all that is left, up to the pack limit. */
  readonly quantity: number | undefined;
  readonly lastPackId: string | undefined;
  readonly format: DownloadFormat;
  /** How long to wait for a line that is still being emitted. */
  readonly waitSeconds: number;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

export interface FetchedPack {
  readonly packId: string;
  readonly count: number;
  readonly stream: Readable;
}

/** Orders of marking codes, from the request to the codes in the participant's hands. */
export interface Orders {
  place(asker: Asker, request: OrderRequest, idempotencyKey: string | undefined): Promise<PlacedOrder>;
  get(asker: Asker, orderId: string): Promise<OrderView>;
  fetch(asker: Asker, request: FetchRequest): Promise<FetchedPack>;
  close(asker: Asker, orderId: string): Promise<OrderView>;
  /** Compares database and journal before anything is issued, then emits what is pending. */
  start(): Promise<Verdict>;
  stop(): Promise<void>;
}

export interface OrdersDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly productGroups: ProductGroups;
  readonly keyRing: Pick<KeyRing, 'currentKey' | 'signingKey' | 'seal' | 'unseal'>;
  readonly journal: IssueJournal;
  readonly limits: OrderLimits;
  /** False where other processes emit: this one only takes orders and hands codes out. Default true. */
  readonly emits?: boolean;
}

interface Parts extends OrdersDeps {
  readonly guard: IssueGuard;
  readonly emission: Emission;
  readonly downloads: Downloads;
}

export function createOrders(deps: OrdersDeps): Orders {
  const { db, log } = deps;
  const emits = deps.emits !== false;
  const journal = emits ? deps.journal : undefined;
  const guard = createIssueGuard({ ...deps, journal, replay: (record) => replayRecord(deps, record) });
  const emission = createEmission({ ...deps, guard });
  const downloads = createDownloads({ db, keyRing: deps.keyRing, threads: availableParallelism() });
  const parts: Parts = { ...deps, guard, emission, downloads };
  return {
    async place(asker, request, idempotencyKey) {
      const placed = await placeOrder(parts, asker, request, idempotencyKey);
      emission.wake();
      return placed;
    },
    get: (asker, orderId) => view(parts, asker, orderId),
    fetch: (asker, request) => fetchCodes(parts, asker, request),
    close: (asker, orderId) => close(parts, asker, orderId),
    async start() {
      const verdict = await guard.check();
      if (verdict.kind === 'locked') log.error({ reason: verdict.reason }, 'issuing is locked: run "tanba recover"');
      if (emits) emission.start();
      return verdict;
    },
    async stop() {
      await emission.stop();
      await downloads.stop();
    },
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Somebody else's order is no different from one that does not exist. */
async function ownOrder(db: Parts['db'], asker: Asker, orderId: string): Promise<OrderRow> {
  const order = UUID.test(orderId) ? await findOrder(db, orderId, asker.bin) : undefined;
  if (order === undefined) throw new TanbaError('orders.not_found');
  return order;
}

async function view({ db }: Parts, asker: Asker, orderId: string): Promise<OrderView> {
  const order = await ownOrder(db, asker, orderId);
  return { order, lines: await listLines(db, order.orderId) };
}

async function close(parts: Parts, asker: Asker, orderId: string): Promise<OrderView> {
  const { db, clock } = parts;
  await ownOrder(db, asker, orderId);
  await db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId, asker.bin);
    if (order === undefined || order.status === 'closed') return;
    const now = clock.now();
    if (!(await closeOrder(tx, orderId, now))) throw notReady();
    const at = { at: now, bin: asker.bin, ip: asker.ip };
    await writeAudit(tx, { ...at, action: 'order.closed', subject: orderId, details: {} });
  });
  return await view(parts, asker, orderId);
}

const RETRY_AFTER_SECONDS = 1;

function notReady(): TanbaError {
  return new TanbaError('orders.not_ready', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

async function fetchCodes(parts: Parts, asker: Asker, request: FetchRequest): Promise<FetchedPack> {
  const { db, downloads, limits } = parts;
  const order = await ownOrder(db, asker, request.orderId);
  const quantity = request.quantity ?? limits.codesPerPack;
  if (!Number.isSafeInteger(quantity) || quantity < 1 || quantity > limits.codesPerPack) {
    throw new TanbaError('orders.pack_size', { path: '/query/quantity', details: { limit: limits.codesPerPack } });
  }
  if (request.lastPackId !== undefined && !UUID.test(request.lastPackId)) {
    throw new TanbaError('orders.pack_unknown', { path: '/query/lastPackId' });
  }
  const line = await emittedLine(parts, order, request);
  const template = parts.productGroups.template(line.template);
  if (template === undefined) throw new Error(`no product group has the template ${line.template} any more`);
  downloads.assertRoom();
  await parts.guard.mayIssue();
  const pack = await db.transaction((tx) => handOver(parts, tx, asker, order, request, quantity));
  const stream = downloads.open({ orderId: order.orderId, template, line, pack, format: request.format });
  request.signal.addEventListener('abort', () => stream.destroy(), { once: true });
  if (request.signal.aborted) stream.destroy();
  return { packId: pack.packId, count: pack.count, stream };
}

/** Waits for the line's codes as long as the caller will. */
async function emittedLine(parts: Parts, order: OrderRow, request: FetchRequest): Promise<FetchLine> {
  const { db, clock, emission, limits } = parts;
  const deadline = clock.now().getTime() + Math.min(request.waitSeconds, limits.waitSecondsMax) * 1_000;
  for (;;) {
    const progress = emission.nextProgress();
    const line = await readFetchLine(db, order.orderId, request.gtin);
    if (line === undefined) throw new TanbaError('orders.gtin_not_in_order', { path: '/query/gtin' });
    if (line.status === 'rejected') throw new TanbaError('orders.line_rejected', { details: { gtin: line.gtin } });
    if (line.status !== 'pending') return line;
    const left = deadline - clock.now().getTime();
    if (left <= 0) throw notReady();
    await progress(left);
    request.signal.throwIfAborted();
  }
}

/** The same pack for the same question, else the next one; every hand-over is written down. */
async function handOver(
  { clock, guard }: Parts,
  tx: Transaction,
  asker: Asker,
  order: OrderRow,
  {
    gtin,
    lastPackId = null,
    format,
  }: Pick<FetchRequest, 'gtin' | 'format'> & { lastPackId?: string | null | undefined },
  quantity: number,
): Promise<Pack> {
  const now = clock.now();
  const line = await lockFetchLine(tx, order.orderId, gtin);
  if (line === undefined) throw new TanbaError('orders.gtin_not_in_order', { path: '/query/gtin' });
  const pack =
    (await packAfter(tx, line.lineId, lastPackId)) ??
    (await nextPack(tx, line, lastPackId, quantity, guard.assertOpen, now));
  const { bin, ip } = asker;
  await logDownload(tx, { packId: pack.packId, bin, ip, format }, now);
  const details = { gtin, packId: pack.packId, codes: pack.count, format };
  await writeAudit(tx, { at: now, bin, ip, action: 'codes.downloaded', subject: order.orderId, details });
  return pack;
}
