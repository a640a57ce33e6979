import type { Bench, BenchContext } from '../bench.ts';
import { goodsOf, newCodes, settle, shuffled, storeCodes, withTails } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { measureLoad, postRequest, prepareRequests, runLoad } from '../load.ts';
import { CODES_PER_RECEIPT, receiptBodies, SOLD } from '../receipts.ts';
import { compare } from '../rounds.ts';

const RECEIPTS_PER_ROUND = 20_000;
const CONNECTIONS = 128;
const PATH = '/api/v1/receipts';

/** Tills push receipts of three codes one by one; each is answered when it is durable. */
export const singleReceipts: Bench = {
  name: 'receipts',
  run: async (context) => {
    const { hub, baseline, rounds } = context;
    const perRound = context.scaled(RECEIPTS_PER_ROUND);
    const requests = await receiptRequests(context, perRound * (rounds + 1) + 1);
    const first = prepareRequests(requests.splice(0, 1));
    const { answer } = await runLoad({ ...first, port: hub.port, connections: 1, total: 1, expect: SOLD });
    await baseline.answer(PATH, JSON.parse(answer));
    const load = { connections: CONNECTIONS, total: perRound };
    const echoed = prepareRequests(requests.slice(0, perRound));
    const row = await compare({
      bench: singleReceipts.name,
      what: 'single receipts of 3 codes, durable / Express JSON echo',
      target: { is: 'at least', value: 0.35 },
      rounds,
      baseline: () => measureLoad({ ...load, ...echoed, port: baseline.port, expect: SOLD }, { express: baseline.cpu }),
      subject: (round) => {
        const fresh = prepareRequests(requests.slice(round * perRound, (round + 1) * perRound));
        return measureLoad({ ...load, ...fresh, port: hub.port, expect: SOLD }, hub.cpu);
      },
      note: `${CONNECTIONS} connections`,
    });
    return [row];
  },
};

/** Each sells codes that are in circulation, of the register's own taxpayer, wherever in the store they lie. */
async function receiptRequests({ hub, tell }: BenchContext, count: number): Promise<string[]> {
  const { bin } = participantOf(hub, 'retailer');
  const goods = await goodsOf(hub, 'lp');
  tell(`preparing ${count * CODES_PER_RECEIPT} codes in circulation`);
  const codes = newCodes(goods, count * CODES_PER_RECEIPT);
  await storeCodes(hub, codes, { status: 'in_circulation', owner: bin });
  await settle(hub);
  const headers = { Authorization: `Bearer ${participantOf(hub, 'ofd').apiKey}` };
  return receiptBodies(bin, withTails(goods, shuffled(codes))).map((body) => postRequest(PATH, body, headers));
}
