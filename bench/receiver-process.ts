import { createServer } from 'node:http';
import type { Arrivals } from './receiver.ts';

// A partner's server that takes everything, and does nothing but count.
const KEEP_ALIVE_MS = 120_000;
const STALLED_MS = 60_000;

let expected = 0;
let seen = new Set<string>();
let repeated = 0;
let firstAt = 0;
let lastAt = 0;

const server = createServer((request, response) => {
  const id = request.headers['webhook-id'];
  request.resume().once('end', () => {
    response.writeHead(204).end();
    if (typeof id === 'string') note(id);
  });
});

process.on('message', (message: { expect: number }) => {
  expected = message.expect;
  seen = new Set();
  repeated = 0;
  lastAt = performance.now();
  process.send?.('expecting');
});
process.once('disconnect', () => process.exit(0));
setInterval(() => {
  if (expected > 0 && performance.now() - lastAt > STALLED_MS) tell();
}, STALLED_MS / 10);
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});

function note(id: string): void {
  if (seen.has(id)) {
    repeated += 1;
    return;
  }
  lastAt = performance.now();
  if (seen.size === 0) firstAt = lastAt;
  seen.add(id);
  if (seen.size === expected) tell();
}

function tell(): void {
  const arrivals: Arrivals = { messages: seen.size, repeated, seconds: (lastAt - firstAt) / 1_000 };
  expected = 0;
  process.send?.(arrivals);
}
