import { setTimeout as delay } from 'node:timers/promises';
import type { StoreBench } from '../bench.ts';
import { withCpu } from '../cpu.ts';
import { settleExchange, startAnew, storeMessages, untilDelivered } from '../exchange-store.ts';
import type { HubProcess } from '../hub-process.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { compare, type Measured } from '../rounds.ts';
import { addWebhook, CHANGE_HOLDS_AFTER_MS, type Webhook } from '../webhook.ts';

const LARGE = 300_000;
const QUICK_PART = 10;
const SMALL = 10_000;
const CONCURRENCY = 128;
/** A round takes minutes. */
const ROUNDS_MAX = 3;

const SWITCH = `update partner set switched_off = $2, changed_at = clock_timestamp() where partner_id = $1`;

/** A partner was switched off for long; all that waited for it goes when it is switched on. */
export const backlog: StoreBench = {
  name: 'backlog',
  run: async ({ hub, rounds, scaled, tell }) => {
    const large = scaled(LARGE, QUICK_PART);
    const receiver = await startReceiver();
    try {
      const options = { url: receiver.url, topics: ['document.*'], concurrency: CONCURRENCY };
      const webhook = await addWebhook(hub, 'manufacturer', options);
      const row = await compare({
        bench: backlog.name,
        what: `draining a backlog of ${large.toLocaleString('en-US')} / of ${SMALL.toLocaleString('en-US')}`,
        target: { is: 'at least', value: 0.9 },
        rounds: Math.min(rounds, ROUNDS_MAX),
        baseline: () => drain(hub, receiver, webhook, SMALL),
        subject: async (round) => {
          // Warming up takes no large one.
          const waiting = round === 0 ? SMALL : large;
          tell(`draining ${waiting}`);
          return await drain(hub, receiver, webhook, waiting);
        },
        note: 'from the first arrival to the last; embedded transport',
      });
      return [row];
    } finally {
      receiver.stop();
    }
  },
};

async function drain(hub: HubProcess, receiver: Receiver, webhook: Webhook, waiting: number): Promise<Measured> {
  await hub.db.query(SWITCH, [webhook.partnerId, true]);
  await delay(CHANGE_HOLDS_AFTER_MS);
  await startAnew(hub, webhook);
  await storeMessages(hub, webhook, { count: waiting, state: 'waiting', lanes: 0 });
  await settleExchange(hub);
  const { arrived } = await receiver.expect(waiting);
  const { result, cpu } = await withCpu({ ...hub.cpu, receiver: receiver.cpu }, async () => {
    await hub.db.query(SWITCH, [webhook.partnerId, false]);
    return await arrived;
  });
  await untilDelivered(hub, webhook);
  return { perSecond: (waiting - 1) / result.seconds, cpu };
}
