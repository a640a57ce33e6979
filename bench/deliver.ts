import { withCpu } from './cpu.ts';
import { untilDelivered } from './exchange-store.ts';
import type { HubProcess } from './hub-process.ts';
import { documentMessages, putIntoOutbox, wakeRelay } from './messages.ts';
import type { Receiver } from './receiver.ts';
import type { Measured } from './rounds.ts';
import type { Webhook } from './webhook.ts';

/** From the commit of the messages to the outbox to the arrival of the last at the partner. */
export async function deliverMessages(
  hub: HubProcess,
  receiver: Receiver,
  webhook: Webhook,
  count: number,
): Promise<Measured> {
  const { arrived } = await receiver.expect(count);
  await putIntoOutbox(hub, documentMessages(webhook.bin, count));
  const { seconds, cpu } = await withCpu({ ...hub.cpu, receiver: receiver.cpu }, async () => {
    await wakeRelay(hub);
    await arrived;
  });
  await untilDelivered(hub, webhook);
  return { perSecond: count / seconds, cpu };
}
