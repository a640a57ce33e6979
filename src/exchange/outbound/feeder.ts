import type { Clock } from '../../core/clock.ts';
import type { Queryable } from '../../store/database.ts';
import type { Epoch } from '../epoch.ts';
import type { PartnerDirectory } from '../partner-directory.ts';
import { mayPass } from '../policy/breaker.ts';
import { dayOf, opensAt } from '../policy/calendar.ts';
import type { Policy } from '../policy/policy.ts';
import type { Carrier, Transport } from '../transports/transport.ts';
import type { Gate } from './gate.ts';
import { readGates } from './gate.ts';
import { handOver } from './hand-over.ts';
import { CARRIER_GRACE_MS, windowOf } from './window.ts';

/**
 * Finds carriers for deliveries that have none: those of a backlog, those put off by a gate, and those whose carrier was
 * lost with a broker, a timer or a process.
 */
export interface Feeder {
  /** One pass; how many deliveries got a carrier. */
  pass(): Promise<number>;
}

export interface FeederDeps {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly directory: PartnerDirectory;
  readonly transport: Pick<Transport, 'carry' | 'ready'>;
  readonly epoch: Epoch;
}

// Only those of a time not far ahead are counted: a retry of tomorrow has a carrier too, but waits in its timer.
// $5 and $6: where the last search of the partner ended.
const FEED = `
with partner_window as materialized (
       select t.partner_id, t.window_size
              - (select count(*) from delivery b where b.partner_id = t.partner_id and b.state = 'sending')
              - (select count(*) from delivery b
                  where b.partner_id = t.partner_id and b.state in ('waiting', 'uncertain')
                    and b.carried_until is not null and b.carried_until > $3 and b.carried_until <= $4) as free,
              t.after_due, t.after_position
         from unnest($1::text[], $2::integer[], $5::timestamptz[], $6::bigint[])
              as t(partner_id, window_size, after_due, after_position)),
     chosen as materialized (
       select next.delivery_id
         from partner_window w cross join lateral (
           select delivery_id from delivery d
            where d.partner_id = w.partner_id and d.state in ('waiting', 'uncertain') and d.carried_until is null
              and d.due_at <= $3 and (d.due_at, d.position) >= (w.after_due, w.after_position)
            order by d.due_at, d.position limit greatest(0, w.free)
            for update skip locked) as next)
update delivery d set carrier = d.carrier + 1, carried_until = $4
  from chosen, message m
 where d.delivery_id = chosen.delivery_id and m.message_id = d.message_id and m.created_at = d.message_at
returning d.delivery_id as "deliveryId", d.partner_id as "partnerId", d.carrier, m.trace,
          d.due_at as "dueAt", d.position`;

interface Fed {
  readonly deliveryId: string;
  readonly partnerId: string;
  readonly carrier: number;
  readonly trace: string;
  readonly dueAt: Date;
  /** A bigint. */
  readonly position: string;
}

type Place = Pick<Fed, 'dueAt' | 'position'>;

const BEGINNING: Place = { dueAt: new Date(0), position: '0' };
/** For those that became due again behind the place where a search of a backlog goes on. */
const SEARCH_ALL_MS = 1_000;

const FORGET_LOST_CARRIERS = `
update delivery set carried_until = null
 where state in ('waiting', 'uncertain') and carried_until is not null and carried_until <= $1`;

export function createFeeder({ db, clock, directory, transport, epoch }: FeederDeps): Feeder {
  /** Room of each partner whose gate is open. */
  async function windows(now: Date): Promise<Map<string, number>> {
    const gates = new Map((await readGates(db)).map((gate) => [gate.partnerId, gate]));
    const found = new Map<string, number>();
    for (const { partner, policy } of directory.partners()) {
      const gate = gates.get(partner.partnerId);
      if (gate === undefined || gate.switchedOff || gate.removed) continue;
      const window = openWindow(gate, policy, now);
      if (window > 0) found.set(partner.partnerId, window);
    }
    return found;
  }

  /**
   * Where the search in a partner's backlog goes on. What was taken from its front stays in the index until the next
   * vacuum: searching from the beginning each time, a backlog of 300,000 went at half the rate near its end.
   */
  const places = new Map<string, Place>();
  let searchedAllAt = 0;

  async function feed(open: ReadonlyMap<string, number>, now: Date): Promise<readonly Fed[]> {
    const partnerIds = [...open.keys()];
    const from = partnerIds.map((partnerId) => places.get(partnerId) ?? BEGINNING);
    const { rows } = await db.query<Fed>({
      name: 'feed',
      text: FEED,
      values: [
        partnerIds,
        [...open.values()],
        now,
        new Date(now.getTime() + CARRIER_GRACE_MS),
        from.map(({ dueAt }) => dueAt),
        from.map(({ position }) => position),
      ],
    });
    for (const { partnerId, dueAt, position } of rows) {
      if (isBehind(places.get(partnerId) ?? BEGINNING, { dueAt, position })) places.set(partnerId, { dueAt, position });
    }
    return rows;
  }

  async function feedOrSearchAll(open: ReadonlyMap<string, number>, now: Date): Promise<readonly Fed[]> {
    const aged = performance.now() - searchedAllAt > SEARCH_ALL_MS;
    if (places.size > 0 && !aged) {
      const fed = await feed(open, now);
      if (fed.length > 0) return fed;
    }
    places.clear();
    searchedAllAt = performance.now();
    return await feed(open, now);
  }

  return {
    pass: async () => {
      const now = clock.now();
      await db.query({ name: 'forget_lost_carriers', text: FORGET_LOST_CARRIERS, values: [now] });
      if (!transport.ready) return 0;
      const open = await windows(now);
      if (open.size === 0) return 0;
      const fed = await feedOrSearchAll(open, now);
      const carriers = fed.flatMap(({ deliveryId, partnerId, carrier, trace }): Carrier[] => {
        const adapter = directory.find(partnerId)?.adapter.name;
        return adapter === undefined
          ? []
          : [{ deliveryId, partnerId, adapter, carrier, epoch: epoch.current(), trace }];
      });
      await handOver(db, transport, carriers);
      return carriers.length;
    },
  };
}

function isBehind(place: Place, other: Place): boolean {
  const ahead = other.dueAt.getTime() - place.dueAt.getTime();
  return ahead > 0 || (ahead === 0 && BigInt(other.position) > BigInt(place.position));
}

function openWindow(gate: Gate, policy: Policy, now: Date): number {
  if (opensAt(policy.calendar, now) > now) return 0;
  const { dailyQuota } = policy;
  if (dailyQuota !== null && gate.quotaUsed >= dailyQuota && gate.quotaDay === dayOf(policy.calendar, now)) return 0;
  const pass = mayPass(gate, now);
  if (pass === 'none') return 0;
  return pass === 'one' ? 1 : windowOf(policy);
}
