import { randomUUID } from 'node:crypto';
import type { Bench, BenchContext } from '../bench.ts';
import { withCpu } from '../cpu.ts';
import { freshSscc, goodsOf, newCodes, settle, shuffled, storeCodes } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { measureDocument } from '../json-documents.ts';
import { compare, type Measured } from '../rounds.ts';

const CODES = 100_000;

/** The package, the same update and the same history as the report's, in one transaction, and nothing else. */
const BARE_AGGREGATION = `
with package as (
  insert into code (cis, ver, type, status, owner) values ($2, 1, 'transport', 'in_circulation', $5)
), changed as (
  update code set ver = code.ver + 1, parent = $2, owner = null
    from unnest($1::text[]) as given(cis)
   where code.cis = given.cis collate "C"
  returning code.cis, code.ver, code.status, code.hold, code.reason
), recorded as (
  insert into code_history
    (recorded_at, occurred_at, document_id, ver, parent_ver, status, hold, cis, event, actor, parent, reason)
  select $4, $4, $3, ver, 1, status, hold, cis, 'packed', $5, $2, reason from changed
)
select count(*)::integer as changed from changed`;

/** A pallet with everything on it in one report. */
export const aggregation: Bench = {
  name: 'aggregation',
  run: async (context) => {
    const { hub, rounds } = context;
    const count = context.scaled(CODES);
    const { bare, documents } = await prepare(context, count);
    const row = await compare({
      bench: aggregation.name,
      what: `aggregation report of ${count.toLocaleString('en-US')} units / bare set-based SQL`,
      target: { is: 'at least', value: 0.4 },
      rounds,
      baseline: (round) => bareAggregation(context, bare[round] ?? []),
      subject: async (round) => {
        const body = { sscc: freshSscc(), codes: documents[round] };
        const { perSecond, cpu } = await measureDocument(hub, 'manufacturer', { kind: 'aggregation', body });
        return { perSecond: perSecond * count, cpu };
      },
      note: 'one JSON document, Prefer: wait',
    });
    return [row];
  },
};

async function bareAggregation({ hub }: BenchContext, codes: readonly string[]): Promise<Measured> {
  const values = [codes, `00${freshSscc()}`, randomUUID(), new Date(), participantOf(hub, 'manufacturer').bin];
  const { seconds, cpu } = await withCpu({ postgres: hub.cpu.postgres }, () =>
    hub.db.transaction((tx) => tx.query(BARE_AGGREGATION, values)),
  );
  return { perSecond: codes.length / seconds, cpu };
}

/** Goods in circulation for each round of both sides, in the order of their scanning, not sorted. */
async function prepare({ hub, rounds, tell }: BenchContext, count: number) {
  const { bin } = participantOf(hub, 'manufacturer');
  const goods = await goodsOf(hub, 'lp');
  tell(`preparing ${2 * (rounds + 1) * count} codes in circulation`);
  const bare: string[][] = [];
  const documents: string[][] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const side of [bare, documents]) {
      const codes = newCodes(goods, count);
      await storeCodes(hub, codes, { status: 'in_circulation', owner: bin });
      side.push(shuffled(codes));
    }
  }
  await settle(hub);
  return { bare, documents };
}
