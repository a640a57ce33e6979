import assert from 'node:assert/strict';
import type { BatchOutcome, UnusedCodes } from '../../src/core/deadlines/unused-codes.ts';
import { createUnusedCodes } from '../../src/core/deadlines/unused-codes.ts';
import { createOutageRegister } from '../../src/core/outages/outage-register.ts';
import type { ProductGroups } from '../../src/core/reference/product-groups.ts';
import type { FetchOptions, Issuing, OrderDesk, ReadPack } from '../codes/order-desk.ts';
import { lineOf, openOrderDesk, place, productGroups, readPack } from '../codes/order-desk.ts';
import type { Circulation } from '../support/goods.ts';
import { openCirculation, statusesOf } from '../support/goods.ts';
import { cisOf } from '../support/hub.ts';

/** Afternoon of a day whose 30th day after is 24 December. */
export const RECEIVED = '2026-11-24T14:00:00+05:00';
export const DAY_30_ENDS = '2026-12-24T23:59:59.999+05:00';
export const DAY_31_BEGINS = '2026-12-25T00:00:00+05:00';

export interface AnnulledCode {
  readonly status: string;
  readonly reason: string | null;
  readonly ver: number;
  readonly owner: string | null;
}

/** A store with issued codes, and the job that annuls them. */
export async function openUnusedDesk() {
  const desk: OrderDesk = await openOrderDesk();
  const { db, clock } = desk;
  let issuing: Issuing;
  let circulation: Circulation;
  const outages = createOutageRegister(db);

  const unusedCodes = (batch?: number, groups: ProductGroups = productGroups): UnusedCodes =>
    createUnusedCodes({
      db,
      productGroups: groups,
      keyRing: issuing.keyRing,
      outages,
      ...(batch === undefined ? {} : { batch }),
    });

  return {
    db,
    database: desk.database,
    clock,
    unusedCodes,
    orders: () => issuing.orders,
    circulation: () => circulation,
    async begin(): Promise<void> {
      await circulation?.stop();
      await db.query(`
        delete from code_history; delete from document_part; delete from document; delete from annulment;
        delete from outage; delete from code_block`);
      await desk.reset();
      clock.set(RECEIVED);
      issuing = await desk.open();
      circulation = openCirculation(desk.database, clock);
    },
    async close(): Promise<void> {
      await circulation.stop();
      await desk.close();
    },
    /** An order of one line whose codes are made. */
    async order(quantity: number, serialNumbers?: readonly string[]) {
      const gtin = await desk.goods('shoes');
      const orderId = await place(issuing.orders, 'shoes', lineOf(gtin, quantity, serialNumbers));
      await emitted(orderId, gtin);
      const fetch = async (options: FetchOptions = {}): Promise<ReadPack & { readonly cises: string[] }> => {
        const pack = await readPack(issuing.orders, orderId, gtin, options);
        return { ...pack, cises: pack.codes.map(cisOf) };
      };
      return { orderId, gtin, fetch };
    },
    /** The job, by a hub of its own. */
    run: (at: string, batch?: number) => {
      clock.set(at);
      return unusedCodes(batch).annulDue(clock.now(), new AbortController().signal);
    },
    /** A hub that is killed after one transaction of the job. */
    async runOneBatch(at: string, batch: number): Promise<BatchOutcome> {
      clock.set(at);
      await unusedCodes(batch).annulDue(new Date(RECEIVED), new AbortController().signal);
      const { rows } = await db.query<{ id: string; annulAfter: Date }>(
        'select pack_id::text as id, annul_after as "annulAfter" from pack order by annul_after limit 1',
      );
      const first = rows[0] ?? assert.fail('there is a pack');
      return unusedCodes(batch).annulBatch({ of: 'pack', ...first }, clock.now());
    },
    statuses: (cises: readonly string[]) => statusesOf(db, cises),
    async codeOf(cis: string): Promise<AnnulledCode> {
      const { rows } = await db.query<AnnulledCode & Record<string, unknown>>(
        'select status, reason, ver, owner from code where cis = $1',
        [cis],
      );
      return rows[0] ?? assert.fail(`there is no ${cis}`);
    },
    async countByStatus(orderId: string): Promise<Record<string, number>> {
      const { rows } = await db.query<{ status: string; codes: number }>(
        `select code.status, count(*)::integer as codes from code join order_line using (line_id)
          where order_id = $1 group by 1`,
        [orderId],
      );
      return Object.fromEntries(rows.map(({ status, codes }) => [status, codes]));
    },
    /** Of each code the events with their versions. */
    async histories(): Promise<Record<string, string[]>> {
      const { rows } = await db.query<{ cis: string; events: string[] }>(
        `select cis, array_agg(ver || ' ' || event order by ver, event) as events from code_history group by cis`,
      );
      return Object.fromEntries(rows.map(({ cis, events }) => [cis, events]));
    },
    /** By GTIN, the largest first. */
    async messages(): Promise<{ bin: string; keys: string[]; payload: Record<string, unknown> }[]> {
      const { rows } = await db.query<{ bin: string; keys: string[]; payload: Record<string, unknown> }>(
        `select bin, keys, payload from outbox where topic = 'codes.annulled'
          order by keys[2], (payload->>'codes')::integer desc`,
      );
      return rows;
    },
  };

  async function emitted(orderId: string, gtin: string): Promise<void> {
    const { lines } = await issuing.orders.get({ bin: '180540001239', ip: '127.0.0.1' }, orderId);
    if (lines.find((line) => line.gtin === gtin)?.status !== 'pending') return;
    await new Promise((resolve) => setImmediate(resolve));
    await emitted(orderId, gtin);
  }
}

export type UnusedDesk = Awaited<ReturnType<typeof openUnusedDesk>>;
