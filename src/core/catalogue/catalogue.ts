import { LRUCache } from 'lru-cache';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { type Database, sqlState } from '../../store/database.ts';
import type { Clock } from '../clock.ts';
import { gtinProblem } from '../codes/code-parts.ts';
import { TanbaError } from '../errors.ts';

const TEXT_MAX = 1_000;
const TEXT = Type.String({ minLength: 1, maxLength: TEXT_MAX, pattern: '\\S' });
const TEXTS = Type.Object({ kk: TEXT, ru: TEXT, en: TEXT }, { additionalProperties: false });

/** What the public may read about goods. */
export const PRODUCT_CARD = Type.Object(
  {
    tradeName: TEXTS,
    manufacturer: TEXTS,
    country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' }),
  },
  { additionalProperties: false },
);
export type ProductCard = Static<typeof PRODUCT_CARD>;

export interface Product {
  readonly gtin: string;
  readonly productGroup: string;
  readonly ownerBin: string;
  readonly card: ProductCard;
}

export interface Catalogue {
  /** Absent GTINs are not in the map. */
  find(gtins: readonly string[]): Promise<ReadonlyMap<string, Product>>;
  /** From memory only: undefined = not known yet, ask `find`; null = known not to exist. */
  peek(gtin: string): Product | null | undefined;
  /** Publishing again renews the card; owner and product group stay as they were first published. */
  publish(product: Product): Promise<void>;
}

// A card takes about 1 KiB: 200 MB at worst, in a country with 200,000 GTINs on the move within 30 s.
const CACHE_MAX = 200_000;
// Another hub's publication is seen here after at most so long.
const CACHE_TTL_MS = 30_000;

export function createCatalogue(deps: { readonly db: Database; readonly clock: Clock }): Catalogue {
  const cache = new LRUCache<string, { readonly product: Product | null }>({
    max: CACHE_MAX,
    ttl: CACHE_TTL_MS,
    ttlResolution: 0,
    perf: { now: () => deps.clock.now().getTime() },
  });

  /** Whoever asks for a GTIN that is being looked up already waits for that: in order of asking, with one statement. */
  const loading = new Map<string, Promise<readonly Product[]>>();

  async function load(gtins: readonly string[]): Promise<readonly Product[]> {
    const { rows } = await deps.db.query<Product>({ ...SELECT_PRODUCTS, values: [gtins] });
    const missing = new Set(gtins);
    for (const product of rows) {
      missing.delete(product.gtin);
      cache.set(product.gtin, { product });
    }
    for (const gtin of missing) cache.set(gtin, { product: null });
    return rows;
  }

  function loadsOf(gtins: ReadonlySet<string>): Set<Promise<readonly Product[]>> {
    const fresh = [...gtins].filter((gtin) => !loading.has(gtin));
    if (fresh.length > 0) {
      const begun = load(fresh).finally(() => {
        for (const gtin of fresh) loading.delete(gtin);
      });
      for (const gtin of fresh) loading.set(gtin, begun);
    }
    return new Set([...gtins].flatMap((gtin) => loading.get(gtin) ?? []));
  }

  return {
    async find(gtins) {
      const found = new Map<string, Product>();
      const unknown = new Set<string>();
      for (const gtin of gtins) {
        const cached = cache.get(gtin);
        if (cached === undefined) unknown.add(gtin);
        else if (cached.product !== null) found.set(gtin, cached.product);
      }
      if (unknown.size === 0) return found;
      for (const product of (await Promise.all(loadsOf(unknown))).flat()) {
        if (unknown.has(product.gtin)) found.set(product.gtin, product);
      }
      return found;
    },
    peek: (gtin) => cache.get(gtin)?.product,
    async publish(product) {
      const gtinFault = gtinProblem(product.gtin);
      if (gtinFault !== undefined) throw new TanbaError(gtinFault, { path: '/gtin' });
      if (!Check(PRODUCT_CARD, product.card)) throw new TanbaError('catalogue.card_invalid', { path: '/card' });
      const stored = await upsert(deps.db, product, deps.clock.now());
      cache.delete(product.gtin);
      if (!stored) {
        throw new TanbaError('catalogue.gtin_taken', { path: '/gtin', details: { gtin: product.gtin } });
      }
    },
  };
}

/** False when the GTIN belongs to somebody else or to another group. */
async function upsert(db: Database, { gtin, productGroup, ownerBin, card }: Product, at: Date): Promise<boolean> {
  try {
    const { rowCount } = await db.query(UPSERT_PRODUCT, [gtin, productGroup, ownerBin, card, at]);
    return rowCount === 1;
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    throw new TanbaError('participants.unknown', { path: '/ownerBin', details: { bin: ownerBin }, cause: error });
  }
}

const FOREIGN_KEY_VIOLATION = '23503';

const SELECT_PRODUCTS = {
  name: 'catalogue_products',
  text: `
  SELECT gtin, product_group AS "productGroup", owner_bin AS "ownerBin", card
    FROM product
   WHERE gtin = any($1)`,
};

const UPSERT_PRODUCT = `
  INSERT INTO product AS known (gtin, product_group, owner_bin, card, published_at)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (gtin) DO UPDATE SET card = excluded.card
   WHERE known.owner_bin = excluded.owner_bin AND known.product_group = excluded.product_group`;
