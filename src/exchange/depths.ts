import type { Queryable } from '../store/database.ts';
import type { DeliveryState } from './delivery-states.ts';

/** What stands before a partner. */
export interface Depth {
  readonly partnerId: string;
  /** By state; finished ones are not counted. */
  readonly byState: Readonly<Partial<Record<DeliveryState, number>>>;
  /** Neither finished nor parked. */
  readonly waiting: number;
  /** Since when the oldest of those waits; null where none does. */
  readonly oldest: Date | null;
}

export interface OutboxLag {
  readonly unsent: number;
  readonly oldest: Date | null;
}

const DEPTHS = `
select partner_id as "partnerId", state, count(*)::integer as deliveries, min(created_at) as oldest
  from delivery where unfinished group by partner_id, state`;

// Nobody needs to know how many beyond so many.
const OUTBOX_LAG = `
select count(*)::integer as unsent, min(created_at) as oldest
  from (select created_at from outbox where sent_at is null order by seq limit 100000) as unsent`;

interface DepthRow {
  readonly partnerId: string;
  readonly state: DeliveryState;
  readonly deliveries: number;
  readonly oldest: Date;
}

/** Reads every unfinished delivery: 300,000 take some 0.2 s, so it is asked for every few seconds and kept. */
export async function readDepths(db: Queryable): Promise<Map<string, Depth>> {
  const { rows } = await db.query<DepthRow>({ name: 'depths', text: DEPTHS });
  const depths = new Map<string, Depth>();
  for (const { partnerId, state, deliveries, oldest } of rows) {
    const before = depths.get(partnerId) ?? { partnerId, byState: {}, waiting: 0, oldest: null };
    const byState = { ...before.byState, [state]: deliveries };
    const waits = state !== 'parked';
    depths.set(partnerId, {
      partnerId,
      byState,
      waiting: before.waiting + (waits ? deliveries : 0),
      oldest: waits && (before.oldest === null || oldest < before.oldest) ? oldest : before.oldest,
    });
  }
  return depths;
}

export async function readOutboxLag(db: Queryable): Promise<OutboxLag> {
  const { rows } = await db.query<OutboxLag>({ name: 'outbox_lag', text: OUTBOX_LAG });
  return rows[0] ?? { unsent: 0, oldest: null };
}
