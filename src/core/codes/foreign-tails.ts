import type { Queryable } from '../../store/database.ts';
import type { Tail } from './code-parts.ts';

/**
 * Tails that another system has made, of codes that were imported from it. They are known by their key (AI 91). Of goods
 * with imported codes whose key is not known (four characters name none) every tail that is not ours may be one.
 */
export interface ForeignTails {
  /** `ours`: whether the key ring has the key. */
  mayHave(gtin: string | null, tail: Tail, ours: (keyId: string) => boolean): boolean;
  keyIds(): readonly string[];
}

interface Marks {
  readonly origins: number;
  readonly keyIds: ReadonlySet<string>;
  readonly gtins: ReadonlySet<string>;
}

const NONE: Marks = { origins: 0, keyIds: new Set(), gtins: new Set() };

// An origin is written together with its marks, and never changes them.
const COUNT_ORIGINS = 'select count(*)::integer as origins from foreign_code_origin';
const READ_KEYS = 'select key_id as "keyId" from foreign_key';
const READ_GTINS = 'select gtin from foreign_gtin';

/** `refresh` reads the marks again only where another import has begun. */
export function createForeignTails(): ForeignTails & { refresh(db: Queryable): Promise<void> } {
  let marks = NONE;
  return {
    mayHave(gtin, tail, ours) {
      if (tail.kind === 'key' && marks.keyIds.has(tail.keyId)) return true;
      if (gtin === null || !marks.gtins.has(gtin)) return false;
      return tail.kind === 'code' || !ours(tail.keyId);
    },
    keyIds: () => [...marks.keyIds],
    async refresh(db) {
      const origins = (await db.query<{ origins: number }>(COUNT_ORIGINS)).rows[0]?.origins ?? 0;
      if (origins === marks.origins) return;
      const keys = await db.query<{ keyId: string }>(READ_KEYS);
      const gtins = await db.query<{ gtin: string }>(READ_GTINS);
      marks = {
        origins,
        keyIds: new Set(keys.rows.map(({ keyId }) => keyId)),
        gtins: new Set(gtins.rows.map(({ gtin }) => gtin)),
      };
    },
  };
}
