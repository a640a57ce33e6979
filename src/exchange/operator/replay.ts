import { writeAudit } from '../../core/audit/audit.ts';
import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Database, Queryable } from '../../store/database.ts';
import type { DeliveryState } from '../delivery-states.ts';
import { promoteHeads } from '../outbound/lanes.ts';
import { isUuid } from './message-place.ts';
import { checkedReason, type Operator } from './operator.ts';
import { OF_IDS, OF_SELECTION, type ReplayStatements } from './replay-statements.ts';

export const REPLAYABLE_STATES = ['parked', 'cancelled', 'delivered'] as const satisfies readonly DeliveryState[];
export type ReplayableState = (typeof REPLAYABLE_STATES)[number];

export interface ReplaySelection {
  readonly states: readonly ReplayableState[];
  /** Of messages made in [from, to). */
  readonly from: Date;
  readonly to: Date;
  readonly partnerId?: string | undefined;
  readonly topic?: string | undefined;
  readonly reason?: string | undefined;
  /** Code of the last attempt. */
  readonly outcome?: string | undefined;
}

export type ReplayWish = { readonly deliveryIds: readonly string[] } | { readonly selection: ReplaySelection };

export interface ReplayCounts {
  /** Go again, under the same message ids. */
  readonly replayed: number;
  /** Cannot: retention has taken the body. */
  readonly bodyErased: number;
  readonly partnerRemoved: number;
  /** Of a list only: still under way, or there is no such delivery. */
  readonly otherState: number;
  readonly unknown: number;
  /** Of those that go again: how many stood where. */
  readonly byPartner: readonly {
    readonly partnerId: string;
    readonly state: DeliveryState;
    readonly deliveries: number;
  }[];
}

export interface ReplayPreview extends ReplayCounts {
  readonly oldest: readonly ReplayCandidate[];
}

export interface ReplayCandidate {
  readonly deliveryId: string;
  readonly messageId: string;
  /** Of the message. */
  readonly createdAt: Date;
  readonly partnerId: string;
  readonly topic: string;
  readonly state: DeliveryState;
  readonly reason: string | null;
  readonly outcome: string | null;
}

/** Messages sent once more. Partners see a repetition: the message id is the same. */
export interface Replays {
  /** The same that `replay` would count, and nothing changed. */
  preview(wish: ReplayWish): Promise<ReplayPreview>;
  replay(wish: ReplayWish, by: Operator, reason: string): Promise<ReplayCounts>;
}

const IDS_MAX = 1_000;
const SELECTION_MAX = 100_000;
const OLDEST_SHOWN = 20;
/** 100,000 rows with their indexes. */
const STATEMENT_TIMEOUT_MS = 120_000;

interface Group {
  readonly partnerId: string;
  readonly state: DeliveryState;
  readonly erased: boolean;
  readonly removed: boolean;
  readonly again: boolean;
  readonly deliveries: number;
  readonly lane?: string | null;
}

export function createReplays({ db, clock }: { readonly db: Database; readonly clock: Clock }): Replays {
  return {
    async preview(wish) {
      const plan = planOf(wish);
      const counts = countsOf(plan, await countedGroups(db, plan));
      const { rows } = await db.query<ReplayCandidate>(plan.statements.oldest, [...plan.values, OLDEST_SHOWN]);
      return { ...counts, oldest: rows };
    },

    async replay(wish, by, given) {
      const reason = checkedReason(given);
      const plan = planOf(wish);
      const now = clock.now();
      const groups = await db.transaction(
        async (tx) => {
          await countedGroups(tx, plan);
          const values = [...plan.values, plan.max, now];
          const { rows } = await tx.query<Group>(plan.statements.replayed, values);
          const counts = countsOf(plan, rows);
          refuseSingle(plan, rows);
          const { bin, ip } = by;
          const details = { reason, ...plan.about, ...counts };
          await writeAudit(tx, { at: now, bin, ip, action: 'deliveries.replayed', subject: plan.subject, details });
          return rows;
        },
        { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
      );
      await promoteHeads(
        db,
        groups.flatMap(({ again, partnerId, lane }) =>
          again && typeof lane === 'string' ? [{ partnerId, lane }] : [],
        ),
        now,
      );
      return countsOf(plan, groups);
    },
  };
}

interface Plan {
  readonly statements: ReplayStatements;
  readonly values: readonly unknown[];
  readonly max: number;
  /** How many were named; null where none were. */
  readonly named: number | null;
  readonly subject: string | null;
  /** For the audit log. */
  readonly about: Readonly<Record<string, unknown>>;
}

function planOf(wish: ReplayWish): Plan {
  if ('deliveryIds' in wish) {
    const ids = [...new Set(wish.deliveryIds.map((id) => id.toLowerCase()))];
    if (ids.length > IDS_MAX) throw tooMany(ids.length, IDS_MAX);
    const [first = null] = ids;
    return {
      statements: OF_IDS,
      values: [ids.filter(isUuid)],
      max: IDS_MAX,
      named: ids.length,
      subject: ids.length === 1 ? first : null,
      about: { deliveryIds: ids },
    };
  }
  const { selection } = wish;
  const { states, from, to, partnerId = null, topic = null, reason = null, outcome = null } = selection;
  return {
    statements: OF_SELECTION,
    values: [states, from, to, partnerId, topic, reason, outcome],
    max: SELECTION_MAX,
    named: null,
    subject: partnerId,
    about: { selection },
  };
}

/** Refuses what is too much before anything is locked. */
async function countedGroups(db: Queryable, { statements, values, max }: Plan): Promise<readonly Group[]> {
  const { rows } = await db.query<Group>(statements.counted, [...values, max + 1]);
  const count = sum(rows);
  if (count > max) throw tooMany(count, max);
  return rows;
}

/** Whoever names one delivery is told why it does not go. */
function refuseSingle({ named }: Plan, [group]: readonly Group[]): void {
  if (named !== 1) return;
  if (group === undefined) throw new TanbaError('exchange.delivery_unknown');
  if (isOtherState(group)) throw new TanbaError('exchange.delivery_state', { details: { state: group.state } });
}

function countsOf({ named }: Plan, groups: readonly Group[]): ReplayCounts {
  const again = groups.filter((group) => group.again);
  const others = groups.filter((group) => isOtherState(group));
  const rest = groups.filter((group) => !group.again && !isOtherState(group));
  return {
    replayed: sum(again),
    bodyErased: sum(rest.filter(({ removed }) => !removed)),
    partnerRemoved: sum(rest.filter(({ removed }) => removed)),
    otherState: sum(others),
    unknown: named === null ? 0 : named - sum(groups),
    byPartner: byPartner(again),
  };
}

function byPartner(groups: readonly Group[]): ReplayCounts['byPartner'] {
  const sums = new Map<string, { partnerId: string; state: DeliveryState; deliveries: number }>();
  for (const { partnerId, state, deliveries } of groups) {
    const key = `${partnerId} ${state}`;
    const known = sums.get(key) ?? { partnerId, state, deliveries: 0 };
    sums.set(key, { ...known, deliveries: known.deliveries + deliveries });
  }
  return [...sums.values()];
}

function isOtherState({ state }: Group): boolean {
  const replayable: readonly DeliveryState[] = REPLAYABLE_STATES;
  return !replayable.includes(state);
}

function sum(groups: readonly Group[]): number {
  return groups.reduce((total, { deliveries }) => total + deliveries, 0);
}

function tooMany(count: number, limit: number): TanbaError {
  return new TanbaError('exchange.selection_too_large', { details: { count, limit } });
}
