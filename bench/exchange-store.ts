import { setTimeout as delay } from 'node:timers/promises';
import { bucketOf } from '../src/store/ids.ts';
import type { HubProcess } from './hub-process.ts';
import type { Webhook } from './webhook.ts';

/** Messages as the relay stores them, to one partner. */
export interface StoredMessages {
  readonly count: number;
  /** Of the first of each lane, and of all without lanes; those behind in a lane are queued. */
  readonly state: 'waiting' | 'parked' | 'delivered';
  /** Over how many lanes they are spread; 0: unordered. */
  readonly lanes: number;
}

const POLL_MS = 50;
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

// Ids of version 7, 500 of one millisecond: as batches of the relay have them.
const STORE_MESSAGES = `
with id as materialized (
       select n, lpad(to_hex((extract(epoch from $1::timestamptz) * 1000)::bigint + n / 500), 12, '0') || '7' as start
         from generate_series(0, $2::integer - 1) as n),
     item as materialized (
       select n, (start || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid as message_id,
              (start || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid as delivery_id
         from id),
     told as materialized (
       select item.*, convert_to(jsonb_build_object(
                'id', message_id, 'type', 'document.accepted', 'timestamp', $1::timestamptz, 'participant', $4::text,
                'data', jsonb_build_object('documentId', message_id, 'kind', 'utilisation'))::text, 'UTF8') as body
         from item),
     message as (
       insert into message (created_at, message_id, bucket, direction, topic, bin, trace, digest, body)
       select $1, message_id, $3, 'outbound', 'document.accepted', $4, $5, sha256(body), body from told order by n),
     placed as (
       select n, message_id, delivery_id, $7::integer > 0 and n >= $7 as behind,
              case when $7 > 0 then 'document:' || n % nullif($7, 0) end as lane
         from item)
insert into delivery (delivery_id, message_id, message_at, partner_id, topic, state, lane, due_at, held_by, created_at,
                      attempts, outcome, finished_at)
select delivery_id, message_id, $1, $6, 'document.accepted', case when behind then 'queued' else $8 end::delivery_state,
       lane, $1, case when behind then 'lane' end, $1,
       case when behind or $8 = 'waiting' then 0 else 1 end,
       case when behind then null when $8 = 'parked' then 'http.410' when $8 = 'delivered' then 'http.204' end,
       case when behind or $8 = 'waiting' then null else $1 end
  from placed order by n`;

export async function storeMessages(
  hub: HubProcess,
  { partnerId, bin }: Pick<Webhook, 'partnerId' | 'bin'>,
  { count, state, lanes }: StoredMessages,
): Promise<void> {
  await hub.db.query(STORE_MESSAGES, [new Date(), count, bucketOf(bin), bin, TRACE, partnerId, lanes, state]);
}

const HISTORY = 20_000;

/** Each round begins alike: with what a day has left, and planned for it. */
export async function startAnew(hub: HubProcess, webhook: Webhook): Promise<void> {
  await emptyExchange(hub);
  await storeMessages(hub, webhook, { count: HISTORY, state: 'delivered', lanes: 0 });
}

export async function emptyExchange(hub: HubProcess): Promise<void> {
  await hub.db.query('truncate outbox, message, message_key, delivery, attempt');
}

/** As the store is at rest: planned for its size, and no checkpoint about to fall into a measurement. */
export async function settleExchange(hub: HubProcess): Promise<void> {
  await hub.db.query('vacuum analyze message, delivery');
  await hub.db.query('checkpoint');
}

const UNDER_WAY = `
select exists (select from delivery where partner_id = $1 and state in ('waiting', 'uncertain', 'sending')) as some`;

/** Resolves when the last arrivals are written down too. */
export async function untilDelivered(hub: HubProcess, { partnerId }: Webhook): Promise<void> {
  for (;;) {
    const { rows } = await hub.db.query<{ some: boolean }>(UNDER_WAY, [partnerId]);
    if (rows[0]?.some === false) return;
    await delay(POLL_MS);
  }
}
