import { setTimeout as delay } from 'node:timers/promises';
import type { HubProcess } from './hub-process.ts';
import { participantOf } from './hub-process.ts';
import { bearer, NDJSON, type TransferClient } from './transfer.ts';

const POLL_MS = 200;

/** Sends a document of the manufacturer's as a stream of lines and waits until it is accepted. */
export async function submitStream(
  hub: HubProcess,
  client: TransferClient,
  header: { readonly kind: string; readonly body: object },
  codes: readonly string[],
): Promise<{ uploadSeconds: number; seconds: number }> {
  const startedAt = performance.now();
  const { port } = hub;
  const headers = bearer(participantOf(hub, 'manufacturer').apiKey);
  const lines = [header, ...codes].map((line) => JSON.stringify(line));
  const path = '/api/v1/documents';
  const sent = await client.run([{ port, method: 'POST', path, headers: { ...headers, ...NDJSON }, lines }]);
  let document = JSON.parse(sent.texts[0] ?? '');
  while (document.status === 'received') {
    await delay(POLL_MS);
    const asked = await client.run([{ port, method: 'GET', path: `${path}/${document.documentId}`, headers }]);
    document = JSON.parse(asked.texts[0] ?? '');
  }
  if (document.status !== 'accepted') throw new Error(`the document was ${JSON.stringify(document)}`);
  return { uploadSeconds: sent.seconds, seconds: (performance.now() - startedAt) / 1_000 };
}
