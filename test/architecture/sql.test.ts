import assert from 'node:assert/strict';
import { literalsOf, readSource, sourceFiles } from './sql-in-sources.ts';

/** Everything about single codes and receipts: these statements run millions of times and on Citus too. */
const HOT_FOLDERS = ['codes', 'lifecycle', 'aggregation', 'receipts', 'checks', 'documents'].map(
  (area) => `src/core/${area}`,
);

interface ForbiddenShape {
  readonly shape: RegExp;
  readonly because: string;
  readonly example: string;
}

const forbiddenEverywhere: readonly ForbiddenShape[] = [
  { shape: /\bmerge into\b/i, because: 'Citus refuses MERGE', example: 'MERGE INTO code USING …' },
  {
    shape: /\bnotify\s+\w+|\bpg_notify\s*\(/i,
    because: 'NOTIFY in a transaction took 14,000 commits/s down to 5,000',
    example: "select pg_notify('outbox', '')",
  },
  {
    shape: /\bcreate (or replace )?(constraint )?trigger\b/i,
    because: 'Citus refuses triggers on distributed tables',
    example: 'create trigger t before update on code',
  },
];

const forbiddenWhereHot: readonly ForbiddenShape[] = [
  {
    shape: /\bwith recursive\b/i,
    because: 'Citus refuses a recursive walk: go up one level per statement',
    example: 'with recursive path as (…)',
  },
  {
    shape: /\b(left|right|full)( outer)? join (only )?code\b/i,
    because: 'it read the whole table, 310 ms at 100,000 rows: merge in the process',
    example: 'from unnest($1) s(cis) left join code c using (cis)',
  },
  {
    shape: /\bdo update set\b[^;]*\bnow\s*\(\)/i,
    because: 'Citus refuses it: pass the time as a parameter',
    example: 'on conflict (cis) do update set ver = 1, at = now()',
  },
];

describe('the SQL in the sources', () => {
  it('is found: literals that read or write code exist', async () => {
    const hits = await findShapes(HOT_FOLDERS, [{ shape: /\b(from|update|into) code\b/i, because: '', example: '' }]);
    assert.ok(hits.length > 0);
  });

  for (const [shapes, folders] of [
    [forbiddenEverywhere, ['src']],
    [forbiddenWhereHot, HOT_FOLDERS],
  ] as const) {
    for (const { shape, because, example } of shapes) {
      it(`keeps clear of ${shape.source} in ${folders.length === 1 ? 'src' : 'hot statements'}, for ${because}`, async () => {
        assert.match(example, shape);
        assert.deepEqual(await findShapes(folders, [{ shape, because, example }]), []);
      });
    }
  }
});

async function findShapes(folders: readonly string[], shapes: readonly ForbiddenShape[]): Promise<string[]> {
  const hits: string[] = [];
  for (const path of await sourceFiles(...folders)) {
    for (const literal of literalsOf(path, await readSource(path))) {
      if (shapes.some(({ shape }) => shape.test(literal))) hits.push(`${path}: ${literal.slice(0, 120)}`);
    }
  }
  return hits;
}
