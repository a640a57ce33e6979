import type { Queryable } from '../../store/database.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import type { KeyRing } from './key-ring.ts';
import { cisRange } from './line-codes.ts';
import { ownSerials } from './packs.ts';
import { seedContext } from './serials.ts';

/** A place in an order: behind the code at `position` of the line of `gtin`. */
export interface OrderPlace {
  readonly gtin: string;
  readonly position: number;
}

export interface OrderedCode extends OrderPlace {
  readonly cis: string;
}

export interface OrderCodesDeps {
  readonly db: Queryable;
  readonly keyRing: Pick<KeyRing, 'unseal'>;
  readonly productGroups: Pick<ProductGroups, 'template'>;
}

interface Line {
  readonly lineId: string;
  readonly gtin: string;
  readonly template: string;
  readonly sealedSeed: Buffer | null;
  readonly skipped: readonly number[];
  readonly handedOver: number;
}

// What has not been handed over is nobody's to read yet.
const LINES_BEHIND = `
select line_id as "lineId", gtin, template, sealed_seed as "sealedSeed", skipped, handed_over as "handedOver"
  from order_line
 where order_id = $1 and ($2::text is null or gtin = $2) and (gtin > $3 or (gtin = $3 and handed_over > $4 + 1))
   and handed_over > 0
 order by gtin`;

/** The codes of an order that have been handed over, line by line in the order of their GTINs. */
export async function orderCodes(
  deps: OrderCodesDeps,
  orderId: string,
  gtin: string | undefined,
  after: OrderPlace | null,
  limit: number,
): Promise<OrderedCode[]> {
  const { gtin: afterGtin, position } = after ?? { gtin: '', position: -1 };
  const { rows } = await deps.db.query<Line>(LINES_BEHIND, [orderId, gtin ?? null, afterGtin, position]);
  const found: OrderedCode[] = [];
  // An order has at most ten lines.
  for (const line of rows) {
    if (found.length === limit) break;
    const first = line.gtin === afterGtin ? position + 1 : 0;
    const count = Math.min(limit - found.length, line.handedOver - first);
    const cises = await codesOfLine(deps, orderId, line, first, count);
    found.push(...cises.map((cis, index) => ({ gtin: line.gtin, position: first + index, cis })));
  }
  return found;
}

async function codesOfLine(
  { db, keyRing, productGroups }: OrderCodesDeps,
  orderId: string,
  { lineId, gtin, template: name, sealedSeed, skipped }: Line,
  first: number,
  count: number,
): Promise<string[]> {
  const template = productGroups.template(name);
  if (template === undefined) throw new Error(`no product group has the template ${name} any more`);
  if (sealedSeed === null) {
    const serials = await ownSerials(db, lineId, first, count);
    return cisRange({ kind: 'own', serials }, template, gtin, [], 0, count);
  }
  const seed = keyRing.unseal(sealedSeed, seedContext(orderId, gtin));
  return cisRange({ kind: 'stream', seed }, template, gtin, skipped, first, count);
}
