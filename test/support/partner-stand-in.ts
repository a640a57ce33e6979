import { once } from 'node:events';
import {
  createServer,
  type Server as HttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { freePort } from './services/ports.ts';

/** What a partner's server does with a message. */
export type Fault =
  | { readonly kind: 'ok'; readonly status?: 200 | 204 }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** 200, but later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Reads it and never answers. */
  | { readonly kind: 'hang' }
  /** Reads it, then resets the connection (RST). */
  | { readonly kind: 'reset_after_accept' }
  /** Resets the connection before anything is read; chosen by a function, after the request's head. Nothing is received. */
  | { readonly kind: 'reset_before' }
  /** Bytes that are no HTTP. */
  | { readonly kind: 'garbage' }
  /** A body that ends before its length. */
  | { readonly kind: 'truncated' }
  /** A body that never ends, some 1.6 MB a second. */
  | { readonly kind: 'endless' }
  | { readonly kind: 'redirect'; readonly to: string };

export type Script = Fault | ((request: IncomingMessage) => Fault);

export interface ReceivedMessage {
  /** Its header webhook-id; empty without one. */
  readonly id: string;
  readonly at: Date;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Which one of the same id it is, from 1 on. */
  readonly attempt: number;
  readonly answeredWith: Fault;
}

export interface PartnerStandIn {
  readonly url: string;
  /** Whole requests in order of arrival, whatever was answered. */
  readonly received: readonly ReceivedMessage[];
  /** What it does from now on. */
  script(next: Script): void;
  /** Stops listening and resets all connections. */
  down(): Promise<void>;
  /** Listens again, on the same port. */
  up(): Promise<void>;
  /** All that was received, as soon as it is so many, or satisfies the predicate. */
  waitFor(enough: number | Enough, timeoutMs: number): Promise<readonly ReceivedMessage[]>;
  close(): Promise<void>;
}

export type Enough = (received: readonly ReceivedMessage[]) => boolean;

export interface PartnerOptions {
  readonly script?: Script;
  /** PEM. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
}

const HOST = '127.0.0.1';
const DRIP_MS = 10;
const DRIP = Buffer.alloc(16 * 1024, 'x');
/** Longer than a test: a connection that the server closes just when it is used again is no fault that was asked for. */
const KEEP_ALIVE_MS = 120_000;

/** An outside partner's HTTP server. It takes everything with 200 until the script says otherwise. */
export async function startPartner(options: PartnerOptions = {}): Promise<PartnerStandIn> {
  const { tls } = options;
  const received: ReceivedMessage[] = [];
  const arrivals = new Set<() => void>();
  let script: Script = options.script ?? { kind: 'ok' };

  const server = tls === undefined ? createServer() : createTlsServer({ key: tls.key, cert: tls.cert });
  const door = await openDoor(server, () => typeof script !== 'function' && script.kind === 'reset_before');
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const fault = typeof script === 'function' ? script(request) : script;
    if (fault.kind !== 'reset_before') {
      const body = await bodyOf(request);
      received.push(messageOf(request, body, received, fault));
      for (const check of arrivals) check();
    }
    answer(fault, response, door.connectionOf(request));
  };
  server.on('request', (request, response) => {
    // A request that breaks off is none.
    void onRequest(request, response).catch(() => response.destroy());
  });
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${HOST}:${door.port}`,
    received,
    script(next) {
      script = next;
    },
    down: door.close,
    up: door.open,
    waitFor: (enough, timeoutMs) => waitFor(received, arrivals, enough, timeoutMs),
    close: door.close,
  };
}

interface Door {
  readonly port: number;
  open(): Promise<void>;
  close(): Promise<void>;
  /** The TCP connection of a request, below TLS: it alone can be reset. */
  connectionOf(request: IncomingMessage): Socket | undefined;
}

async function openDoor(server: HttpServer, resetsAtOnce: () => boolean): Promise<Door> {
  const port = await freePort();
  /** By the port at the other end. */
  const sockets = new Map<number | undefined, Socket>();
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // For a TLS server too these are the TCP connections.
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    socket.on('error', () => {});
    if (resetsAtOnce()) {
      socket.resetAndDestroy();
      return;
    }
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  const open = async (): Promise<void> => {
    if (server.listening) return;
    server.listen(port, HOST);
    await once(server, 'listening');
  };
  await open();
  return {
    port,
    open,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets.values()) socket.resetAndDestroy();
      await closed;
    },
    connectionOf: (request) => sockets.get(request.socket.remotePort),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function messageOf(
  { headers, method = '', url = '' }: IncomingMessage,
  body: Buffer,
  before: readonly ReceivedMessage[],
  answeredWith: Fault,
): ReceivedMessage {
  const header = headers['webhook-id'];
  const id = typeof header === 'string' ? header : '';
  const attempt = before.filter((message) => message.id === id).length + 1;
  return { id, at: new Date(), method, path: url, headers, body, attempt, answeredWith };
}

function answer(fault: Fault, response: ServerResponse, socket: Socket | undefined): void {
  switch (fault.kind) {
    case 'ok':
      response.writeHead(fault.status ?? 200).end();
      return;
    case 'status':
      response.writeHead(fault.status, fault.headers).end();
      return;
    case 'slow':
      untilClosed(
        response,
        setTimeout(() => response.writeHead(200).end(), fault.ms),
      );
      return;
    case 'hang':
      return;
    case 'reset_before':
    case 'reset_after_accept':
      socket?.resetAndDestroy();
      return;
    case 'garbage':
      // Through its own socket, which may be one of TLS.
      response.socket?.end('\u0000\u0001 this is no HTTP\r\n\r\n');
      return;
    case 'truncated':
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('cut off', () => response.socket?.end());
      return;
    case 'endless':
      response.writeHead(200);
      untilClosed(
        response,
        setInterval(() => response.writableNeedDrain || response.write(DRIP), DRIP_MS),
      );
      return;
    case 'redirect':
      response.writeHead(302, { location: fault.to }).end();
      return;
  }
}

function untilClosed(response: ServerResponse, timer: NodeJS.Timeout): void {
  response.once('close', () => clearTimeout(timer));
}

function waitFor(
  received: readonly ReceivedMessage[],
  arrivals: Set<() => void>,
  enough: number | Enough,
  timeoutMs: number,
): Promise<readonly ReceivedMessage[]> {
  const isEnough = typeof enough === 'number' ? () => received.length >= enough : () => enough(received);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      arrivals.delete(check);
      const ids = received.map(
        ({ id, attempt, answeredWith }) => `${id || 'no id'} (${attempt}, ${answeredWith.kind})`,
      );
      reject(new Error(`The partner waited ${timeoutMs} ms in vain; received: ${ids.join(', ') || 'nothing'}`));
    }, timeoutMs);
    const check = (): void => {
      if (!isEnough()) return;
      clearTimeout(timer);
      arrivals.delete(check);
      resolve([...received]);
    };
    arrivals.add(check);
    check();
  });
}
