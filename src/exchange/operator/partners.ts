import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Database } from '../../store/database.ts';
import type { Adapter } from '../adapter.ts';
import type { DeliveryState } from '../delivery-states.ts';
import type { Depth } from '../depths.ts';
import { dayOf } from '../policy/calendar.ts';
import { effectivePolicy, type Policy, type PolicyChanges } from '../policy/policy.ts';
import { availableTokens } from '../policy/rate.ts';
import { maskSecrets } from './masking.ts';

export interface PartnerView {
  readonly partnerId: string;
  readonly adapter: string;
  /** The participant whose own system it is; null: the operator's. */
  readonly bin: string | null;
  readonly name: string;
  readonly topics: readonly string[];
  /** Without what looks like a secret. */
  readonly settings: unknown;
  readonly policy: {
    /** What differs from its adapter's. */
    readonly own: PolicyChanges;
    /** Null where no hub of this kind has its adapter. */
    readonly effective: Policy | null;
  };
  readonly switchedOff: boolean;
  readonly switchReason: string | null;
  readonly gate: GateView;
  /** Null before the hub has looked for the first time. */
  readonly depth: DepthView | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** What stands between its messages and it at the moment. */
export interface GateView {
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly breakerUntil: Date | null;
  readonly trips: number;
  /** Messages that may go at once by its rate; null without a rate. */
  readonly tokens: number | null;
  /** Attempts that are left of its day; null without a quota. */
  readonly quotaLeft: number | null;
}

/** What stands before it, as of a few seconds ago. */
export interface DepthView {
  readonly at: Date;
  readonly byState: Readonly<Record<UnfinishedState, number>>;
  /** Of those that go by themselves; null where there are none. */
  readonly oldestWaitingSeconds: number | null;
}

export const UNFINISHED_STATES = [
  'queued',
  'waiting',
  'sending',
  'uncertain',
  'parked',
] as const satisfies readonly DeliveryState[];
export type UnfinishedState = (typeof UNFINISHED_STATES)[number];

/** The hub's last look at its queues. */
export interface QueueSnapshot {
  readonly at: Date;
  readonly depths: ReadonlyMap<string, Depth>;
}

export interface PartnerPage {
  readonly partners: readonly PartnerView[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

export interface Partners {
  /** By their ids. */
  list(query: { readonly cursor?: string | undefined; readonly limit?: number | undefined }): Promise<PartnerPage>;
  get(partnerId: string): Promise<PartnerView>;
}

export interface PartnersDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly adapters: readonly Adapter[];
  /** Null before the first look. */
  readonly snapshot: () => QueueSnapshot | null;
}

const LIMIT = 50;
const LIMIT_MAX = 100;

interface PartnerRow extends Pick<PartnerView, 'partnerId' | 'adapter' | 'bin' | 'name' | 'topics' | 'switchedOff'> {
  readonly switchReason: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly policy: PolicyChanges;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly breaker: GateView['breaker'];
  readonly breakerUntil: Date | null;
  readonly trips: number;
  readonly tokens: number | null;
  readonly tokensAt: Date | null;
  readonly quotaDay: string | null;
  readonly quotaUsed: number;
}

const PARTNERS = `
select p.partner_id as "partnerId", p.adapter, p.bin, p.name, p.topics, p.settings, p.policy,
       p.switched_off as "switchedOff", p.switch_reason as "switchReason", p.created_at as "createdAt",
       p.changed_at as "changedAt", coalesce(g.breaker, 'closed') as breaker, g.breaker_until as "breakerUntil",
       coalesce(g.trips, 0) as trips, g.tokens, g.tokens_at as "tokensAt", g.quota_day::text as "quotaDay",
       coalesce(g.quota_used, 0) as "quotaUsed"
  from partner p left join partner_gate g using (partner_id)
 where p.removed_at is null`;

const PAGE = `${PARTNERS} and ($1::text is null or p.partner_id > $1) order by p.partner_id limit $2`;
const ONE = `${PARTNERS} and p.partner_id = $1`;

export function createPartners({ db, clock, adapters, snapshot }: PartnersDeps): Partners {
  const adapterOf = new Map(adapters.map((adapter) => [adapter.name, adapter]));

  function viewsOf(rows: readonly PartnerRow[]): PartnerView[] {
    const now = clock.now();
    const seen = snapshot();
    return rows.map((row) => viewOf(row, adapterOf.get(row.adapter), depthOf(row.partnerId, seen), now));
  }

  return {
    async list({ cursor, limit = LIMIT }) {
      const count = Math.max(1, Math.min(limit, LIMIT_MAX));
      const { rows } = await db.query<PartnerRow>(PAGE, [cursor ?? null, count + 1]);
      const partners = viewsOf(rows.slice(0, count));
      return { partners, nextCursor: rows.length > count ? (partners.at(-1)?.partnerId ?? null) : null };
    },

    async get(partnerId) {
      const [view] = viewsOf((await db.query<PartnerRow>(ONE, [partnerId])).rows);
      if (view === undefined) throw new TanbaError('exchange.partner_unknown');
      return view;
    },
  };
}

function viewOf(row: PartnerRow, adapter: Adapter | undefined, depth: DepthView | null, now: Date): PartnerView {
  const { partnerId, bin, name, topics, settings, policy: own, switchedOff, switchReason, createdAt, changedAt } = row;
  const effective = adapter === undefined ? null : effectivePolicy(adapter.policy, own);
  return {
    partnerId,
    adapter: row.adapter,
    bin,
    name,
    topics,
    settings: maskSecrets(settings),
    policy: { own, effective },
    switchedOff,
    switchReason,
    gate: gateOf(row, effective, now),
    depth,
    createdAt,
    changedAt,
  };
}

function depthOf(partnerId: string, snapshot: QueueSnapshot | null): DepthView | null {
  if (snapshot === null) return null;
  const { at, depths } = snapshot;
  const { byState, oldest } = depths.get(partnerId) ?? { byState: {}, oldest: null };
  return {
    at,
    byState: wholeDepth(byState),
    oldestWaitingSeconds: oldest === null ? null : Math.max(0, (at.getTime() - oldest.getTime()) / 1_000),
  };
}

function wholeDepth(byState: Depth['byState']): DepthView['byState'] {
  const { queued = 0, waiting = 0, sending = 0, uncertain = 0, parked = 0 } = byState;
  return { queued, waiting, sending, uncertain, parked };
}

function gateOf(row: PartnerRow, policy: Policy | null, now: Date): GateView {
  const { breaker, breakerUntil, trips, quotaDay, quotaUsed } = row;
  const rate = policy?.ratePerSecond ?? null;
  const quota = policy?.dailyQuota ?? null;
  const used = policy !== null && quotaDay === dayOf(policy.calendar, now) ? quotaUsed : 0;
  return {
    breaker,
    breakerUntil,
    trips,
    tokens: rate === null ? null : Math.floor(availableTokens(row, rate, now)),
    quotaLeft: quota === null ? null : Math.max(0, quota - used),
  };
}
