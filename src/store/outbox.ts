import type { Statement, Transaction } from './database.ts';
import { bucketOf, newId } from './ids.ts';

/** A message to the outside, written in the transaction of the state change that it tells of. */
export interface OutboxMessage {
  readonly topic: string;
  /** The participant whom it concerns; decides the bucket. */
  readonly bin: string;
  /** What it is about, `kind:value`: `document:…`, `gtin:…`. The first is the object whose messages stay in order. */
  readonly keys: readonly string[];
  /** W3C traceparent of the request that led to it, where there was one. */
  readonly trace: string | null;
  readonly payload: object;
}

// Keys have no line feed: GS1 characters, ids and digits only.
const APPEND_OUTBOX = `
insert into outbox (created_at, message_id, bucket, topic, bin, keys, trace, payload)
select $1, message_id, bucket, topic, bin, string_to_array(keys, E'\\n'), trace, payload
  from unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[])
    as t(message_id, bucket, topic, bin, keys, trace, payload)`;

export async function appendOutbox(tx: Transaction, messages: readonly OutboxMessage[], now: Date): Promise<void> {
  if (messages.length > 0) await tx.query(outboxStatement(messages, now));
}

/** To be sent while the object's row is locked: its messages are numbered in the order of their commits. */
export function outboxStatement(messages: readonly OutboxMessage[], now: Date): Statement {
  return {
    name: 'append_outbox',
    text: APPEND_OUTBOX,
    values: [
      now,
      messages.map(() => newId(now)),
      messages.map((message) => bucketOf(message.bin)),
      messages.map((message) => message.topic),
      messages.map((message) => message.bin),
      messages.map((message) => message.keys.join('\n')),
      messages.map((message) => message.trace),
      messages.map((message) => JSON.stringify(message.payload)),
    ],
  };
}
