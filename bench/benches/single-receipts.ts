import type { Bench } from '../bench.ts';
import { measureLoad, prepareRequests, runLoad } from '../load.ts';
import { RECEIPTS_PATH, receiptRequests, SOLD } from '../receipts.ts';
import { compare } from '../rounds.ts';

const RECEIPTS_PER_ROUND = 20_000;
const CONNECTIONS = 128;

/** Tills push receipts of three codes one by one; each is answered when it is durable. */
export const singleReceipts: Bench = {
  name: 'receipts',
  run: async (context) => {
    const { hub, baseline, rounds } = context;
    const perRound = context.scaled(RECEIPTS_PER_ROUND);
    const requests = await receiptRequests(context, perRound * (rounds + 1) + 1);
    const first = prepareRequests(requests.splice(0, 1));
    const { answer } = await runLoad({ ...first, port: hub.port, connections: 1, total: 1, expect: SOLD });
    await baseline.answer(RECEIPTS_PATH, JSON.parse(answer));
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
