import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below what systems give to outgoing connections. While a server is down, its port is nobody's by chance then, and a
// client that keeps knocking at it cannot meet itself.
const LOWEST = 20_000;
const HIGHEST = 31_999;
const TRIES = 50;

/** What this process was given and may not have opened yet. */
const given = new Set<number>();

/** A port of the loopback address that nobody listens on, for a server that is stopped and started again. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
