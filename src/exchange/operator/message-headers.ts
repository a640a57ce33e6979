import type { Queryable } from '../../store/database.ts';
import type { DeliveryState } from '../delivery-states.ts';

/** A message without its body. */
export interface MessageHeader {
  readonly messageId: string;
  readonly createdAt: Date;
  readonly direction: 'outbound' | 'inbound';
  readonly topic: string;
  /** BIN of the participant whom it concerns. */
  readonly participant: string;
  /** From whom it came; null for what we sent. */
  readonly partnerId: string | null;
  /** SHA-256 of the body, hexadecimal. */
  readonly digest: string;
  readonly traceId: string;
  /** What it is about, `kind:value`; the first of them where there are many. */
  readonly keys: readonly string[];
  readonly deliveries: readonly DeliverySummary[];
}

export interface DeliverySummary {
  readonly deliveryId: string;
  readonly partnerId: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly heldBy: string | null;
  readonly dueAt: Date;
  readonly reason: string | null;
}

const KEYS_SHOWN = 20;

const HEADERS = `
select m.message_id as "messageId", m.created_at as "createdAt", m.direction, m.topic, m.bin as participant,
       m.partner_id as "partnerId", encode(m.digest, 'hex') as digest, split_part(m.trace, '-', 2) as "traceId",
       array(select k.key from message_key k
              where k.message_id = m.message_id and k.created_at = m.created_at
              order by k.key limit ${KEYS_SHOWN}) as keys
  from message m where m.message_id = any($1::uuid[])
 order by m.created_at desc, m.message_id desc`;

const SUMMARIES = `
select d.message_id as "messageId", d.delivery_id as "deliveryId", d.partner_id as "partnerId", d.state, d.attempts,
       d.held_by as "heldBy", d.due_at as "dueAt", d.reason
  from delivery d where d.message_id = any($1::uuid[])
 order by d.partner_id, d.position`;

/** The newest first. */
export async function messageHeaders(db: Queryable, messageIds: readonly string[]): Promise<MessageHeader[]> {
  if (messageIds.length === 0) return [];
  const [headers, summaries] = await Promise.all([
    db.query<Omit<MessageHeader, 'deliveries'>>(HEADERS, [messageIds]),
    db.query<DeliverySummary & { readonly messageId: string }>(SUMMARIES, [messageIds]),
  ]);
  const deliveries = new Map<string, DeliverySummary[]>();
  for (const { messageId, ...summary } of summaries.rows) {
    const known = deliveries.get(messageId) ?? [];
    deliveries.set(messageId, known);
    known.push(summary);
  }
  return headers.rows.map((header) => ({ ...header, deliveries: deliveries.get(header.messageId) ?? [] }));
}
