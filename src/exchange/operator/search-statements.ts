import type { DeliveryState } from '../delivery-states.ts';

/**
 * Statements that find a page of messages, newest first. Their parameters:
 * $1 topic, $2 direction, $3 partner, $4 state, $5 from, $6 to, $7 and $8 where the page before ended, $9 how many;
 * where the messages themselves are looked at also $10 further keys, $11 trace id, $12 message id, $13 the key or keys of
 * which it must have one. They are sent without a name: planned with their values, so that what is not asked for costs
 * nothing, and a key that millions have is not taken for a rare one.
 */

// A row comparison alone leaves out no partition.
const placed = (at: string, id: string): string => `
   and ($5::timestamptz is null or ${at} >= $5) and ($6::timestamptz is null or ${at} < $6)
   and ($7::timestamptz is null or ${at} <= $7) and ($7::timestamptz is null or (${at}, ${id}) < ($7, $8::uuid))`;

const newest = (at: string, id: string): string => `order by ${at} desc, ${id} desc limit $9`;

const paged = (pages: string): string => `
select created_at as "createdAt", message_id as "messageId"
  from (select distinct page.created_at, page.message_id from ${pages}) as found
 ${newest('created_at', 'message_id')}`;

const ABOUT_MESSAGE = `
   and ($1::text is null or m.topic = $1)
   and ($2::message_direction is null or m.direction = $2)
   and ($11::text is null or split_part(m.trace, '-', 2) = $11)
   and ($12::uuid is null or m.message_id = $12)
   and ($3::text is null and $4::delivery_state is null
        or $4::delivery_state is null and m.partner_id = $3
        or exists (select from delivery d
                    where d.message_id = m.message_id and ($3::text is null or d.partner_id = $3)
                      and ($4::delivery_state is null or d.state = $4)))
   and (cardinality($10::text[]) = 0
        or not exists (select from unnest($10::text[]) as more(key)
                        where not exists (select from message_key other
                                           where other.key = more.key collate "C" and other.created_at = m.created_at
                                             and other.message_id = m.message_id)))`;

// Message by message, from the newest on: as a plain join it was made of all messages at once and sorted, 500 ms for a key
// that 200,000 have.
const withKey = (key: string): string => `
  (select k.created_at, k.message_id
     from message_key k cross join lateral (
       select message_id, created_at, direction, topic, partner_id, trace from message
        where message.message_id = k.message_id and message.created_at = k.created_at offset 0) as m
    where k.key = ${key} collate "C" ${placed('k.created_at', 'k.message_id')} ${ABOUT_MESSAGE}
    ${newest('k.created_at', 'k.message_id')}) as page`;

/** By a key that anything may have. */
export const BY_KEY = paged(withKey('$13::text'));

/** By any of the keys, each of them rare. */
export const BY_KEYS = paged(`unnest($13::text[]) as wanted(key) cross join lateral ${withKey('wanted.key')}`);

/** By its own id or by its trace. */
export const BY_MESSAGE = paged(`
  (select m.created_at, m.message_id from message m
    where true ${placed('m.created_at', 'm.message_id')} ${ABOUT_MESSAGE}
    ${newest('m.created_at', 'm.message_id')}) as page`);

const toPartner = (partner: string): string => `
  (select d.message_at as created_at, d.message_id from delivery d
    where d.partner_id = ${partner} and ($1::text is null or d.topic = $1)
          and ($4::delivery_state is null or d.state = $4) and $2::message_direction is distinct from 'inbound'
          ${placed('d.message_at', 'd.message_id')}
    ${newest('d.message_at', 'd.message_id')})`;

const fromPartner = (partner: string): string => `
  (select m.created_at, m.message_id from message m
    where m.direction = 'inbound' and m.partner_id = ${partner} and ($1::text is null or m.topic = $1)
          and $4::delivery_state is null and $2::message_direction is distinct from 'outbound'
          ${placed('m.created_at', 'm.message_id')}
    ${newest('m.created_at', 'm.message_id')})`;

export const BY_PARTNER = paged(`(${toPartner('$3')} union all ${fromPartner('$3')}) as page`);

// From partner to partner, so that each page is read from the newest end of an index.
export const BY_PARTNERS = paged(`
  partner p cross join lateral (${toPartner('p.partner_id')} union all ${fromPartner('p.partner_id')}) as page
 where $3::text is null`);

const byState = (deliveries: string): string =>
  paged(`
  (select d.message_at as created_at, d.message_id from (${deliveries}) as d
    where d.state = $4::delivery_state and ($3::text is null or d.partner_id = $3)
          and ($1::text is null or d.topic = $1) and $2::message_direction is distinct from 'inbound'
          ${placed('d.message_at', 'd.message_id')}) as page`);

const standing = (state: string): string => `select * from delivery where state = '${state}' offset 0`;

// Both halves of what the small indexes of the backlog hold.
const BACKLOG = `
select * from delivery where state in ('waiting', 'uncertain') and carried_until is null
union all
select * from delivery where state in ('waiting', 'uncertain') and carried_until is not null`;

/** Of what is not finished there is little: it is read whole from its own index, not looked for among all the rest. */
export const BY_UNFINISHED_STATE: Partial<Readonly<Record<DeliveryState, string>>> = {
  queued: byState(standing('queued')),
  waiting: byState(BACKLOG),
  uncertain: byState(BACKLOG),
  sending: byState(standing('sending')),
  parked: byState(standing('parked')),
};
