import type { Bench, BenchContext } from '../bench.ts';
import { type Goods, goodsOf, newCodes, settle, shuffled, storeCodes, storeDocument, withTails } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { getRequest, measureLoad, prepareRequests, runLoad } from '../load.ts';
import type { Row } from '../report.ts';
import { compare } from '../rounds.ts';

const CODES_IN_STORE = 1_000_000;
const CHECKS_PER_ROUND = 40_000;
/** A signature costs 80 µs to verify: fewer take the same time. */
const CHECKS_PER_ROUND_88 = 15_000;
const CONNECTIONS = 128;
const PATH = '/api/public/check';
const GENUINE = '"verdict":"genuine"';

interface Tails {
  readonly characters: 44 | 88;
  readonly productGroup: string;
  readonly perRound: number;
  readonly inStore: number;
}

/**
 * A citizen checks a code that nobody has checked before: each of them once only, so that no cache knows the answer.
 */
export const publicCheck: Bench = {
  name: 'check',
  run: async (context) => {
    const perRound88 = context.scaled(CHECKS_PER_ROUND_88);
    const tails: Tails[] = [
      { characters: 44, productGroup: 'lp', perRound: context.scaled(CHECKS_PER_ROUND), inStore: CODES_IN_STORE },
      {
        characters: 88,
        productGroup: 'shoes',
        perRound: perRound88,
        inStore: perRound88 * (context.rounds + 1) + 1,
      },
    ];
    const prepared: { tails: Tails; requests: string[] }[] = [];
    for (const each of tails) prepared.push({ tails: each, requests: await checkRequests(context, each) });
    await settle(context.hub);
    const rows: Row[] = [];
    for (const { tails: each, requests } of prepared) rows.push(await compareChecks(context, each, requests));
    return rows;
  },
};

async function compareChecks(
  { hub, baseline, rounds }: BenchContext,
  { characters, perRound }: Tails,
  requests: string[],
): Promise<Row> {
  const first = prepareRequests(requests.splice(0, 1));
  const { answer } = await runLoad({ ...first, port: hub.port, connections: 1, total: 1, expect: GENUINE });
  await baseline.answer(PATH, JSON.parse(answer));
  const load = { connections: CONNECTIONS, total: perRound, expect: GENUINE };
  const roundOf = (round: number) => prepareRequests(requests.slice(round * perRound, (round + 1) * perRound));
  return await compare({
    bench: publicCheck.name,
    what: `public check, tails of ${characters} characters / Express answer of that size`,
    ...(characters === 44 ? { target: { is: 'at least', value: 0.5 } as const } : {}),
    rounds,
    baseline: (round) => measureLoad({ ...load, ...roundOf(round), port: baseline.port }, { express: baseline.cpu }),
    subject: (round) => measureLoad({ ...load, ...roundOf(round), port: hub.port }, hub.cpu),
    note: `${CODES_IN_STORE.toLocaleString('en-US')} codes, ${CONNECTIONS} connections`,
  });
}

async function checkRequests(context: BenchContext, tails: Tails): Promise<string[]> {
  const { hub, rounds, tell } = context;
  const { bin } = participantOf(hub, 'importer');
  const goods: Goods = await goodsOf(hub, tails.productGroup);
  tell(`preparing ${tails.inStore} codes of ${goods.productGroup}`);
  const codes = newCodes(goods, tails.inStore);
  const documentId = await storeDocument(hub, bin);
  await storeCodes(hub, codes, { status: 'in_circulation', owner: bin, documentId });
  const checked = shuffled(codes).slice(0, tails.perRound * (rounds + 1) + 1);
  return withTails(goods, checked).map((code) => getRequest(`${PATH}?code=${encodeURIComponent(code)}`));
}
