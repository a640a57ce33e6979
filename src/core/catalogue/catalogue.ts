import { LRUCache } from 'lru-cache';
import { Check } from 'typebox/value';
import { type Database, sqlState, type Transaction } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { gtinProblem } from '../codes/code-parts.ts';
import { TanbaError } from '../errors.ts';
import { PRODUCT_CARD, type ProductCard } from './card.ts';
import { dropForeignDraft, lockCard, publishCard, readCards, recordChange } from './card-store.ts';

export interface Product {
  readonly gtin: string;
  readonly productGroup: string;
  readonly ownerBin: string;
  readonly card: ProductCard;
}

/** Published cards, whatever their state: goods already marked are checked against blocked and archived ones too. */
export interface Catalogue {
  /** Absent GTINs are not in the map. */
  find(gtins: readonly string[]): Promise<ReadonlyMap<string, Product>>;
  /** From memory only: undefined = not known yet, ask `find`; null = known not to exist. */
  peek(gtin: string): Product | null | undefined;
  /**
   * The operator's direct way, without draft and moderation, and without the rules of the product group. Publishing again
   * renews the card; owner, product group and state stay as they were.
   */
  publish(product: Product): Promise<void>;
  /** For whoever has changed a published card otherwise. */
  forget(gtin: string): void;
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
      const at = deps.clock.now();
      await deps.db.transaction((tx) => publishDirectly(tx, product, at));
      cache.delete(product.gtin);
    },
    forget: (gtin) => void cache.delete(gtin),
  };
}

async function publishDirectly(tx: Transaction, product: Product, at: Date): Promise<void> {
  const { gtin, productGroup, ownerBin, card } = product;
  await lockCard(tx, gtin);
  const [known] = await readCards(tx, [gtin]);
  const next = Math.max(known?.published?.version ?? 0, known?.draft?.version ?? 0) + 1;
  const version = await publishOwned(tx, product, next, at);
  if (version === undefined) {
    const foreign = known?.published?.ownerBin !== ownerBin;
    throw foreign
      ? new TanbaError('catalogue.gtin_taken', { path: '/gtin', details: { gtin } })
      : new TanbaError('catalogue.gtin_of_other_group', {
          path: '/productGroup',
          details: { gtin, productGroup: known?.published?.productGroup ?? '' },
        });
  }
  await dropForeignDraft(tx, gtin, ownerBin);
  await recordChange(tx, { gtin, at, event: 'published', actor: null, version, card });
  const audited = { action: 'card.published', subject: gtin, details: { ownerBin, productGroup, version } };
  await writeAudit(tx, { at, bin: null, ip: null, ...audited });
}

/** Undefined when the GTIN belongs to somebody else or to another group. */
async function publishOwned(tx: Transaction, product: Product, version: number, at: Date): Promise<number | undefined> {
  try {
    return await publishCard(tx, { ...product, version }, at);
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    const details = { bin: product.ownerBin };
    throw new TanbaError('participants.unknown', { path: '/ownerBin', details, cause: error });
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
