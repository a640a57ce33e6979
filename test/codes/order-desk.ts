import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type IssueJournal, openIssueJournal } from '../../src/core/codes/issue-journal.ts';
import { openKeyRing } from '../../src/core/codes/key-ring.ts';
import type { OrderLimits, OrderProduct, OrderRequest } from '../../src/core/codes/order-request.ts';
import { createOrders, type FetchedPack, type FetchRequest, type Orders } from '../../src/core/codes/orders.ts';
import { type ErrorCode, TanbaError } from '../../src/core/errors.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { createLog } from '../../src/log.ts';
import type { Database } from '../../src/store/database.ts';
import { type MovableClock, movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { withCheckDigit } from './code-samples.ts';

export const MAKER = { bin: '180540001239', ip: '127.0.0.1' } as const;
export const IMPORTER = { bin: '190240012344', ip: '127.0.0.2' } as const;

export const LIMITS: OrderLimits = {
  codesPerGtinPerOrder: 20_000,
  gtinsPerOrder: 10,
  activeOrders: 1_000,
  codesPerPack: 20_000,
  codesPerDayDefault: 1_000_000,
  errorsPerDocument: 1_000,
  waitSecondsMax: 15,
};

export const productGroups = loadProductGroups(new URL('../../config/product-groups/', import.meta.url));

/** The GTIN of a running number. */
export function gtinOf(number: number): string {
  return withCheckDigit(`0487${String(number).padStart(9, '0')}`);
}

export interface OpenOptions {
  readonly limits?: Partial<OrderLimits>;
  /** False: orders stay pending. */
  readonly emits?: boolean;
  /** In place of the real journal, for faults. */
  readonly journal?: (real: IssueJournal) => IssueJournal;
}

/** The parts of a hub that issue codes, over a database and a journal folder that outlive them. */
export async function openIssuing(db: Database, folder: string, clock: MovableClock, options: OpenOptions = {}) {
  await mkdir(folder, { recursive: true });
  const keyRing = await openKeyRing({ db, clock, keyFile: join(folder, 'keys.json'), masterKey: Buffer.alloc(32, 5) });
  const real = await openIssueJournal({ folder: join(folder, 'journal'), clock });
  const journal = options.journal?.(real) ?? real;
  const limits = { ...LIMITS, ...options.limits };
  const log = createLog('silent');
  const emits = options.emits ?? true;
  const orders = createOrders({ db, clock, log, productGroups, keyRing, journal, limits, emits });
  const verdict = await orders.start();
  const stop = async (): Promise<void> => {
    await orders.stop();
    await real.close();
  };
  return { orders, keyRing, journal, verdict, stop };
}

export type Issuing = Awaited<ReturnType<typeof openIssuing>>;

export interface OrderDesk {
  readonly database: TestDatabase;
  readonly db: Database;
  readonly clock: MovableClock;
  /** Of keys and journal; a new one after each reset. */
  folder(): string;
  /** Stops what was opened and empties the store, but for its two participants. */
  reset(): Promise<void>;
  open(options?: OpenOptions): Promise<Issuing>;
  /** A new GTIN of the group, in the catalogue. */
  goods(productGroup: string, owner?: string): Promise<string>;
  close(): Promise<void>;
}

/** Deleted rather than truncated: with so few rows that is ten times faster. */
const EMPTY = [
  ...['code', 'code_download', 'pack', 'order_line', 'code_order', 'product', 'signing_key', 'emission_quota'],
  ...['issue_journal', 'instance', 'outbox', 'audit', 'alert'],
]
  .map((table) => `delete from ${table};`)
  .join(' ');

/** An empty store with two participants; what is opened over it is stopped with it. */
export async function openOrderDesk(): Promise<OrderDesk> {
  const database = await createTestDatabase();
  const { db } = database;
  const root = await mkdtemp(join(tmpdir(), 'tanba-orders-'));
  const clock = movableClock();
  const opened: Issuing[] = [];
  let goods = 0;
  let resets = 0;
  const folder = (): string => join(root, String(resets));
  const stopAll = async (): Promise<void> => {
    for (const issuing of opened.splice(0)) await issuing.stop().catch(() => undefined);
  };
  await db.query(
    `insert into participant (bin, name, role, registered_at)
     values ($1, 'Zavod', 'manufacturer', now()), ($2, 'Import', 'importer', now())`,
    [MAKER.bin, IMPORTER.bin],
  );
  return {
    database,
    db,
    clock,
    folder,
    async reset() {
      await stopAll();
      resets += 1;
      await db.query(EMPTY);
    },
    async open(options) {
      const issuing = await openIssuing(db, folder(), clock, options);
      opened.push(issuing);
      return issuing;
    },
    async goods(productGroup, owner = MAKER.bin) {
      goods += 1;
      const gtin = gtinOf(goods);
      await db.query(
        `insert into product (gtin, product_group, owner_bin, card, published_at) values ($1, $2, $3, '{}', now())`,
        [gtin, productGroup, owner],
      );
      return gtin;
    },
    async close() {
      await stopAll();
      await database.drop();
      await rm(root, { recursive: true });
    },
  };
}

export function lineOf(gtin: string, quantity: number, serialNumbers?: readonly string[]): OrderProduct {
  const common = { gtin, quantity, cisType: 'UNIT' } as const;
  return serialNumbers === undefined
    ? { ...common, serialNumberType: 'OPERATOR' }
    : { ...common, serialNumberType: 'SELF_MADE', serialNumbers };
}

export function requestOf(productGroup: string, ...products: OrderProduct[]): OrderRequest {
  return { productGroup, products, releaseMethodType: 'PRIMARY' };
}

export async function place(orders: Orders, productGroup: string, ...products: OrderProduct[]): Promise<string> {
  return (await orders.place(MAKER, requestOf(productGroup, ...products), undefined)).orderId;
}

export type FetchOptions = Partial<Omit<FetchRequest, 'orderId' | 'gtin'>>;

export function fetchPack(
  orders: Orders,
  orderId: string,
  gtin: string,
  options: FetchOptions = {},
): Promise<FetchedPack> {
  const signal = options.signal ?? new AbortController().signal;
  const defaults = { quantity: undefined, lastPackId: undefined, format: 'json', waitSeconds: 15 } as const;
  return orders.fetch(MAKER, { ...defaults, ...options, orderId, gtin, signal });
}

export interface ReadPack {
  readonly packId: string;
  readonly codes: readonly string[];
}

export async function readPack(
  orders: Orders,
  orderId: string,
  gtin: string,
  options: FetchOptions = {},
): Promise<ReadPack> {
  const { stream, packId } = await fetchPack(orders, orderId, gtin, options);
  const answer: ReadPack = JSON.parse(await text(stream));
  assert.equal(answer.packId, packId);
  return answer;
}

/** Waits until the order has no pending line, and gives the identification codes of all its lines. */
export async function issuedCis(db: Database, orders: Orders, orderId: string): Promise<string[]> {
  const { lines } = await orders.get(MAKER, orderId);
  for (const { gtin } of lines) {
    const pack = await fetchPack(orders, orderId, gtin);
    pack.stream.destroy();
  }
  const { rows } = await db.query<{ cis: string }>(
    'select cis from code where line_id in (select line_id from order_line where order_id = $1) order by cis',
    [orderId],
  );
  return rows.map((row) => row.cis);
}

export function withCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TanbaError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

/** What an order is refused with: code and place of each problem. */
export async function problemsOf(placing: Promise<unknown>): Promise<string[]> {
  try {
    await placing;
  } catch (error) {
    assert.ok(error instanceof TanbaError, String(error));
    return (error.options.problems ?? []).map((problem) => `${problem.path ?? ''} ${problem.code}`.trim());
  }
  return [];
}
