import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type AddressGuard, hostOf, portOf, type Scheme } from './address-guard.ts';

/** Where to post, made once for a URL. */
export interface Target {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export interface Post {
  readonly method: 'POST' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How far an exchange got. `sent`: on a connection that stood, the request was written, all of it or in part. */
export type Phase = 'queued' | 'dns' | 'tcp' | 'tls' | 'sent';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The first 16 KiB. */
  readonly body: Buffer;
}

/** `again`: sent a second time, see `Attempted`. */
export type Exchange = { readonly again?: true } & (
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** `answer`: its head came, and its body broke off. */
  | { readonly kind: 'broken'; readonly phase: Phase; readonly error: Error; readonly answer?: Answer }
);

export interface WebhookClient {
  /** Never rejects. `signal` bounds the time of the whole. */
  exchange(target: Target, post: Post, signal: AbortSignal): Promise<Exchange>;
  close(): void;
}

export interface WebhookClientOptions {
  readonly guard: Pick<AddressGuard, 'lookup'>;
  /** Certificates trusted in place of the usual ones, PEM. */
  readonly ca?: string;
}

const KEPT_BODY_BYTES = 16_384;
const READ_BODY_BYTES = 65_536;
/** No bound over all hosts: connections of one partner would make the others wait. Their sum is what is under way. */
const SOCKETS_PER_HOST = 128;
const IDLE_SOCKETS_PER_HOST = 64;
/** Many servers close after 5 seconds; a connection that they close under a request costs a second one. */
const IDLE_MS = 4_000;
/** For a name with many addresses; the default of 250 ms is less than a handshake with some places takes. */
const NEXT_ADDRESS_MS = 1_000;

export function targetOf(url: URL, scheme: Scheme): Target {
  return { scheme, host: hostOf(url), port: portOf(url, scheme), path: `${url.pathname}${url.search}` };
}

export function createWebhookClient({ guard, ca }: WebhookClientOptions): WebhookClient {
  const connecting = (scheme: Scheme) => ({
    lookup: guard.lookup(scheme),
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    ...(ca === undefined || scheme === 'http:' ? {} : { ca }),
  });
  const pooling = {
    keepAlive: true,
    maxSockets: SOCKETS_PER_HOST,
    maxFreeSockets: IDLE_SOCKETS_PER_HOST,
    timeout: IDLE_MS,
  };
  const agents = {
    'http:': new HttpAgent({ ...pooling, ...connecting('http:') }),
    'https:': new HttpsAgent({ ...pooling, ...connecting('https:') }),
  };
  // What node:http calls reused leaves out a connection that goes from one request straight to the next in the queue.
  const standing = new WeakSet<Socket>();

  function open(target: Target, { method, headers }: Post, pooled: boolean, signal: AbortSignal): ClientRequest {
    const { scheme, host, port, path } = target;
    const options = { method, host, port, path, headers, signal };
    const agent = pooled ? { agent: agents[scheme] } : { agent: false, ...connecting(scheme) };
    return scheme === 'https:' ? httpsRequest({ ...options, ...agent }) : httpRequest({ ...options, ...agent });
  }

  return {
    async exchange(target, post, signal) {
      const first = await exchangeOnce(open(target, post, true, signal), target, post.body, standing);
      if (!first.stale || signal.aborted) return first.exchange;
      const { exchange } = await exchangeOnce(open(target, post, false, signal), target, post.body, standing);
      // That the second did not get through does not prove that the first did not arrive.
      return exchange.kind === 'broken' && exchange.phase !== 'sent' ? first.exchange : { ...exchange, again: true };
    },
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

interface Attempted {
  readonly exchange: Exchange;
  /**
   * The receiver closed a connection kept open just when it was used again, and said nothing: the common race of
   * keep-alive. The same message goes once more on a new connection; if the first did arrive, its id tells.
   */
  readonly stale: boolean;
}

interface Progress {
  phase: Phase;
  reused: boolean;
  readBefore: number;
  socket: Socket | null;
}

function exchangeOnce(
  request: ClientRequest,
  target: Target,
  body: Buffer,
  standing: WeakSet<Socket>,
): Promise<Attempted> {
  return new Promise((resolve) => {
    const progress: Progress = { phase: 'queued', reused: false, readBefore: 0, socket: null };
    const fail = (error: Error): void => {
      const { phase, reused, socket, readBefore } = progress;
      const stale = reused && isHangUp(error) && (socket?.bytesRead ?? 0) === readBefore;
      resolve({ exchange: { kind: 'broken', phase, error }, stale });
    };
    request.once('socket', (socket) => writeWhenStanding(request, socket, target, body, progress, standing));
    request.once('response', (response) => {
      void readAnswer(response).then((exchange) => resolve({ exchange, stale: false }));
    });
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      fail(new ProtocolSwitched());
    });
    // Stays: what happens to a request that has its answer is nobody's business.
    request.on('error', fail);
  });
}

class ProtocolSwitched extends Error {
  readonly code = 'HPE_UPGRADE';
}

/** Nothing is written before the connection stands and its certificate is found good: so "nothing was sent" is certain. */
function writeWhenStanding(
  request: ClientRequest,
  socket: Socket,
  { scheme, host }: Target,
  body: Buffer,
  progress: Progress,
  standing: WeakSet<Socket>,
): void {
  const write = (): void => {
    standing.add(socket);
    progress.phase = 'sent';
    if (body.length === 0) request.end();
    else request.end(body);
  };
  progress.socket = socket;
  progress.readBefore = socket.bytesRead;
  progress.reused = standing.has(socket);
  if (progress.reused) {
    write();
    return;
  }
  progress.phase = isIP(host) === 0 ? 'dns' : 'tcp';
  socket.once('lookup', () => {
    progress.phase = 'tcp';
  });
  socket.once('connect', () => {
    if (scheme === 'https:') progress.phase = 'tls';
    else write();
  });
  if (scheme === 'https:') socket.once('secureConnect', write);
}

function readAnswer(response: IncomingMessage): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let read = 0;
    const answer = (): Answer => ({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks).subarray(0, KEPT_BODY_BYTES),
    });
    response.on('data', (chunk: Buffer) => {
      if (read < KEPT_BODY_BYTES) chunks.push(chunk);
      read += chunk.length;
      if (read <= READ_BODY_BYTES) return;
      resolve({ kind: 'answered', answer: answer() });
      response.destroy();
    });
    response.once('end', () => resolve({ kind: 'answered', answer: answer() }));
    response.once('error', (error) => resolve({ kind: 'broken', phase: 'sent', error, answer: answer() }));
  });
}

const HANG_UPS = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

function isHangUp(error: Error): boolean {
  return 'code' in error && HANG_UPS.includes(String(error.code));
}
