import Type, { type Static } from 'typebox';
import { ATTRIBUTE_NAME, REQUIRABLE_FIELDS } from '../catalogue/card.ts';

const closed = { additionalProperties: false };

const ATTRIBUTE_RULE = Type.Union([
  Type.Object({ type: Type.Enum(['string', 'number']), required: Type.Boolean() }, closed),
  Type.Object(
    {
      type: Type.Literal('enum'),
      values: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
      required: Type.Boolean(),
    },
    closed,
  ),
]);
export type AttributeRule = Static<typeof ATTRIBUTE_RULE>;

/** What a goods card of the group must tell. Without this rule nothing is asked for and any attribute is taken. */
export const CARD_RULE = Type.Object(
  {
    required: Type.Array(Type.Enum([...REQUIRABLE_FIELDS]), { uniqueItems: true }),
    attributes: Type.Record(Type.String({ pattern: ATTRIBUTE_NAME }), ATTRIBUTE_RULE, closed),
    /** Beginnings of the commodity codes that the group takes. Without it: any. */
    hsCodes: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9]{2,10}$' }), { minItems: 1 })),
  },
  closed,
);
export type CardRule = Static<typeof CARD_RULE>;
