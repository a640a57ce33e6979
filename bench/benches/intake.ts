import { freePort } from '../../test/support/services/ports.ts';
import type { BenchContext, StoreBench } from '../bench.ts';
import { emptyExchange } from '../exchange-store.ts';
import { measureLoad, prepareRequests } from '../load.ts';
import { receiptRequests, SOLD } from '../receipts.ts';
import { compare, type Measured } from '../rounds.ts';
import { addWebhook } from '../webhook.ts';

const RECEIPTS_PER_ROUND = 20_000;
const CONNECTIONS = 128;

/** A partner that is down costs its own messages time, and the tills nothing. */
export const intake: StoreBench = {
  name: 'intake',
  run: async (context) => {
    const { rounds, scaled } = context;
    const perRound = scaled(RECEIPTS_PER_ROUND);
    const requests = await receiptRequests(context, 2 * perRound * (rounds + 1));
    const load = (): Promise<Measured> => pushReceipts(context, requests.splice(0, perRound));
    const row = await compare({
      bench: intake.name,
      what: 'single receipts while their partner is down / without partner',
      target: { is: 'at least', value: 0.8 },
      rounds,
      baseline: load,
      subject: () => whileDown(context, load),
      note: `${CONNECTIONS} connections; the partner refuses connections`,
    });
    return [row];
  },
};

function pushReceipts({ hub }: BenchContext, requests: readonly string[]): Promise<Measured> {
  const load = { port: hub.port, connections: CONNECTIONS, total: requests.length, expect: SOLD };
  return measureLoad({ ...load, ...prepareRequests(requests) }, hub.cpu);
}

async function whileDown({ hub }: BenchContext, load: () => Promise<Measured>): Promise<Measured> {
  const url = `http://127.0.0.1:${await freePort()}/`;
  const webhook = await addWebhook(hub, 'ofd', { url, topics: ['receipts.accepted'] });
  const measured = await load();
  await webhook.remove();
  await emptyExchange(hub);
  return measured;
}
