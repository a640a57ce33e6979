import Type, { type TSchema } from 'typebox';
import type { DocumentKind } from './kinds.ts';
import { KINDS } from './kinds.ts';

/** Of a code as it is written, GS included. */
export const CODE_LENGTH_MAX = 512;

const Codes = Type.Array(Type.String({ minLength: 1, maxLength: CODE_LENGTH_MAX }), { minItems: 1 });

/** A whole document of this kind, codes included: for its readers. The intake keeps the codes out of ajv. */
export function documentSchema(kind: DocumentKind): TSchema {
  const { header, codes, summary } = KINDS[kind];
  const list = codes === 'optional' ? Type.Optional(Codes) : Codes;
  const body =
    codes === 'none'
      ? header
      : Type.Object({ ...headerProperties(header), codes: list }, { additionalProperties: false });
  return Type.Object({ kind: Type.Literal(kind), body }, { description: summary, additionalProperties: false });
}

/** The same as a JSON Schema that stands by itself. */
export function jsonSchemaOf(kind: DocumentKind): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:tanba:documents:1:${kind}`,
    title: kind,
    ...documentSchema(kind),
  };
}

function headerProperties(header: object): Record<string, TSchema> {
  return 'properties' in header && typeof header.properties === 'object' && header.properties !== null
    ? { ...header.properties }
    : {};
}
