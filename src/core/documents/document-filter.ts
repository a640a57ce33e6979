import Type, { type Static } from 'typebox';
import { TanbaError } from '../errors.ts';
import { instantOf } from './dates.ts';
import type { DocumentFilter } from './document-search.ts';
import { DIRECTIONS, FOUND_STATUSES } from './document-search.ts';
import { DOCUMENT_KINDS } from './kinds.ts';

/** What lists of documents and of transfers are searched by alike. */
export const SearchedBy = {
  direction: Type.Optional(
    Type.Enum([...DIRECTIONS], { description: 'One’s own documents (sent), or shipments to oneself (received).' }),
  ),
  number: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\p{Cc}\\p{Cs}]+$', description: 'Of a shipment.' }),
  ),
  partner: Type.Optional(Type.String({ pattern: '^[0-9]{12}$', description: 'The other side of a shipment.' })),
  from: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
  to: Type.Optional(Type.String({ format: 'date-time', maxLength: 40, description: 'Exclusive.' })),
};

/** A search as it comes, of the list and of its export alike. */
export const DocumentSearch = Type.Object(
  {
    ...SearchedBy,
    kind: Type.Optional(Type.Enum([...DOCUMENT_KINDS])),
    status: Type.Optional(Type.Enum([...FOUND_STATUSES])),
    gtin: Type.Optional(Type.String({ pattern: '^[0-9]{14}$', description: 'Of an accepted document.' })),
  },
  { additionalProperties: false },
);

/** @param path where the search stands in what was sent */
export function documentFilterOf(search: Static<typeof DocumentSearch>, path: string): DocumentFilter {
  return { ...search, ...periodOf(search, path) };
}

interface Period {
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

/** @throws TanbaError request.invalid */
export function periodOf(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  path: string,
): Period {
  return { from: instant(from, `${path}/from`), to: instant(to, `${path}/to`) };
}

/** A leap second passes the schema, but is no instant that we can read. */
function instant(text: string | undefined, path: string): Date | undefined {
  if (text === undefined) return undefined;
  const found = instantOf(text);
  if (found !== null) return found;
  const problem = { code: 'request.value_format', path, details: { format: 'date-time' } } as const;
  throw new TanbaError('request.invalid', { path, problems: [problem] });
}
