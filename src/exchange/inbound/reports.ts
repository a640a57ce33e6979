import type { ToldMessage } from './acknowledgements.ts';
import type { Effect } from './inbox.ts';

/** A partner's list of what it got on a day of its calendar, in one part or several. */
export interface PartnerReport {
  readonly kind: 'report';
  /** ISO date. */
  readonly day: string;
  readonly messages: readonly ToldMessage[];
  /** No further part follows. */
  readonly last: boolean;
}

// In the order of the key: two parts at once that name the same messages never wait for each other.
const TAKE_REPORT = `
insert into partner_report (day, partner_id, message_id, digest, reported_at)
select distinct on (message_id) $1::date, $2::text, message_id, decode(digest, 'hex'), $5::timestamptz
  from unnest($3::uuid[], $4::text[]) with ordinality as t(message_id, digest, n) order by message_id, n
on conflict (partner_id, day, message_id) do nothing`;

/** What it said of a message first stays. Answers how many messages are new in the day's list. */
export function reporting(partnerId: string, { day, messages }: PartnerReport): Effect {
  return async (tx, { now }) => {
    const ids = messages.map(({ messageId }) => messageId);
    const digests = messages.map(({ digest }) => digest ?? null);
    const { rowCount } = await tx.query(TAKE_REPORT, [day, partnerId, ids, digests, now]);
    return { day, taken: rowCount ?? 0 };
  };
}
