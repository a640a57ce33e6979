import type { Clock } from '../../core/clock.ts';
import type { Queryable, Statement } from '../../store/database.ts';
import { allOf, type Decision, type PipelinedDatabase } from '../../store/pipelined-database.ts';
import type { KnownPartner, PartnerDirectory } from '../partner-directory.ts';
import { type Admission, admit, leaseEnd } from './admission.ts';
import { type GateRow, gatesStatement, lockGates } from './gate.ts';

/** A delivery that may be sent, by us alone until the lease ends. */
export interface Lease {
  readonly known: KnownPartner;
  readonly deliveryId: string;
  readonly messageId: string;
  readonly messageAt: Date;
  readonly topic: string;
  readonly lane: string | null;
  /** Whether an earlier attempt may have arrived. */
  readonly uncertain: boolean;
  /** The partner's breaker waits for its outcome. */
  readonly probe: boolean;
  readonly attempts: number;
  readonly losses: number;
  /** The fencing token: whoever has an older one changes nothing any more. */
  readonly fence: number;
  readonly carrier: number;
  readonly leasedAt: Date;
  readonly body: Buffer | null;
  readonly digest: Buffer;
  readonly trace: string;
}

interface LeasableRow {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly messageAt: Date;
  readonly partnerId: string;
  readonly topic: string;
  readonly state: 'waiting' | 'uncertain';
  readonly lane: string | null;
  readonly attempts: number;
  readonly losses: number;
  readonly dueAt: Date;
  readonly carrier: number;
  readonly fence: number;
  readonly head: boolean;
  readonly body: Buffer | null;
  readonly digest: Buffer;
  readonly trace: string;
}

const LOCK_LEASABLE = `
select d.delivery_id as "deliveryId", d.message_id as "messageId", d.message_at as "messageAt",
       d.partner_id as "partnerId", d.topic, d.state, d.lane, d.attempts, d.losses, d.due_at as "dueAt", d.carrier,
       d.fence, m.body, m.digest, m.trace,
       d.lane is null or not exists (
         select from delivery p
          where p.partner_id = d.partner_id and p.lane = d.lane and p.unfinished and p.delivery_id <> d.delivery_id
            and (p.position < d.position or p.state = 'sending')) as head
  from delivery d join message m on m.message_id = d.message_id and m.created_at = d.message_at
 where d.delivery_id = any($1) and d.state in ('waiting', 'uncertain')
 order by d.position for update of d skip locked`;

const COUNT_SENDING = `
select partner_id as "partnerId", count(*)::integer as sending from delivery
 where partner_id = any($1) and state = 'sending' group by partner_id`;

const LEASE = `
update delivery d set state = 'sending', fence = d.fence + 1, lease_until = t.lease_until, carried_until = null,
                      held_by = null
  from unnest($1::uuid[], $2::timestamptz[]) as t(delivery_id, lease_until)
 where d.delivery_id = t.delivery_id`;

const HOLD = `
update delivery d set due_at = t.due_at, held_by = t.held_by, carried_until = null,
                      state = case when t.held_by = 'lane' then 'queued' else d.state end
  from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as t(delivery_id, due_at, held_by)
 where d.delivery_id = t.delivery_id`;

/** What a carrier asks for. */
export interface Wanted {
  readonly deliveryId: string;
  readonly partnerId: string;
}

export interface LeaseDesk {
  /** For each delivery asked for, its lease, or null where there is nothing to do now. */
  take(wanted: readonly Wanted[]): Promise<readonly (Lease | null)[]>;
}

interface Seen {
  readonly gates: ReadonlyMap<string, GateRow>;
  readonly rows: readonly LeasableRow[];
  readonly sending: ReadonlyMap<string, number>;
}

/** The gate: who may send what now, decided in one transaction of two round trips for many carriers together. */
export function createLeaseDesk(db: PipelinedDatabase, clock: Clock, directory: PartnerDirectory): LeaseDesk {
  async function read(tx: Queryable, wanted: readonly Wanted[]): Promise<Seen> {
    const deliveryIds = wanted.map(({ deliveryId }) => deliveryId);
    const partnerIds = [...new Set(wanted.map(({ partnerId }) => partnerId))];
    const [gates, leasable, counts] = await allOf([
      lockGates(tx, partnerIds),
      tx.query<LeasableRow>({ name: 'lock_leasable', text: LOCK_LEASABLE, values: [deliveryIds] }),
      tx.query<{ partnerId: string; sending: number }>({
        name: 'count_sending',
        text: COUNT_SENDING,
        values: [partnerIds],
      }),
    ]);
    return {
      gates: new Map(gates.map((gate) => [gate.partnerId, gate])),
      rows: leasable.rows,
      sending: new Map(counts.rows.map(({ partnerId, sending }) => [partnerId, sending])),
    };
  }

  function decide({ gates, rows, sending }: Seen): Decision<Map<string, Lease>> {
    const now = clock.now();
    const leases = new Map<string, Lease>();
    const holds: { readonly deliveryId: string; readonly dueAt: Date; readonly hold: string }[] = [];
    const changed: NonNullable<Admission['gate']>[] = [];
    for (const [partnerId, gate] of gates) {
      const known = directory.find(partnerId);
      const own = rows.filter((row) => row.partnerId === partnerId);
      // A partner of an adapter that this hub does not have: left to a hub that has it.
      if (known === undefined || own.length === 0) continue;
      const { verdicts, gate: after } = admit(own, gate, known.policy, sending.get(partnerId) ?? 0, now);
      if (after !== null) changed.push(after);
      own.forEach((row, index) => {
        const verdict = verdicts[index];
        if (verdict?.kind === 'lease') leases.set(row.deliveryId, leaseOf(row, known, verdict.probe, now));
        if (verdict?.kind === 'hold') holds.push({ deliveryId: row.deliveryId, ...verdict });
      });
    }
    return { statements: statementsOf([...leases.values()], holds, changed), result: leases };
  }

  return {
    take: async (wanted) => {
      // A carrier may come from a hub that knows a new partner already.
      if (wanted.some(({ partnerId }) => directory.find(partnerId) === undefined)) await directory.refresh();
      const leases = await db.transactionInTwoTrips((tx) => read(tx, wanted), decide);
      const given = new Set<string>();
      return wanted.map(({ deliveryId }) => {
        // Two carriers of one delivery in one batch: one lease.
        if (given.has(deliveryId)) return null;
        given.add(deliveryId);
        return leases.get(deliveryId) ?? null;
      });
    },
  };
}

function leaseOf(row: LeasableRow, known: KnownPartner, probe: boolean, now: Date): Lease {
  const { state, dueAt: _dueAt, head: _head, partnerId: _partnerId, fence, ...rest } = row;
  return { ...rest, known, probe, uncertain: state === 'uncertain', fence: fence + 1, leasedAt: now };
}

function statementsOf(
  leases: readonly Lease[],
  holds: readonly { readonly deliveryId: string; readonly dueAt: Date; readonly hold: string }[],
  gates: readonly NonNullable<Admission['gate']>[],
): Statement[] {
  const statements: Statement[] = [];
  if (leases.length > 0) {
    statements.push({
      name: 'lease_deliveries',
      text: LEASE,
      values: [
        leases.map(({ deliveryId }) => deliveryId),
        leases.map(({ known, leasedAt }) => leaseEnd(known.policy, leasedAt)),
      ],
    });
  }
  if (holds.length > 0) {
    const values = [
      holds.map(({ deliveryId }) => deliveryId),
      holds.map(({ dueAt }) => dueAt),
      holds.map(({ hold }) => hold),
    ];
    statements.push({ name: 'hold_deliveries', text: HOLD, values });
  }
  if (gates.length > 0) statements.push(gatesStatement(gates));
  return statements;
}
