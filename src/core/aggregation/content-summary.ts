import type { Queryable } from '../../store/database.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { PACKAGE_LEVELS_MAX } from '../lifecycle/transitions.ts';

/** What is inside a package, on all levels. */
export interface ContentSummary {
  readonly units: number;
  /** Packages inside. */
  readonly packages: number;
  /** Levels of packages inside; 0: units only. */
  readonly levels: number;
  /** Whether goods of several product groups are inside. */
  readonly mixed: boolean;
  readonly products: readonly { readonly gtin: string; readonly productGroup: string | null; readonly units: number }[];
}

const COUNT_LEVEL = `
select substr(cis, 3, 14) as gtin, count(*)::integer as units
  from code where parent = any($1::text[]) and type <> 'transport' group by 1`;
const PACKAGES_INSIDE = `select cis from code where parent = any($1::text[]) and type = 'transport'`;

/** Counted when it is asked for, a level at a time: a counter kept on the package would be a row that every sale changes. */
export async function contentSummary(
  { db, catalogue }: { readonly db: Queryable; readonly catalogue: Pick<Catalogue, 'find'> },
  sscc: string,
): Promise<ContentSummary> {
  const units = new Map<string, number>();
  let packages = 0;
  let levels = 0;
  for (let level = [sscc]; level.length > 0 && levels <= PACKAGE_LEVELS_MAX; ) {
    const counted = await db.query<{ gtin: string; units: number }>(COUNT_LEVEL, [level]);
    for (const row of counted.rows) units.set(row.gtin, (units.get(row.gtin) ?? 0) + row.units);
    level = (await db.query<{ cis: string }>(PACKAGES_INSIDE, [level])).rows.map(({ cis }) => cis);
    packages += level.length;
    if (level.length > 0) levels += 1;
  }
  const known = await catalogue.find([...units.keys()]);
  const products = [...units]
    .map(([gtin, count]) => ({ gtin, productGroup: known.get(gtin)?.productGroup ?? null, units: count }))
    .sort((a, b) => (a.gtin < b.gtin ? -1 : 1));
  return {
    units: products.reduce((sum, product) => sum + product.units, 0),
    packages,
    levels,
    mixed: new Set(products.map(({ productGroup }) => productGroup)).size > 1,
    products,
  };
}
