import type { Bench, BenchContext } from '../bench.ts';
import { goodsOf, newCodes, settle, storeCodes } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { getRequest, measureLoad, type PreparedRequests, postRequest, prepareRequests } from '../load.ts';
import type { Row } from '../report.ts';
import { compare } from '../rounds.ts';

const UNITS = 10_000;
const LEVELS = 5;
const PER_PACKAGE = 10;
const CODES_PER_QUERY = 1_000;
const SINGLE_REQUESTS = 3_000;
const QUERIES = 20;
const CONNECTIONS = 4;

/** The packages of one level, then everything of the level below put into them. */
const ADD_LEVEL = `
with package as (
  insert into code (cis, type, status, owner)
  select '00' || lpad(($2::bigint * 1000000 + number)::text, 18, '0'), 'transport', 'in_circulation', $3
    from generate_series(0, ($4::integer - 1) / $5::integer) as number
)
update code set parent = '00' || lpad(($2::bigint * 1000000 + content.number / $5::integer)::text, 18, '0'), owner = null
  from (select cis, row_number() over (order by cis) - 1 as number from unnest($1::text[]) as t(cis)) as content
 where code.cis = content.cis collate "C"
returning code.parent`;

/** The state of a unit asks for every package above it, one statement a level. */
export const packages: Bench = {
  name: 'packages',
  run: async (context) => {
    const { deep, loose } = await prepare(context);
    const headers = { Authorization: `Bearer ${participantOf(context.hub, 'retailer').apiKey}` };
    const single = (codes: readonly string[]): PreparedRequests =>
      prepareRequests(
        codes.slice(0, SINGLE_REQUESTS).map((cis) => getRequest(`/api/v1/codes/${encodeURIComponent(cis)}`, headers)),
      );
    const query = (codes: readonly string[]): PreparedRequests => {
      const bodies: string[] = [];
      for (let first = 0; first + CODES_PER_QUERY <= codes.length; first += CODES_PER_QUERY) {
        bodies.push(JSON.stringify({ codes: codes.slice(first, first + CODES_PER_QUERY) }));
      }
      return prepareRequests(bodies.map((body) => postRequest('/api/v1/codes/query', body, headers)));
    };
    return [
      await depthRow(context, 'GET of one unit', SINGLE_REQUESTS, single(deep), single(loose)),
      await depthRow(context, `query of ${CODES_PER_QUERY} units`, QUERIES, query(deep), query(loose)),
    ];
  },
};

async function depthRow(
  { hub, rounds }: BenchContext,
  what: string,
  total: number,
  deep: PreparedRequests,
  loose: PreparedRequests,
): Promise<Row> {
  const load = { port: hub.port, connections: CONNECTIONS, total };
  const row = await compare({
    bench: packages.name,
    what,
    rounds,
    baseline: () => measureLoad({ ...load, ...loose, expect: '"root":null' }, hub.cpu),
    subject: () => measureLoad({ ...load, ...deep, expect: '"root":"00' }, hub.cpu),
  });
  return {
    ...row,
    what: `${what} ${LEVELS} levels deep / without package`,
    value: 1 / row.value,
    unit: 'times the time',
    target: { is: 'at most', value: 3 },
  };
}

async function prepare({ hub, tell }: BenchContext): Promise<{ deep: string[]; loose: string[] }> {
  const { bin } = participantOf(hub, 'retailer');
  const goods = await goodsOf(hub, 'lp');
  tell(`packing ${UNITS} units ${LEVELS} levels deep`);
  const loose = newCodes(goods, UNITS);
  const deep = newCodes(goods, UNITS);
  for (const codes of [loose, deep]) await storeCodes(hub, codes, { status: 'in_circulation', owner: bin });
  let content: readonly string[] = deep;
  for (let level = 1; level <= LEVELS; level++) content = await addLevel(hub, content, level, bin);
  await settle(hub);
  return { deep, loose };
}

async function addLevel(
  hub: BenchContext['hub'],
  content: readonly string[],
  level: number,
  bin: string,
): Promise<string[]> {
  const values = [content, level, bin, content.length, PER_PACKAGE];
  const { rows } = await hub.db.query<{ parent: string }>(ADD_LEVEL, values);
  return [...new Set(rows.map(({ parent }) => parent))];
}
