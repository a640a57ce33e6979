import { setTimeout as delay } from 'node:timers/promises';
import type { HubProcess } from './hub-process.ts';
import { participantOf } from './hub-process.ts';
import { bearer, JSON_BODY } from './transfer.ts';

/** The webhook of a participant of the demo. */
export interface Webhook {
  readonly partnerId: string;
  readonly bin: string;
  remove(): Promise<void>;
}

export interface WebhookOptions {
  readonly url: string;
  readonly topics: readonly string[];
  readonly ordered?: 'none' | 'object';
  /** Messages under way at once; the general policy's where absent. */
  readonly concurrency?: number;
}

const RAISE_CONCURRENCY = `
update partner set policy = policy || jsonb_build_object('concurrency', $2::integer), changed_at = clock_timestamp()
 where partner_id = $1`;

/** What is changed of a partner holds a second later. */
export const CHANGE_HOLDS_AFTER_MS = 2_500;

export async function addWebhook(
  hub: HubProcess,
  role: 'manufacturer' | 'ofd',
  { url, topics, ordered = 'none', concurrency }: WebhookOptions,
): Promise<Webhook> {
  const { bin, apiKey } = participantOf(hub, role);
  const webhooks = `http://127.0.0.1:${hub.port}/api/v1/webhooks`;
  const answer = await fetch(webhooks, {
    method: 'POST',
    headers: { ...bearer(apiKey), ...JSON_BODY },
    body: JSON.stringify({ name: 'bench', url, topics, ordered }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the webhook was answered with ${answer.status}: ${text}`);
  const { webhookId } = JSON.parse(text);
  const partnerId = `webhook-${webhookId}`;
  if (concurrency !== undefined) await hub.db.query(RAISE_CONCURRENCY, [partnerId, concurrency]);
  await delay(CHANGE_HOLDS_AFTER_MS);
  return {
    partnerId,
    bin,
    remove: async () => {
      const removed = await fetch(`${webhooks}/${webhookId}`, { method: 'DELETE', headers: bearer(apiKey) });
      if (!removed.ok) throw new Error(`removing the webhook was answered with ${removed.status}`);
      await delay(CHANGE_HOLDS_AFTER_MS);
    },
  };
}
