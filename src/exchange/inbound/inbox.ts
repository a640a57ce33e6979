import { raiseAlert } from '../../core/audit/alerts.ts';
import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { bucketOf, newId } from '../../store/ids.ts';
import { digestOf } from '../message.ts';
import type { Partner } from '../partner.ts';

/** A message that a partner sent us. */
export interface InboundMessage {
  readonly partner: Pick<Partner, 'partnerId' | 'bin'>;
  /** The partner's own id of it. */
  readonly partnerMessageId: string;
  readonly kind: string;
  readonly body: Buffer;
  /** What it is about, for search. */
  readonly keys: readonly string[];
  readonly trace: string;
}

export type Answer = Readonly<Record<string, unknown>>;

/** What a message does. Its result is kept and answered ever after. A throw undoes all, and the message may come again. */
export type Effect = (tx: Transaction, message: { readonly messageId: string; readonly now: Date }) => Promise<Answer>;

export interface Received {
  readonly answer: Answer;
  /** The answer is the first one's, repeated. */
  readonly repeated: boolean;
}

/**
 * Each message of a partner once: (partner, its message id) → digest of the body and the answer, written in the
 * transaction of the effect. Same id and body: the first answer again. Same id, other body: `exchange.inbox_conflict`
 * and an alert.
 */
export interface Inbox {
  receive(message: InboundMessage, effect: Effect): Promise<Received>;
}

const TAKE_INBOX = `
insert into inbox (received_at, bucket, partner_id, partner_message_id, message_id, kind, digest, answer)
values ($1, $2, $3, $4, $5, $6, $7, '{}')
on conflict (partner_id, partner_message_id, bucket) do nothing`;

const ANSWER_INBOX = `
update inbox set answer = $4 where partner_id = $1 and partner_message_id = $2 and bucket = $3`;

const FIND_INBOX = `
select digest, answer from inbox where partner_id = $1 and partner_message_id = $2 and bucket = $3`;

const INSERT_INBOUND = `
insert into message (created_at, message_id, bucket, direction, topic, bin, partner_id, trace, digest, body)
values ($1, $2, $3, 'inbound', $4, $5, $6, $7, $8, $9)`;

const INSERT_INBOUND_KEYS = `
insert into message_key (created_at, message_id, bucket, key)
select distinct $1::timestamptz, $2::uuid, $3::smallint, key from unnest($4::text[]) as key`;

export function createInbox(db: Database, clock: Clock): Inbox {
  /** Null: the id is taken. The row of a rival that is still at work is waited for by the unique index. */
  async function first(message: InboundMessage, digest: Buffer, effect: Effect): Promise<Answer | null> {
    return await db.transaction(async (tx) => {
      const now = clock.now();
      const messageId = newId(now);
      const { partnerId } = message.partner;
      const bucket = bucketOf(partnerId);
      const { kind, partnerMessageId } = message;
      const values = [now, bucket, partnerId, partnerMessageId, messageId, kind, digest];
      const { rowCount } = await tx.query({ name: 'take_inbox', text: TAKE_INBOX, values });
      if (rowCount === 0) return null;
      const answer = await effect(tx, { messageId, now });
      await keepMessage(tx, message, { messageId, bucket, digest, now });
      await tx.query(ANSWER_INBOX, [partnerId, partnerMessageId, bucket, JSON.stringify(answer)]);
      return answer;
    });
  }

  return {
    receive: async (message, effect) => {
      const digest = digestOf(message.body);
      const answer = await first(message, digest, effect);
      if (answer !== null) return { answer, repeated: false };
      const { partner, partnerMessageId } = message;
      const known = await findInbox(db, partner.partnerId, partnerMessageId);
      // The rival that had the id was undone: the sender tries again.
      if (known === undefined) throw new TanbaError('store.unavailable', { retryAfterSeconds: 1 });
      if (known.digest.equals(digest)) return { answer: known.answer, repeated: true };
      await raiseAlert(db, {
        at: clock.now(),
        kind: 'inbox_conflict',
        subject: `${partner.partnerId} ${partnerMessageId}`,
        details: { first: known.digest.toString('hex'), second: digest.toString('hex') },
      });
      throw new TanbaError('exchange.inbox_conflict', { details: { messageId: partnerMessageId } });
    },
  };
}

async function findInbox(
  db: Queryable,
  partnerId: string,
  partnerMessageId: string,
): Promise<{ digest: Buffer; answer: Answer } | undefined> {
  const values = [partnerId, partnerMessageId, bucketOf(partnerId)];
  const { rows } = await db.query<{ digest: Buffer; answer: Answer }>(FIND_INBOX, values);
  return rows[0];
}

interface Kept {
  readonly messageId: string;
  readonly bucket: number;
  readonly digest: Buffer;
  readonly now: Date;
}

async function keepMessage(tx: Transaction, message: InboundMessage, kept: Kept): Promise<void> {
  const { partner, kind, trace, body, keys, partnerMessageId } = message;
  const { messageId, bucket, digest, now } = kept;
  await tx.query(INSERT_INBOUND, [
    now,
    messageId,
    bucket,
    kind,
    partner.bin ?? '',
    partner.partnerId,
    trace,
    digest,
    body,
  ]);
  await tx.query(INSERT_INBOUND_KEYS, [now, messageId, bucket, [...keys, `partner-message:${partnerMessageId}`]]);
}
