import type { Queryable } from '../../store/database.ts';
import type { Problem } from '../errors.ts';
import { PACKAGE_LEVELS_MAX } from '../lifecycle/transitions.ts';
import type { CardContent } from './card.ts';

interface PackedGoods {
  readonly gtin: string;
  readonly ownerBin: string;
  readonly status: string;
  readonly inside: readonly string[];
}

const PACKED_GOODS = `
select gtin, owner_bin as "ownerBin", status,
       array(select jsonb_path_query(card, '$.content[*].gtin') #>> '{}') as inside
  from product
 where gtin = any($1)`;

/** What is packed must be published before its package is, by the same owner, and no package may lead into itself. */
export async function contentProblems(
  db: Queryable,
  gtin: string,
  ownerBin: string,
  content: CardContent,
): Promise<Problem[]> {
  const first = await packedGoods(
    db,
    content.map((item) => item.gtin),
  );
  const problems = content.flatMap((item, index) =>
    itemProblems(gtin, ownerBin, item.gtin, first.get(item.gtin), `/card/content/${index}/gtin`),
  );
  return problems.length > 0 ? problems : await depthProblems(db, gtin, first);
}

function itemProblems(
  gtin: string,
  ownerBin: string,
  item: string,
  packed: PackedGoods | undefined,
  path: string,
): Problem[] {
  const details = { gtin: item };
  if (item === gtin) return [{ code: 'catalogue.contains_itself', path, details }];
  if (packed?.status !== 'published') return [{ code: 'catalogue.content_not_published', path, details }];
  return packed.ownerBin === ownerBin ? [] : [{ code: 'catalogue.content_of_other_owner', path, details }];
}

/** One statement per level, of which there are few. */
async function depthProblems(db: Queryable, gtin: string, first: ReadonlyMap<string, PackedGoods>): Promise<Problem[]> {
  const path = '/card/content';
  let level = first;
  for (let depth = 1; depth <= PACKAGE_LEVELS_MAX; depth += 1) {
    const inside = [...new Set([...level.values()].flatMap((packed) => packed.inside))];
    if (inside.length === 0) return [];
    if (inside.includes(gtin)) return [{ code: 'catalogue.contains_itself', path, details: { gtin } }];
    level = await packedGoods(db, inside);
  }
  return [{ code: 'catalogue.content_too_deep', path, details: { levels: PACKAGE_LEVELS_MAX } }];
}

async function packedGoods(db: Queryable, gtins: readonly string[]): Promise<ReadonlyMap<string, PackedGoods>> {
  const { rows } = await db.query<PackedGoods>(PACKED_GOODS, [gtins]);
  return new Map(rows.map((packed) => [packed.gtin, packed]));
}
