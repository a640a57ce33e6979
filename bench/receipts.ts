import { randomBytes } from 'node:crypto';
import type { BenchContext } from './bench.ts';
import { goodsOf, newCodes, settle, shuffled, storeCodes, withTails } from './goods.ts';
import { participantOf } from './hub-process.ts';
import { postRequest } from './load.ts';
import { bearer } from './transfer.ts';

/** What a receipt answers where its goods were sold without an anomaly. */
export const SOLD = '"outcome":"sold","anomaly":null';
export const CODES_PER_RECEIPT = 3;
export const RECEIPTS_PATH = '/api/v1/receipts';

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

/**
 * Requests of one receipt each. They sell codes that are in circulation, of the register's own taxpayer, wherever in the
 * store they lie.
 */
export async function receiptRequests({ hub, tell }: BenchContext, count: number): Promise<string[]> {
  const { bin } = participantOf(hub, 'retailer');
  const goods = await goodsOf(hub, 'lp');
  tell(`preparing ${count * CODES_PER_RECEIPT} codes in circulation`);
  const codes = newCodes(goods, count * CODES_PER_RECEIPT);
  await storeCodes(hub, codes, { status: 'in_circulation', owner: bin });
  await settle(hub);
  const headers = bearer(participantOf(hub, 'ofd').apiKey);
  return receiptBodies(bin, withTails(goods, shuffled(codes))).map((body) => postRequest(RECEIPTS_PATH, body, headers));
}
