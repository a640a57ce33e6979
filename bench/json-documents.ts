import type { HubProcess } from './hub-process.ts';
import { participantOf } from './hub-process.ts';
import { measureLoad, postRequest, prepareRequests } from './load.ts';
import type { Measured } from './rounds.ts';

export interface JsonDocument {
  readonly kind: string;
  readonly body: object;
}

/** Sends one document as a participant of that role and waits until it is accepted; documents a second. */
export async function measureDocument(
  hub: HubProcess,
  role: Parameters<typeof participantOf>[1],
  document: JsonDocument,
  { path = '/api/v1/documents', expect = '"status":"accepted"' } = {},
): Promise<Measured> {
  const headers = { Authorization: `Bearer ${participantOf(hub, role).apiKey}`, Prefer: 'wait=60' };
  const prepared = prepareRequests([postRequest(path, JSON.stringify(document), headers)]);
  const load = { port: hub.port, connections: 1, total: 1, expect };
  const { perSecond, cpu } = await measureLoad({ ...load, ...prepared }, hub.cpu);
  return { perSecond, cpu };
}

/** The same without measuring; answers the document's id. */
export async function sendDocument(
  hub: HubProcess,
  role: Parameters<typeof participantOf>[1],
  document: JsonDocument,
): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${hub.port}/api/v1/documents`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${participantOf(hub, role).apiKey}`,
      'Content-Type': 'application/json',
      Prefer: 'wait=60',
    },
    body: JSON.stringify(document),
  });
  const told: unknown = await answer.json();
  if (
    typeof told === 'object' &&
    told !== null &&
    'status' in told &&
    told.status === 'accepted' &&
    'documentId' in told
  ) {
    return String(told.documentId);
  }
  throw new Error(`the document was ${JSON.stringify(told)}`);
}
