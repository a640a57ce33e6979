import type { Queryable } from '../../store/database.ts';
import type { PublishedCard } from './card-store.ts';

/** What decides whether codes of a GTIN may be ordered. */
export interface OrderRight {
  readonly gtin: string;
  readonly productGroup: string;
  readonly status: PublishedCard['status'];
  /** The participant owns the GTIN, or its owner trusts them with it. */
  readonly mayOrder: boolean;
}

/** Asked of the store at each order, not of a memory: a block or a withdrawn trust holds from that moment. */
export async function orderRights(
  db: Queryable,
  gtins: readonly string[],
  bin: string,
): Promise<ReadonlyMap<string, OrderRight>> {
  const { rows } = await db.query<OrderRight>({ ...SELECT_RIGHTS, values: [gtins, bin] });
  return new Map(rows.map((right) => [right.gtin, right]));
}

const SELECT_RIGHTS = {
  name: 'catalogue_order_rights',
  text: `
select p.gtin, p.product_group as "productGroup", p.status,
       p.owner_bin = $2 or exists (
         select from gtin_trust t where t.gtin = p.gtin and t.bin = $2 and t.revoked_at is null) as "mayOrder"
  from product p
 where p.gtin = any($1)`,
};
