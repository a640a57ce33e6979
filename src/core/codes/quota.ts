import type { Transaction } from '../../store/database.ts';
import type { Problem } from '../errors.ts';
import { KAZAKHSTAN_OFFSET_MS } from '../kazakhstan-time.ts';
import type { OrderLimits } from './order-request.ts';

const DAY_MS = 86_400_000;

export function startOfDay(now: Date): Date {
  return new Date(Math.floor((now.getTime() + KAZAKHSTAN_OFFSET_MS) / DAY_MS) * DAY_MS - KAZAKHSTAN_OFFSET_MS);
}

export function secondsToMidnight(now: Date): number {
  return Math.ceil((startOfDay(now).getTime() + DAY_MS - now.getTime()) / 1_000);
}

/** Orders of one participant and product group are placed one after another, so that two cannot share the same rest. */
const LOCK_ORDERING = 'select pg_advisory_xact_lock(hashtextextended($1, 0))';

const COUNT_ACTIVE_ORDERS = `
select count(*)::integer as active
  from (select 1 from code_order
         where bin = $1 and product_group = $2 and status in ('pending', 'ready')
         limit $3) as counted`;

const READ_QUOTA = `
select coalesce((select codes_per_day from emission_quota where bin = $1 and product_group = $2), $4)::text as quota,
       coalesce((select sum(l.quantity)
                   from code_order o join order_line l on l.order_id = o.order_id
                  where o.bin = $1 and o.product_group = $2 and o.created_at >= $3 and l.status <> 'rejected'), 0)::text as used`;

export async function lockOrdering(tx: Transaction, bin: string, productGroup: string): Promise<void> {
  await tx.query(LOCK_ORDERING, [`tanba:orders:${bin}:${productGroup}`]);
}

/** What the participant's limits say to a further order. To be asked under `lockOrdering`. */
export async function quotaProblems(
  tx: Transaction,
  limits: OrderLimits,
  order: { readonly bin: string; readonly productGroup: string; readonly quantity: number },
  now: Date,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const { bin, productGroup } = order;
  const active = await tx.query<{ active: number }>(COUNT_ACTIVE_ORDERS, [bin, productGroup, limits.activeOrders]);
  if ((active.rows[0]?.active ?? 0) >= limits.activeOrders) {
    problems.push({ code: 'orders.too_many_active', details: { limit: limits.activeOrders } });
  }
  const { rows } = await tx.query<{ quota: string; used: string }>(READ_QUOTA, [
    bin,
    productGroup,
    startOfDay(now),
    limits.codesPerDayDefault,
  ]);
  const quota = Number(rows[0]?.quota ?? 0);
  const left = Math.max(0, quota - Number(rows[0]?.used ?? 0));
  if (order.quantity > left) problems.push({ code: 'orders.quota_exceeded', details: { quota, left } });
  return problems;
}
