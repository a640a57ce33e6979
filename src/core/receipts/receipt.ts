import { createHash } from 'node:crypto';
import type { Static } from 'typebox';
import Type from 'typebox';
import { OPERATIONS } from './decision-table.ts';

/** Money is an integer of tiyn (1/100 tenge), at most 10^15. */
const Tiyn = Type.Integer({ minimum: 0, maximum: 1e15 });

export const MARKS_PER_ITEM_MAX = 1000;
export const ITEMS_PER_RECEIPT_MAX = 1000;

export const ReceiptItem = Type.Object(
  {
    marks: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
      maxItems: MARKS_PER_ITEM_MAX,
      description: 'Marking codes of the line as the scanner read them, or their identification part (cis).',
    }),
    gtin: Type.Optional(Type.String({ pattern: '^[0-9]{8,14}$' })),
    name: Type.Optional(Type.String({ maxLength: 512 })),
    quantity: Type.Number({ exclusiveMinimum: 0, maximum: 1e9 }),
    measureUnit: Type.Optional(
      Type.String({ pattern: '^[0-9]{3}$', description: 'What the quantity counts (OKEI); 796, pieces, if left out.' }),
    ),
    price: Tiyn,
    sum: Tiyn,
  },
  { additionalProperties: false },
);

export const Receipt = Type.Object(
  {
    fiscalSign: Type.String({ pattern: '^[0-9A-Za-z-]{1,40}$', description: 'Fiscal sign printed on the receipt.' }),
    registerId: Type.String({
      pattern: '^[0-9A-Za-z-]{1,40}$',
      description: 'Registration number of the cash register.',
    }),
    bin: Type.String({ pattern: '^[0-9]{12}$', description: 'BIN or IIN of the taxpayer whose register it is.' }),
    at: Type.String({ format: 'date-time', maxLength: 40, description: 'Date and time of the receipt, with zone.' }),
    operation: Type.Union(OPERATIONS.map((name) => Type.Literal(name))),
    parent: Type.Optional(
      Type.Object(
        {
          fiscalSign: Type.String({ pattern: '^[0-9A-Za-z-]{1,40}$' }),
          registerId: Type.String({ pattern: '^[0-9A-Za-z-]{0,40}$' }),
          at: Type.String({ format: 'date-time', maxLength: 40 }),
        },
        { additionalProperties: false, description: 'Of a return: the receipt of the sale that it takes back.' },
      ),
    ),
    items: Type.Array(ReceiptItem, { minItems: 1, maxItems: ITEMS_PER_RECEIPT_MAX }),
  },
  { additionalProperties: false },
);
export type Receipt = Static<typeof Receipt>;

/**
 * Equal for the same receipt however its JSON was spaced or ordered, so that a receipt pushed once alone and once in a
 * batch is the same receipt.
 */
export function receiptDigest(receipt: Receipt, at: Date): Buffer {
  const items: unknown[] = receipt.items.map((item) => [
    item.marks,
    item.gtin ?? null,
    item.name ?? null,
    item.quantity,
    item.price,
    item.sum,
    ...(item.measureUnit === undefined ? [] : [item.measureUnit]),
  ]);
  const { parent } = receipt;
  const canonical: unknown[] = [
    receipt.fiscalSign,
    receipt.registerId,
    receipt.bin,
    at.getTime(),
    receipt.operation,
    items,
  ];
  if (parent !== undefined) canonical.push([parent.fiscalSign, parent.registerId, new Date(parent.at).getTime()]);
  return createHash('sha256').update(JSON.stringify(canonical)).digest();
}
