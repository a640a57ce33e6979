import { randomUUID } from 'node:crypto';
import type { DeliveryState } from '../../src/exchange/delivery-states.ts';
import { digestOf } from '../../src/exchange/message.ts';
import type { Policy, PolicyChanges } from '../../src/exchange/policy/policy.ts';
import { effectivePolicy } from '../../src/exchange/policy/policy.ts';
import type { Database } from '../../src/store/database.ts';

export const BODY = Buffer.from('{"data":{}}');
export const DIGEST = digestOf(BODY);
export const OTHER_DIGEST = digestOf(Buffer.from('something else'));

const START = new Date('2026-01-01T00:00:00Z');

export interface RowPartner {
  readonly partner: { readonly partnerId: string };
  readonly policy: Policy;
}

/** A partner in its table, and as a directory gives it. */
export async function insertPartner(db: Database, partnerId: string, policy: PolicyChanges = {}): Promise<RowPartner> {
  await db.query(
    `insert into partner (partner_id, adapter, name, topics, policy, created_at, changed_at)
     values ($1, 'test', $1, '{*}', $2, $3, $3)`,
    [partnerId, JSON.stringify(policy), START],
  );
  return { partner: { partnerId }, policy: effectivePolicy({}, policy) };
}

export interface RowDelivery {
  readonly partnerId: string;
  readonly state: DeliveryState;
  readonly finishedAt?: Date | undefined;
  readonly acknowledgedAt?: Date | undefined;
  readonly acknowledgedDigest?: Buffer | undefined;
}

/** A message of ours, made at `at`, with its deliveries; gives its id. */
export async function insertMessage(
  db: Database,
  at: Date,
  deliveries: readonly RowDelivery[],
  direction: 'outbound' | 'inbound' = 'outbound',
): Promise<string> {
  const messageId = randomUUID();
  await db.query(
    `insert into message (created_at, message_id, bucket, direction, topic, bin, trace, digest, body)
     values ($1, $2, 1, $3, 'document.accepted', '', '', $4, $5)`,
    [at, messageId, direction, DIGEST, BODY],
  );
  await db.query(
    `insert into delivery (delivery_id, message_id, message_at, partner_id, topic, state, due_at, created_at,
                           finished_at, acknowledged_at, acknowledged_digest)
     select gen_random_uuid(), $1, $2, partner_id, 'document.accepted', state, $2, $2, finished_at, acknowledged_at, digest
       from unnest($3::text[], $4::delivery_state[], $5::timestamptz[], $6::timestamptz[], $7::bytea[])
         as t (partner_id, state, finished_at, acknowledged_at, digest)`,
    [
      messageId,
      at,
      deliveries.map(({ partnerId }) => partnerId),
      deliveries.map(({ state }) => state),
      deliveries.map(({ finishedAt }) => finishedAt ?? null),
      deliveries.map(({ acknowledgedAt }) => acknowledgedAt ?? null),
      deliveries.map(({ acknowledgedDigest }) => acknowledgedDigest ?? null),
    ],
  );
  return messageId;
}

export interface RowReport {
  readonly partnerId: string;
  readonly day: string;
  readonly messageId: string;
  readonly digest?: Buffer | undefined;
}

export async function insertReport(db: Database, { partnerId, day, messageId, digest }: RowReport): Promise<void> {
  await db.query(
    `insert into partner_report (day, partner_id, message_id, digest, reported_at) values ($1, $2, $3, $4, $5)`,
    [day, partnerId, messageId, digest ?? null, new Date(`${day}T23:00:00Z`)],
  );
}
