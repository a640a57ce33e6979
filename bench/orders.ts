import { join } from 'node:path';
import type { BenchContext } from './bench.ts';
import { type Goods, goodsOf } from './goods.ts';
import { participantOf } from './hub-process.ts';
import { bearer, JSON_BODY, type TransferClient } from './transfer.ts';

/** The most that one order takes of a GTIN, and one fetch hands out. */
export const CODES_PER_LINE = 150_000;

const ADD_PRODUCTS = `
insert into product (gtin, product_group, owner_bin, card, published_at)
select given.gtin, product_group, owner_bin, card, now()
  from unnest($1::text[]) as given(gtin) cross join product
 where product.gtin = $2
on conflict do nothing`;

/** Goods of as many GTINs as `codes` need in one order, copies of the demo's of that group. */
export async function goodsForOrder({ hub }: BenchContext, productGroup: string, codes: number): Promise<Goods[]> {
  const first = await goodsOf(hub, productGroup);
  const lines = Math.ceil(codes / CODES_PER_LINE);
  const gtins = Array.from({ length: lines - 1 }, (_, index) => gtinAfter(first.gtin, index + 1));
  await hub.db.query(ADD_PRODUCTS, [gtins, first.gtin]);
  return [first, ...gtins.map((gtin) => ({ ...first, gtin }))];
}

/** Orders the codes and fetches them as soon as they are there; answers the seconds from order to finished files. */
export async function orderToFiles(
  { hub, folder }: BenchContext,
  client: TransferClient,
  goods: readonly Goods[],
  codes: number,
): Promise<{ seconds: number; files: string[]; clientCpuSeconds: number }> {
  const headers = bearer(participantOf(hub, 'manufacturer').apiKey);
  const quantity = Math.floor(codes / goods.length);
  const order = JSON.stringify({
    productGroup: goods[0]?.productGroup,
    releaseMethodType: 'PRIMARY',
    products: goods.map(({ gtin }) => ({ gtin, quantity, serialNumberType: 'OPERATOR', cisType: 'UNIT' })),
  });
  const { port } = hub;
  const post = {
    port,
    method: 'POST',
    path: '/api/v1/orders',
    headers: { ...headers, ...JSON_BODY },
    lines: [order],
  } as const;
  const placed = await client.run([post]);
  const { orderId } = JSON.parse(placed.texts[0] ?? '');
  const files = goods.map(({ gtin }) => join(folder, `${gtin}.csv`));
  const fetched = await client.run(
    goods.map(({ gtin }, index) => ({
      port,
      method: 'GET',
      path: `/api/v1/orders/${orderId}/codes?gtin=${gtin}&format=csv`,
      headers: { ...headers, Prefer: 'wait=60' },
      file: files[index] ?? '',
    })),
  );
  return {
    seconds: placed.seconds + fetched.seconds,
    files,
    clientCpuSeconds: placed.cpuSeconds + fetched.cpuSeconds,
  };
}

/** Another GTIN of the same company, with its check digit. */
function gtinAfter(gtin: string, steps: number): string {
  const body = String(Number(gtin.slice(0, 13)) + 1_000 * steps).padStart(13, '0');
  const sum = [...body].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}
