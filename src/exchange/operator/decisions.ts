import { writeAudit } from '../../core/audit/audit.ts';
import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Database } from '../../store/database.ts';
import type { DeliveryState } from '../delivery-states.ts';
import { promoteHeads } from '../outbound/lanes.ts';
import { isUuid } from './message-place.ts';
import { checkedReason, type Operator } from './operator.ts';

/** What an operator decides about single deliveries. */
export interface Decisions {
  /** It stays where it is, and its lane with it, until somebody replays or cancels it. */
  park(deliveryId: string, by: Operator, reason: string): Promise<void>;
  /** It does not go any more; those behind it in its lane do. */
  cancel(deliveryId: string, by: Operator, reason: string): Promise<void>;
}

export interface DecisionsDeps {
  readonly db: Database;
  readonly clock: Clock;
}

interface DecidedRow {
  readonly messageId: string;
  readonly partnerId: string;
  readonly state: DeliveryState;
  readonly lane: string | null;
}

interface Kind {
  readonly action: string;
  readonly from: readonly DeliveryState[];
  readonly sql: string;
}

const LOCK_DELIVERY = `
select message_id as "messageId", partner_id as "partnerId", state, lane
  from delivery where delivery_id = $1 for no key update`;

const settled = (state: 'parked' | 'cancelled'): string => `
update delivery set state = '${state}', reason = 'by_operator', held_by = null, carried_until = null, finished_at = $2
 where delivery_id = $1`;

// What is being sent ends by itself: nobody can call it back.
const PARK: Kind = { action: 'delivery.parked', from: ['queued', 'waiting', 'uncertain'], sql: settled('parked') };
const CANCEL: Kind = {
  action: 'delivery.cancelled',
  from: ['queued', 'waiting', 'uncertain', 'parked'],
  sql: settled('cancelled'),
};

export function createDecisions({ db, clock }: DecisionsDeps): Decisions {
  async function decide(kind: Kind, deliveryId: string, by: Operator, given: string): Promise<DecidedRow> {
    const reason = checkedReason(given);
    if (!isUuid(deliveryId)) throw new TanbaError('exchange.delivery_unknown');
    return await db.transaction(async (tx) => {
      const now = clock.now();
      const [row] = (await tx.query<DecidedRow>(LOCK_DELIVERY, [deliveryId])).rows;
      if (row === undefined) throw new TanbaError('exchange.delivery_unknown');
      const { messageId, partnerId, state } = row;
      if (!kind.from.includes(state)) throw new TanbaError('exchange.delivery_state', { details: { state } });
      await tx.query(kind.sql, [deliveryId, now]);
      const details = { reason, messageId, partnerId, from: state };
      const { bin, ip } = by;
      await writeAudit(tx, { at: now, bin, ip, action: kind.action, subject: deliveryId, details });
      return row;
    });
  }

  return {
    park: async (deliveryId, by, reason) => {
      await decide(PARK, deliveryId, by, reason);
    },
    cancel: async (deliveryId, by, reason) => {
      const { partnerId, lane } = await decide(CANCEL, deliveryId, by, reason);
      if (lane !== null) await promoteHeads(db, [{ partnerId, lane }], clock.now());
    },
  };
}
