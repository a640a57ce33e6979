import type { Queryable, Statement } from '../../store/database.ts';

/** What all workers know together of a partner: table partner_gate. */
export interface Gate {
  readonly partnerId: string;
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly breakerUntil: Date | null;
  readonly trips: number;
  readonly windowStart: Date | null;
  readonly windowSucceeded: number;
  readonly windowFailed: number;
  readonly tokens: number | null;
  readonly tokensAt: Date | null;
  /** ISO date in the partner's zone. */
  readonly quotaDay: string | null;
  readonly quotaUsed: number;
}

/** With what an operator may have decided a moment ago. */
export interface GateRow extends Gate {
  readonly switchedOff: boolean;
  readonly removed: boolean;
}

const GATE_COLUMNS = `
g.partner_id as "partnerId", g.breaker, g.breaker_until as "breakerUntil", g.trips, g.window_start as "windowStart",
g.window_succeeded as "windowSucceeded", g.window_failed as "windowFailed", g.tokens, g.tokens_at as "tokensAt",
g.quota_day::text as "quotaDay", g.quota_used as "quotaUsed", p.switched_off as "switchedOff",
p.removed_at is not null as removed`;

// In one order everywhere, so that two workers never wait for each other.
const LOCK_GATES = `
select ${GATE_COLUMNS} from partner_gate g join partner p using (partner_id)
 where g.partner_id = any($1) order by g.partner_id for update of g`;

const READ_GATES = `select ${GATE_COLUMNS} from partner_gate g join partner p using (partner_id)`;

export async function lockGates(tx: Queryable, partnerIds: readonly string[]): Promise<GateRow[]> {
  const { rows } = await tx.query<GateRow>({ name: 'lock_gates', text: LOCK_GATES, values: [partnerIds] });
  return rows;
}

export async function readGates(db: Queryable): Promise<GateRow[]> {
  const { rows } = await db.query<GateRow>({ name: 'read_gates', text: READ_GATES });
  return rows;
}

const WRITE_GATES = `
update partner_gate g
   set breaker = t.breaker, breaker_until = t.breaker_until, trips = t.trips, window_start = t.window_start,
       window_succeeded = t.window_succeeded, window_failed = t.window_failed, tokens = t.tokens,
       tokens_at = t.tokens_at, quota_day = t.quota_day, quota_used = t.quota_used
  from unnest($1::text[], $2::text[], $3::timestamptz[], $4::integer[], $5::timestamptz[], $6::integer[], $7::integer[],
              $8::double precision[], $9::timestamptz[], $10::date[], $11::integer[])
    as t(partner_id, breaker, breaker_until, trips, window_start, window_succeeded, window_failed, tokens, tokens_at,
         quota_day, quota_used)
 where g.partner_id = t.partner_id`;

/** The gates are locked. */
export function gatesStatement(gates: readonly Gate[]): Statement {
  return {
    name: 'write_gates',
    text: WRITE_GATES,
    values: [
      gates.map(({ partnerId }) => partnerId),
      gates.map(({ breaker }) => breaker),
      gates.map(({ breakerUntil }) => breakerUntil),
      gates.map(({ trips }) => trips),
      gates.map(({ windowStart }) => windowStart),
      gates.map(({ windowSucceeded }) => windowSucceeded),
      gates.map(({ windowFailed }) => windowFailed),
      gates.map(({ tokens }) => tokens),
      gates.map(({ tokensAt }) => tokensAt),
      gates.map(({ quotaDay }) => quotaDay),
      gates.map(({ quotaUsed }) => quotaUsed),
    ],
  };
}
