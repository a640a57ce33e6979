import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from './services/ports.ts';

/** The network between a client and a server, with the faults that networks have. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** The same URL, but through here. */
  url(original: string): string;
  /** Nothing passes any more in either direction, not even an end, and nobody is told; new connections fare the same. */
  halfOpen(): void;
  /** Resets all connections (RST), on both sides. New ones are served. */
  cut(): void;
  /** New connections are refused; those that exist go on. */
  refuse(): void;
  /** Each piece of up to 64 KiB comes so much later, in either direction. */
  delay(ms: number): void;
  /** As at the beginning. What was held back by halfOpen() arrives now, as when a broken network mends. */
  heal(): Promise<void>;
  /** How many clients are connected. */
  readonly connections: number;
  close(): Promise<void>;
}

export type ProxyTarget = { readonly host: string; readonly port: number } | { readonly path: string };

const HOST = '127.0.0.1';
const POSTGRES_PORT = '5432';

/** Where the server of a URL listens: also one of PostgreSQL on a socket. */
export function targetOf(url: string): ProxyTarget {
  const { hostname, port, protocol } = new URL(url);
  const host = decodeURIComponent(hostname);
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${port || POSTGRES_PORT}` };
  if (port === '') throw new Error(`${protocol}//${hostname} names no port`);
  return { host, port: Number(port) };
}

/** What every connection has to ask before it passes something on. */
interface Weather {
  delayMs: number;
  /** Resolves at once, or when the black hole is over. */
  passable: Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
}

export async function startFaultProxy(target: ProxyTarget): Promise<FaultProxy> {
  const port = await freePort();
  const weather: Weather = { delayMs: 0, passable: Promise.resolve() };
  const links = new Set<Link>();
  let mend = (): void => {};
  let door: Server | null = null;
  const listen = async (): Promise<void> => {
    if (door !== null) return;
    door = createServer({ allowHalfOpen: true, noDelay: true }, (client) => join(client, target, weather, links));
    door.listen(port, HOST);
    await once(door, 'listening');
  };
  const refuse = (): void => {
    door?.close();
    door = null;
  };
  const cut = (): void => {
    for (const { client, server } of links) for (const socket of [client, server]) reset(socket);
  };
  await listen();
  return {
    host: HOST,
    port,
    url: (original) => Object.assign(new URL(original), { hostname: HOST, port: String(port) }).href,
    halfOpen() {
      // A second one must not forget how to end the first.
      mend();
      weather.passable = new Promise((resolve) => {
        mend = resolve;
      });
    },
    cut,
    refuse,
    delay(ms) {
      weather.delayMs = ms;
    },
    async heal() {
      weather.delayMs = 0;
      mend();
      await listen();
    },
    get connections() {
      return [...links].filter(({ client }) => !client.destroyed).length;
    },
    async close() {
      refuse();
      cut();
      mend();
    },
  };
}

function join(client: Socket, target: ProxyTarget, weather: Weather, links: Set<Link>): void {
  const server = new Socket({ allowHalfOpen: true }).setNoDelay(true);
  const link = { client, server };
  links.add(link);
  for (const socket of [client, server]) {
    socket.once('close', () => {
      if (client.destroyed && server.destroyed) links.delete(link);
    });
  }
  void weather.passable.then(() => {
    if (!server.destroyed) server.connect(target);
  });
  carry(client, server, weather);
  carry(server, client, weather);
}

function carry(from: Socket, to: Socket, weather: Weather): void {
  const pass = async (): Promise<void> => {
    await weather.passable;
    if (weather.delayMs > 0) await wait(weather.delayMs);
  };
  const line = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      void pass().then(() => done(null, chunk));
    },
    flush(done: TransformCallback) {
      void pass().then(() => done());
    },
  });
  from.pipe(line).pipe(to);
  // Told to the other side by the close that follows.
  from.on('error', () => {});
  from.once('close', (failed) => {
    if (failed) void pass().then(() => reset(to));
  });
}

/** A socket of the file system knows no RST; its end is as sudden. */
function reset(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
