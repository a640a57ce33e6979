import { randomUUID } from 'node:crypto';
import type { Bench, BenchContext } from '../bench.ts';
import { withCpu } from '../cpu.ts';
import { goodsOf, newCodes, settle, storeCodes, withTails } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { measureLoad, postRequest, prepareRequests } from '../load.ts';
import { compare, type Measured } from '../rounds.ts';

const CODES = 100_000;
const PATH = '/api/v1/documents';
const ACCEPTED = '"status":"accepted"';

/** The same update and history as the document's, in one transaction, and nothing else. */
const BARE_UTILISATION = `
with changed as (
  update code set ver = code.ver + 1, status = 'applied', applied_by = $2
    from unnest($1::text[]) as given(cis)
   where code.cis = given.cis collate "C"
  returning code.cis, code.ver, code.status, code.hold, code.owner, code.parent, code.reason
), recorded as (
  insert into code_history (recorded_at, occurred_at, document_id, ver, status, hold, cis, event, actor, owner, parent, reason)
  select $3, $3, $2, ver, status, hold, cis, 'applied', $4, owner, parent, reason from changed
)
select count(*)::integer as changed from changed`;

/** A producer reports that the codes of a day were applied. */
export const utilisation: Bench = {
  name: 'utilisation',
  run: async (context) => {
    const { hub, rounds } = context;
    const count = context.scaled(CODES);
    const { bin, apiKey } = participantOf(hub, 'manufacturer');
    const { bare, documents } = await prepare(context, count);
    const headers = { Authorization: `Bearer ${apiKey}`, Prefer: 'wait=60' };
    const row = await compare({
      bench: utilisation.name,
      what: `utilisation of ${count.toLocaleString('en-US')} codes / bare set-based SQL`,
      target: { is: 'at least', value: 0.4 },
      rounds,
      baseline: (round) => bareUtilisation(context, bare[round] ?? [], bin),
      subject: async (round) => {
        const body = JSON.stringify({
          kind: 'utilisation',
          body: { codes: documents[round], productionDate: '2026-01-10' },
        });
        const load = { port: hub.port, connections: 1, total: 1, expect: ACCEPTED };
        const prepared = prepareRequests([postRequest(PATH, body, headers)]);
        const { perSecond, cpu } = await measureLoad({ ...load, ...prepared }, hub.cpu);
        return { perSecond: perSecond * count, cpu };
      },
      note: 'one JSON document of whole codes with tails of 44 characters, Prefer: wait',
    });
    return [row];
  },
};

async function bareUtilisation({ hub }: BenchContext, codes: readonly string[], bin: string): Promise<Measured> {
  const values = [codes, randomUUID(), new Date(), bin];
  const { seconds, cpu } = await withCpu({ postgres: hub.cpu.postgres }, () =>
    hub.db.transaction((tx) => tx.query(BARE_UTILISATION, values)),
  );
  return { perSecond: codes.length / seconds, cpu };
}

/** Emitted codes for each round of both sides, as producers have them: in the order of their printing, not sorted. */
async function prepare({ hub, rounds, tell }: BenchContext, count: number) {
  const { bin } = participantOf(hub, 'manufacturer');
  const goods = await goodsOf(hub, 'lp');
  tell(`preparing ${2 * (rounds + 1) * count} emitted codes`);
  const bare: string[][] = [];
  const documents: string[][] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const side of [bare, documents]) {
      const codes = newCodes(goods, count);
      await storeCodes(hub, codes, { status: 'emitted', owner: bin });
      side.push(codes);
    }
  }
  await settle(hub);
  return { bare, documents: documents.map((codes) => withTails(goods, codes)) };
}
