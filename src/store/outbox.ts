import type { Statement, Transaction } from './database.ts';
import { bucketOf, newId } from './ids.ts';

/** A message to the outside, written in the transaction of the state change that it tells of. */
export interface OutboxMessage {
  readonly topic: string;
  /** The participant whom it concerns; decides the bucket. */
  readonly bin: string;
  readonly payload: object;
}

const APPEND_OUTBOX = `
insert into outbox (created_at, message_id, bucket, topic, payload)
select $1, message_id, bucket, topic, payload
  from unnest($2::uuid[], $3::smallint[], $4::text[], $5::jsonb[]) as t(message_id, bucket, topic, payload)`;

export async function appendOutbox(tx: Transaction, messages: readonly OutboxMessage[], now: Date): Promise<void> {
  if (messages.length > 0) await tx.query(outboxStatement(messages, now));
}

export function outboxStatement(messages: readonly OutboxMessage[], now: Date): Statement {
  return {
    name: 'append_outbox',
    text: APPEND_OUTBOX,
    values: [
      now,
      messages.map(() => newId(now)),
      messages.map((message) => bucketOf(message.bin)),
      messages.map((message) => message.topic),
      messages.map((message) => JSON.stringify(message.payload)),
    ],
  };
}
