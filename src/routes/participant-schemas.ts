import Type from 'typebox';
import { seesEverything } from '../access/permissions.ts';
import { instantOf } from '../core/documents/dates.ts';
import { TanbaError } from '../core/errors.ts';
import type { ParticipantAsker } from '../core/participants/look-up.ts';
import type { BusinessPlace } from '../core/participants/own-record.ts';
import { PLACE_KINDS } from '../core/participants/own-record.ts';
import { nullable } from './nullable.ts';
import type { RouteRequest } from './route.ts';

/** What the routes about participants have in common. */
export const closed = { additionalProperties: false };
export const BASE = '/api/v1/participants';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;
const NAME_MAX = 500;
const ADDRESS_MAX = 500;
const PERSON_MAX = 200;
const EMAIL_MAX = 254;
const REASON_MIN = 3;
const REASON_MAX = 500;
const NUMBER_MAX = 100;
const TIME_MAX = 40;

/** Something to read, without control characters and halves of characters: the store could not keep them. */
const text = (maxLength: number, example: string, minLength = 1) =>
  Type.String({ minLength, maxLength, pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cs}]+$', examples: [example] });

export const Uuid = Type.String({ format: 'uuid' });
export const Time = Type.String({ format: 'date-time' });
export const Bin = Type.String({ pattern: '^[0-9]{12}$', description: 'BIN or IIN.', examples: ['150340001236'] });
export const Name = text(NAME_MAX, 'ТОО «Мысал»');
export const Address = text(ADDRESS_MAX, 'Астана, Мәңгілік Ел 1');
export const Kato = Type.String({
  pattern: '^[0-9]{9}$',
  description: 'Region, by the classifier of administrative and territorial objects.',
  examples: ['710000000'],
});
/** Of a paper. */
export const PaperNumber = text(NUMBER_MAX, 'С-17/2026');
export const Instant = Type.String({
  format: 'date-time',
  maxLength: TIME_MAX,
  examples: ['2026-11-24T09:00:00+05:00'],
});
export const Reason = text(REASON_MAX, 'The name is another one', REASON_MIN);

export const ContactBody = Type.Object(
  {
    person: text(PERSON_MAX, 'Айгүл Серікқызы'),
    phone: Type.String({ pattern: '^\\+[0-9]{7,15}$', description: 'E.164.', examples: ['+77011234567'] }),
    email: Type.String({ format: 'email', maxLength: EMAIL_MAX, examples: ['aigul@example.kz'] }),
  },
  closed,
);

export const AddressBody = Type.Object({ legalAddress: Address, kato: Kato }, closed);

export const PlaceKind = Type.Enum([...PLACE_KINDS]);

export const PlaceAnswer = Type.Object({
  placeId: Uuid,
  name: Type.String(),
  kind: PlaceKind,
  kato: Type.String(),
  address: Type.String(),
  active: Type.Boolean(),
  createdAt: Time,
  closedAt: nullable(Time),
});

export const PlacePage = Type.Object({ places: Type.Array(PlaceAnswer), next: nullable(Uuid) });

export const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: PAGE_MAX, description: `${PAGE_DEFAULT} without it.` }),
);
export const After = Type.Optional(Type.String({ format: 'uuid', description: '`next` of the page before.' }));
export const PlaceQuery = Type.Object({ after: After, limit: Limit }, closed);

/** Zones like +05 and leap seconds pass the schema, but name no instant that we can read. */
export function timeOf(path: string, text: string): Date {
  const time = instantOf(text);
  if (time === null) throw new TanbaError('request.value_format', { path, details: { format: 'date-time' } });
  return time;
}

/** Where a page begins, and how long it is. */
export function pageOf(query: { readonly after?: string; readonly limit?: number }) {
  return { after: query.after ?? null, limit: query.limit ?? PAGE_DEFAULT };
}

/** The `after` of the following page; null on the last. */
export function nextAfter<T>(found: readonly T[], limit: number, idOf: (one: T) => string): string | null {
  const last = found.at(-1);
  return last === undefined || found.length < limit ? null : idOf(last);
}

export function placeAnswer({ createdAt, closedAt, ...place }: BusinessPlace) {
  return { ...place, createdAt: createdAt.toISOString(), closedAt: closedAt?.toISOString() ?? null };
}

export function placePage(found: readonly BusinessPlace[], limit: number) {
  return { places: found.map(placeAnswer), next: nextAfter(found, limit, ({ placeId }) => placeId) };
}

type AnyRequest = RouteRequest<unknown, unknown, unknown>;

export function actorOf({ principal, ip }: AnyRequest): { readonly bin: string; readonly ip: string } {
  return { bin: principal.bin, ip };
}

export function askerOf({ principal, ip }: AnyRequest): ParticipantAsker {
  return { bin: principal.bin, role: principal.role, seesEverything: seesEverything(principal), ip };
}
