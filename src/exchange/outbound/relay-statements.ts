import type { Queryable, Statement } from '../../store/database.ts';

export interface OutboxRow {
  readonly messageId: string;
  readonly createdAt: Date;
  readonly bucket: number;
  readonly topic: string;
  readonly bin: string;
  readonly keys: readonly string[];
  readonly trace: string | null;
  readonly payload: unknown;
}

// One relay at a time over all hubs, and oldest first: so of two messages about one object the later one is never taken
// before the earlier one, and positions in a lane grow with the commits. SKIP LOCKED would let one overtake another.
const CLAIM_OUTBOX = `
with turn as materialized (select pg_try_advisory_xact_lock(hashtextextended('tanba:relay', 0)) as mine),
     unsent as materialized (
       select message_id, created_at, bucket from outbox
        where sent_at is null and (select mine from turn) order by seq limit $1)
update outbox o set sent_at = $2
  from unsent u
 where o.message_id = u.message_id and o.created_at = u.created_at and o.bucket = u.bucket and o.sent_at is null
returning o.message_id as "messageId", o.created_at as "createdAt", o.bucket, o.topic, o.bin, o.keys, o.trace,
          o.payload, o.seq`;

/** The oldest unsent messages, marked as sent; none while another relay is at work. */
export async function claimOutbox(tx: Queryable, limit: number, now: Date): Promise<OutboxRow[]> {
  const { rows } = await tx.query<OutboxRow & { seq: string }>({
    name: 'claim_outbox',
    text: CLAIM_OUTBOX,
    values: [limit, now],
  });
  return rows.sort((a, b) => Number(BigInt(a.seq) - BigInt(b.seq)));
}

export interface NewMessage {
  readonly messageId: string;
  readonly createdAt: Date;
  readonly bucket: number;
  readonly topic: string;
  readonly bin: string;
  readonly keys: readonly string[];
  readonly trace: string;
  readonly digest: Buffer;
  readonly body: Buffer;
}

const INSERT_MESSAGES = `
insert into message (created_at, message_id, bucket, direction, topic, bin, trace, digest, body)
select created_at, message_id, bucket, 'outbound', topic, bin, trace, digest, body
  from unnest($1::timestamptz[], $2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[])
    as t(created_at, message_id, bucket, topic, bin, trace, digest, body)`;

const INSERT_MESSAGE_KEYS = `
insert into message_key (created_at, message_id, bucket, key)
select created_at, message_id, bucket, key
  from unnest($1::timestamptz[], $2::uuid[], $3::smallint[], $4::text[]) as t(created_at, message_id, bucket, keys),
       lateral (select distinct key from string_to_table(keys, E'\\n') as key) as each_key
on conflict do nothing`;

export function messageStatements(messages: readonly NewMessage[]): Statement[] {
  const times = messages.map(({ createdAt }) => createdAt);
  const ids = messages.map(({ messageId }) => messageId);
  const buckets = messages.map(({ bucket }) => bucket);
  return [
    {
      name: 'insert_messages',
      text: INSERT_MESSAGES,
      values: [
        times,
        ids,
        buckets,
        messages.map(({ topic }) => topic),
        messages.map(({ bin }) => bin),
        messages.map(({ trace }) => trace),
        messages.map(({ digest }) => digest),
        messages.map(({ body }) => body),
      ],
    },
    {
      name: 'insert_message_keys',
      text: INSERT_MESSAGE_KEYS,
      values: [times, ids, buckets, messages.map(({ keys }) => keys.join('\n'))],
    },
  ];
}

export interface NewDelivery {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly messageAt: Date;
  readonly partnerId: string;
  readonly topic: string;
  readonly lane: string | null;
  /** Another delivery of the same lane stands before it in this batch. */
  readonly behind: boolean;
  /** How many of the partner's deliveries may be carried or under way; 0 carries none now. */
  readonly window: number;
}

// A delivery is queued where its lane has another one. It is carried at once where the partner's window has room: the
// next-to-last step counts no further than the window.
const INSERT_DELIVERIES = `
with item as materialized (
       select t.*, t.lane is not null and (t.behind or exists (
                select from delivery d where d.partner_id = t.partner_id and d.lane = t.lane and d.unfinished)) as queued
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::boolean[],
                     $8::integer[])
              with ordinality as t(delivery_id, message_id, message_at, partner_id, topic, lane, behind, window_size, n)),
     room as materialized (
       select partner_id, max(window_size)
              - (select count(*) from (select from delivery d
                                        where d.partner_id = item.partner_id and d.state in ('waiting', 'uncertain')
                                          and d.carried_until is null limit max(window_size)) as idle)
              - (select count(*) from (select from delivery d
                                        where d.partner_id = item.partner_id and d.state in ('waiting', 'uncertain')
                                          and d.carried_until is not null limit max(window_size)) as carried)
              - (select count(*) from delivery d where d.partner_id = item.partner_id and d.state = 'sending') as free
         from item group by partner_id),
     ranked as (
       select item.*, row_number() over (partition by partner_id, queued order by n) <= room.free as carried
         from item join room using (partner_id))
insert into delivery (delivery_id, message_id, message_at, partner_id, topic, state, lane, due_at, held_by, carrier,
                      carried_until, created_at)
select delivery_id, message_id, message_at, partner_id, topic,
       case when queued then 'queued' else 'waiting' end::delivery_state, lane, $9::timestamptz, case when queued then 'lane' end,
       case when queued or not carried then 0 else 1 end, case when queued or not carried then null else $10::timestamptz end, $9::timestamptz
  from ranked order by n
returning delivery_id as "deliveryId", partner_id as "partnerId", lane, state, carrier`;

export interface InsertedDelivery {
  readonly deliveryId: string;
  readonly partnerId: string;
  readonly lane: string | null;
  readonly state: 'queued' | 'waiting';
  /** 0: nobody carries it yet. */
  readonly carrier: number;
}

export async function insertDeliveries(
  tx: Queryable,
  deliveries: readonly NewDelivery[],
  now: Date,
  carriedUntil: Date,
): Promise<InsertedDelivery[]> {
  const { rows } = await tx.query<InsertedDelivery>({
    name: 'insert_deliveries',
    text: INSERT_DELIVERIES,
    values: [
      deliveries.map(({ deliveryId }) => deliveryId),
      deliveries.map(({ messageId }) => messageId),
      deliveries.map(({ messageAt }) => messageAt),
      deliveries.map(({ partnerId }) => partnerId),
      deliveries.map(({ topic }) => topic),
      deliveries.map(({ lane }) => lane),
      deliveries.map(({ behind }) => behind),
      deliveries.map(({ window }) => window),
      now,
      carriedUntil,
    ],
  });
  return rows;
}
