import { writeAudit } from '../../core/audit/audit.ts';
import type { Clock } from '../../core/clock.ts';
import { type Language, TanbaError } from '../../core/errors.ts';
import type { Database } from '../../store/database.ts';
import type { PartnerDirectory } from '../partner-directory.ts';
import { type DeliveryView, deliveryViews } from './delivery-views.ts';
import { maskJson, maskText } from './masking.ts';
import { type MessageHeader, messageHeaders } from './message-headers.ts';
import { isUuid } from './message-place.ts';
import type { Operator } from './operator.ts';

/** One message with all that happened to it. */
export interface MessageView extends Omit<MessageHeader, 'deliveries'> {
  /** Personal data masked; a text where it is no JSON, null where it is gone. */
  readonly body: unknown;
  /** Retention has taken the body; the digest stays. */
  readonly bodyErased: boolean;
  readonly deliveries: readonly DeliveryView[];
}

export interface MessageViews {
  view(messageId: string, by: Operator, language: Language): Promise<MessageView>;
}

export interface MessageViewsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Pick<PartnerDirectory, 'find'>;
}

const BODY = `select body from message where message_id = $1 and created_at = $2`;

export function createMessageViews({ db, clock, directory }: MessageViewsDeps): MessageViews {
  return {
    async view(messageId, by, language) {
      const [header] = isUuid(messageId) ? await messageHeaders(db, [messageId]) : [];
      if (header === undefined) throw new TanbaError('exchange.message_unknown');
      const now = clock.now();
      const deliveries = await deliveryViews(db, directory, header.messageId, now, language);
      const { rows } = await db.query<{ body: Buffer | null }>(BODY, [header.messageId, header.createdAt]);
      const body = rows[0]?.body ?? null;
      if (body !== null) {
        // A body tells of somebody else's goods: whoever reads it leaves a trace.
        const details = { ground: 'role', topic: header.topic, participant: header.participant };
        const { bin, ip } = by;
        await writeAudit(db, { at: now, bin, ip, action: 'message.disclosed', subject: header.messageId, details });
      }
      return { ...header, deliveries, body: body === null ? null : maskedBody(body), bodyErased: body === null };
    },
  };
}

function maskedBody(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return maskJson(JSON.parse(text));
  } catch {
    return maskText(text);
  }
}
