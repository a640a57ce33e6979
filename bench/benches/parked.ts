import type { StoreBench } from '../bench.ts';
import { deliverMessages } from '../deliver.ts';
import { settleExchange, startAnew, storeMessages } from '../exchange-store.ts';
import { startReceiver } from '../receiver.ts';
import { compare, type Side } from '../rounds.ts';
import { addWebhook } from '../webhook.ts';

const MESSAGES = 10_000;
/** Fewer would be over before the rate is steady. */
const QUICK_PART = 2;
const CONCURRENCY = 128;
const PARKED = 100_000;
const LANES = 1_000;
/** Behind the parked head of each lane. */
const QUEUED_IN_LANE = 100;

/** What stands for good must not slow down what goes, even of the same partner. */
export const parked: StoreBench = {
  name: 'parked',
  run: async ({ hub, rounds, scaled }) => {
    const messages = scaled(MESSAGES, QUICK_PART);
    const receiver = await startReceiver();
    try {
      const webhook = await addWebhook(hub, 'manufacturer', {
        url: receiver.url,
        topics: ['document.*'],
        ordered: 'object',
        concurrency: CONCURRENCY,
      });
      const side =
        (prepare: () => Promise<void>): Side =>
        async () => {
          await startAnew(hub, webhook);
          await prepare();
          await settleExchange(hub);
          return await deliverMessages(hub, receiver, webhook, messages);
        };
      const row = await compare({
        bench: parked.name,
        what: `deliveries beside ${number(PARKED)} parked and ${number(LANES)} stuck lanes / without`,
        target: { is: 'at least', value: 0.8 },
        rounds,
        baseline: side(async () => undefined),
        subject: side(async () => {
          await storeMessages(hub, webhook, { count: PARKED, state: 'parked', lanes: 0 });
          await storeMessages(hub, webhook, { count: LANES * (1 + QUEUED_IN_LANE), state: 'parked', lanes: LANES });
        }),
        note: `${number(messages)} messages to the same partner, each in a lane of its own; ${QUEUED_IN_LANE} queued in each stuck one; embedded transport`,
      });
      return [row];
    } finally {
      receiver.stop();
    }
  },
};

function number(value: number): string {
  return value.toLocaleString('en-US');
}
