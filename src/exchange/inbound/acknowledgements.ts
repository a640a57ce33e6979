import type { Queryable } from '../../store/database.ts';
import type { Effect } from './inbox.ts';

/** A partner's word that it has a message of ours. */
export interface ToldMessage {
  readonly messageId: string;
  /** SHA-256 of what it got, hexadecimal. */
  readonly digest?: string | undefined;
}

export interface Acknowledgement {
  readonly kind: 'acknowledgement';
  readonly messages: readonly ToldMessage[];
}

// Each delivery is acknowledged once; the first digest that the partner names is kept, also where its answer had
// acknowledged before, and reconciliation compares it. Locked in the order of positions, as
// replays are. What is under way may be acknowledged: its answer can come after this.
const ACKNOWLEDGE = `
with told as materialized (
       select distinct on (message_id) message_id, digest
         from unnest($2::uuid[], $3::text[]) with ordinality as t(message_id, digest, n) order by message_id, n),
     met as materialized (
       select d.delivery_id, d.message_id, d.acknowledged_at is null as fresh, told.digest
         from told join delivery d on d.message_id = told.message_id and d.partner_id = $1
        order by d.position for no key update of d),
     acknowledged as (
       update delivery d set acknowledged_at = coalesce(d.acknowledged_at, $4),
                             acknowledged_digest = coalesce(d.acknowledged_digest, decode(met.digest, 'hex'))
         from met where d.delivery_id = met.delivery_id and (met.fresh or met.digest is not null))
select told.message_id as "messageId",
       case when bool_or(met.fresh) then 'acknowledged' when bool_or(not met.fresh) then 'already' else 'unknown' end as fate
  from told left join met using (message_id) group by told.message_id order by told.message_id`;

/** Answers how many were acknowledged by it, how many had been before, and which are none of the partner's. */
export function acknowledging(partnerId: string, { messages }: Acknowledgement): Effect {
  return async (tx, { now }) => {
    const fates = await acknowledge(tx, partnerId, messages, now);
    const count = (wanted: Fate): number => fates.filter(({ fate }) => fate === wanted).length;
    const unknown = fates.filter(({ fate }) => fate === 'unknown').map(({ messageId }) => messageId);
    return { acknowledged: count('acknowledged'), already: count('already'), unknown };
  };
}

type Fate = 'acknowledged' | 'already' | 'unknown';

async function acknowledge(
  tx: Queryable,
  partnerId: string,
  messages: readonly ToldMessage[],
  now: Date,
): Promise<readonly { readonly messageId: string; readonly fate: Fate }[]> {
  const { rows } = await tx.query<{ messageId: string; fate: Fate }>({
    name: 'acknowledge',
    text: ACKNOWLEDGE,
    values: [partnerId, messages.map(({ messageId }) => messageId), messages.map(({ digest }) => digest ?? null), now],
  });
  return rows;
}
