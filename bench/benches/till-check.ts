import type { Bench } from '../bench.ts';
import { goodsOf, newCodes, settle, shuffled, storeCodes, storeDocument, withTails } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { measureLoad, postRequest, prepareRequests, runLoad } from '../load.ts';
import { compare } from '../rounds.ts';
import { bearer } from '../transfer.ts';

const CODES_IN_STORE = 200_000;
const CODES_PER_CHECK = 20;
const CHECKS_PER_ROUND = 6_000;
const CONNECTIONS = 64;
const PATH = '/api/v1/till/check';
const REALIZABLE = '"realizable":true';

/** Tills ask about twenty codes before they sell them; no code is asked about twice. */
export const tillCheck: Bench = {
  name: 'till-check',
  run: async (context) => {
    const { hub, baseline, rounds, tell } = context;
    const perRound = context.scaled(CHECKS_PER_ROUND);
    const { bin, apiKey } = participantOf(hub, 'retailer');
    const goods = await goodsOf(hub, 'lp');
    const wanted = (perRound * (rounds + 1) + 1) * CODES_PER_CHECK;
    const inStore = Math.max(CODES_IN_STORE, wanted);
    tell(`preparing ${inStore} codes in circulation`);
    const codes = newCodes(goods, inStore);
    const documentId = await storeDocument(hub, participantOf(hub, 'manufacturer').bin);
    await storeCodes(hub, codes, { status: 'in_circulation', owner: bin, documentId });
    await settle(hub);
    const marks = withTails(goods, shuffled(codes).slice(0, wanted));
    const requests: string[] = [];
    for (let first = 0; first < marks.length; first += CODES_PER_CHECK) {
      const body = JSON.stringify({ codes: marks.slice(first, first + CODES_PER_CHECK) });
      requests.push(postRequest(PATH, body, bearer(apiKey)));
    }
    const first = prepareRequests(requests.splice(0, 1));
    const { answer } = await runLoad({ ...first, port: hub.port, connections: 1, total: 1, expect: REALIZABLE });
    await baseline.answer(PATH, JSON.parse(answer));
    const load = { connections: CONNECTIONS, total: perRound, expect: REALIZABLE };
    const roundOf = (round: number) => prepareRequests(requests.slice(round * perRound, (round + 1) * perRound));
    const row = await compare({
      bench: tillCheck.name,
      what: `till check of ${CODES_PER_CHECK} codes / Express answer of that size`,
      target: { is: 'at least', value: 0.4 },
      rounds,
      baseline: (round) => measureLoad({ ...load, ...roundOf(round), port: baseline.port }, { express: baseline.cpu }),
      subject: (round) => measureLoad({ ...load, ...roundOf(round), port: hub.port }, hub.cpu),
      note: `${inStore.toLocaleString('en-US')} codes, ${CONNECTIONS} connections, each code asked about once`,
    });
    return [row];
  },
};
