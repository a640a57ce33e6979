import Type from 'typebox';
import type { RouteRequest } from '../route.ts';

/** What the routes of the exchange have in common. */
export const closed = { additionalProperties: false };

/** Bounds against abuse; what a reason, a topic or a setting may be is checked where it is used. */
export const TEXT_MAX = 255;
const REASON_MAX = 2_000;
export const PAGE_MAX = 100;

export const Uuid = Type.String({ format: 'uuid' });
export const Time = Type.String({ format: 'date-time' });
export const Text = Type.String({ minLength: 1, maxLength: TEXT_MAX });
export const Count = Type.Integer({ minimum: 0 });
export const Cursor = Type.String({ maxLength: TEXT_MAX, description: 'nextCursor of the page before.' });
export const Limit = Type.Integer({ minimum: 1, maximum: PAGE_MAX, description: '50 without it.' });
export const NextCursor = Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page.' });
export const Reason = Type.String({
  maxLength: REASON_MAX,
  description: 'Why; kept in the audit log. 3 to 500 characters.',
});
export const State = Type.Enum(['queued', 'waiting', 'sending', 'uncertain', 'parked', 'delivered', 'cancelled']);
export const Digest = Type.String({ pattern: '^[0-9a-fA-F]{64}$', description: 'SHA-256 of the body.' });
export const PartnerId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' });

export const ByUuid = Type.Object({ id: Uuid });
export const ByPartnerId = Type.Object({ id: Type.String({ maxLength: TEXT_MAX }) });
export const ReasonBody = Type.Object({ reason: Reason }, closed);

export const common = { tag: 'exchange', access: 'exchange' } as const;
export const BASE = '/api/v1/exchange';

/** Who decides, as the audit log names him. */
export function operatorOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): { bin: string; ip: string } {
  return { bin: principal.bin, ip };
}

export function timeOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
