import Type, { type Static } from 'typebox';

const TEXT_MAX = 1_000;
const SHORT_MAX = 200;

// Text that says something and that the database can hold: neither NUL nor half a character.
const STORABLE = '^\\s*[^\\s\\u0000\\ud800-\\udfff][^\\u0000\\ud800-\\udfff]*$';

/** One line of text that somebody else reads. */
export function textOf(maxLength: number) {
  return Type.String({ minLength: 1, maxLength, pattern: STORABLE });
}

const closed = { additionalProperties: false };
const TEXT = textOf(TEXT_MAX);
const SHORT = textOf(SHORT_MAX);
const TEXTS = Type.Object({ kk: TEXT, ru: TEXT, en: TEXT }, closed);

export const PACKAGE_TYPES = ['unit', 'group', 'set', 'transport'] as const;

const CONTENT_ITEMS_MAX = 100;
const CONTENT_COUNT_MAX = 1_000_000;
const CONTENT = Type.Array(
  Type.Object(
    {
      gtin: Type.String({ pattern: '^[0-9]{14}$' }),
      count: Type.Integer({ minimum: 1, maximum: CONTENT_COUNT_MAX }),
    },
    closed,
  ),
  { minItems: 1, maxItems: CONTENT_ITEMS_MAX },
);
export type CardContent = Static<typeof CONTENT>;

const ATTRIBUTES_MAX = 100;
export const ATTRIBUTE_NAME = '^[a-z][A-Za-z0-9]{0,39}$';

/** A goods card. The first three fields may be read by the public; which others must be there the product group says. */
export const PRODUCT_CARD = Type.Object(
  {
    tradeName: TEXTS,
    manufacturer: TEXTS,
    country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' }),
    brand: Type.Optional(SHORT),
    hsCode: Type.Optional(
      Type.String({ pattern: '^[0-9]{10}$', description: 'Code of the EAEU commodity nomenclature.' }),
    ),
    packageType: Type.Optional(Type.Enum([...PACKAGE_TYPES])),
    content: Type.Optional(CONTENT),
    grossWeightGrams: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000_000 })),
    netQuantity: Type.Optional(
      Type.Object(
        {
          value: Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000_000 }),
          unit: Type.Enum(['piece', 'pair', 'g', 'kg', 'ml', 'l', 'm']),
        },
        closed,
      ),
    ),
    shelfLifeMonths: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_200 })),
    importer: Type.Optional(TEXTS),
    conformityDocument: Type.Optional(
      Type.Object(
        {
          kind: Type.Enum(['declaration', 'certificate', 'registration']),
          number: SHORT,
          issuedOn: Type.Optional(Type.String({ format: 'date' })),
          validUntil: Type.Optional(Type.String({ format: 'date' })),
        },
        closed,
      ),
    ),
    attributes: Type.Optional(
      Type.Record(Type.String({ pattern: ATTRIBUTE_NAME }), Type.Union([SHORT, Type.Number()]), {
        ...closed,
        maxProperties: ATTRIBUTES_MAX,
        description: 'What the product group asks for besides.',
      }),
    ),
  },
  closed,
);
export type ProductCard = Static<typeof PRODUCT_CARD>;

/** What a product group may ask for; attributes are named by its rule, content by the type of the package. */
export const REQUIRABLE_FIELDS = [
  'brand',
  'hsCode',
  'packageType',
  'grossWeightGrams',
  'netQuantity',
  'shelfLifeMonths',
  'importer',
  'conformityDocument',
] as const satisfies readonly (keyof ProductCard)[];
