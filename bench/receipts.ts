import { randomBytes } from 'node:crypto';

/** What a receipt answers where its goods were sold without an anomaly. */
export const SOLD = '"outcome":"sold","anomaly":null';
export const CODES_PER_RECEIPT = 3;

/** The body of a receipt that sells the codes of one taxpayer. */
export function receiptBody(bin: string, marks: readonly string[]): string {
  return JSON.stringify({
    fiscalSign: randomBytes(8).toString('hex'),
    registerId: `0101${randomBytes(1)[0]}`,
    bin,
    at: new Date(Date.now() - 60_000).toISOString(),
    operation: 'sale',
    items: marks.map((mark) => ({ marks: [mark], name: 'Футболка', quantity: 1, price: 799_000, sum: 799_000 })),
  });
}

/** Receipts of three codes each. */
export function receiptBodies(bin: string, marks: readonly string[]): string[] {
  const bodies: string[] = [];
  for (let first = 0; first + CODES_PER_RECEIPT <= marks.length; first += CODES_PER_RECEIPT) {
    bodies.push(receiptBody(bin, marks.slice(first, first + CODES_PER_RECEIPT)));
  }
  return bodies;
}
