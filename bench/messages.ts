import { newId } from '../src/store/ids.ts';
import { type OutboxMessage, outboxStatement } from '../src/store/outbox.ts';
import { goodsOf, newCodes, withTails } from './goods.ts';
import type { HubProcess } from './hub-process.ts';
import { participantOf } from './hub-process.ts';
import { RECEIPTS_PATH, receiptBody } from './receipts.ts';
import { bearer, JSON_BODY } from './transfer.ts';

/** What the hub tells when documents are accepted. */
export function documentMessages(bin: string, count: number): OutboxMessage[] {
  const now = new Date();
  return Array.from({ length: count }, () => {
    const documentId = newId(now);
    const payload = { documentId, kind: 'utilisation' };
    return { topic: 'document.accepted', bin, keys: [`document:${documentId}`], trace: null, payload };
  });
}

/** Resolves when they are committed. */
export async function putIntoOutbox(hub: HubProcess, messages: readonly OutboxMessage[]): Promise<void> {
  await hub.db.query(outboxStatement(messages, new Date()));
}

/** Whoever commits to the outbox wakes the relay; from outside of the hub a receipt does it. */
export async function wakeRelay(hub: HubProcess): Promise<void> {
  const goods = await goodsOf(hub, 'lp');
  const body = receiptBody(participantOf(hub, 'retailer').bin, withTails(goods, newCodes(goods, 1)));
  const headers = { ...bearer(participantOf(hub, 'ofd').apiKey), ...JSON_BODY };
  const answer = await fetch(`http://127.0.0.1:${hub.port}${RECEIPTS_PATH}`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`the receipt was answered with ${answer.status}: ${await answer.text()}`);
}
