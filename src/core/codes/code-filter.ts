import Type, { type Static } from 'typebox';
import { TanbaError } from '../errors.ts';
import type { CodeFilter } from './code-search.ts';

/** A search as it comes, of the list and of its export alike. */
export const CodeSearchFilter = Type.Object(
  {
    parent: Type.Optional(Type.String({ minLength: 1, maxLength: 24, description: 'SSCC of a package.' })),
    document: Type.Optional(Type.String({ format: 'uuid', description: 'One’s own, or a shipment to oneself.' })),
    order: Type.Optional(Type.String({ format: 'uuid', description: 'One’s own order: codes handed over.' })),
    gtin: Type.Optional(Type.String({ pattern: '^[0-9]{14}$', description: 'With `order`.' })),
  },
  { additionalProperties: false },
);

/** @throws TanbaError codes.search_by_one */
export function codeFilterOf(
  { parent, document, order, gtin }: Static<typeof CodeSearchFilter>,
  path: string,
): CodeFilter {
  const given = [parent, document, order].filter((value) => value !== undefined);
  if (given.length !== 1 || (gtin !== undefined && order === undefined)) {
    throw new TanbaError('codes.search_by_one', { path });
  }
  if (parent !== undefined) return { parent };
  if (document !== undefined) return { document };
  return { order: order ?? '', gtin };
}
