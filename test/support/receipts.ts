import { newId } from '../../src/store/ids.ts';
import type { HubClient, Json } from './hub.ts';

/** A receipt as the fiscal data operator of a hub's demo pushes it, for a sale by its retailer. */
export function demoReceipt(hub: HubClient, marks: readonly string[], changes: object = {}) {
  return {
    fiscalSign: newId(new Date()),
    registerId: '010100287112',
    bin: hub.binOf('retailer'),
    at: '2026-03-01T12:00:00+05:00',
    operation: 'sale',
    items: [{ marks: [...marks], name: 'Boots', quantity: Math.max(1, marks.length), price: 100, sum: 100 }],
    ...changes,
  };
}

/** Pushes receipts as a stream of lines; answers what came back, line by line. */
export async function pushLines(hub: HubClient, lines: readonly (string | Uint8Array)[]): Promise<Json[]> {
  const body = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  const { text } = await hub.call('POST', '/api/v1/receipts', { as: 'ofd', body, type: 'application/x-ndjson' });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
