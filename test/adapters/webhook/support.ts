import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createAddressGuard } from '../../../src/adapters/webhook/address-guard.ts';
import { createWebhookDelivery } from '../../../src/adapters/webhook/delivery.ts';
import { NameUnresolved, type ResolveName } from '../../../src/adapters/webhook/name-resolution.ts';
import { keyOf } from '../../../src/adapters/webhook/signature.ts';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { newTrace } from '../../../src/core/trace.ts';
import type { Adapter, AttemptResult, Dispatch } from '../../../src/exchange/adapter.ts';
import { digestOf, envelopeBytes } from '../../../src/exchange/message.ts';
import type { Partner } from '../../../src/exchange/partner.ts';
import { newId } from '../../../src/store/ids.ts';
import type { Certificate } from './certificates.ts';

export const BIN = '180540001239';
export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const LOOPBACK = ['127.0.0.0/8', '::1/128'];

export interface Receiver {
  readonly port: number;
  stop(): Promise<void>;
}

export function receive(listener: RequestListener, certificate?: Certificate): Promise<Receiver> {
  return listening(certificate === undefined ? createServer(listener) : createTlsServer({ ...certificate }, listener));
}

/** A receiver that speaks bytes. */
export async function receiveRaw(onSocket: (socket: Socket) => void): Promise<Receiver> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  const { port, stop } = await listening(server);
  return {
    port,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return stop();
    },
  };
}

async function listening(server: Server): Promise<Receiver> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function') {
        server.closeAllConnections();
      }
    });
  return { port: address.port, stop };
}

export const NO_NAMES: ResolveName = () => Promise.reject(new NameUnresolved('dns.not_found'));

/** Every name stands for this machine. */
export const HERE: ResolveName = async () => [{ address: '127.0.0.1', family: 4 }];

export interface AdapterOptions {
  readonly keys?: readonly KeyObject[];
  readonly networks?: readonly string[];
  readonly resolve?: ResolveName;
  readonly clock?: Clock;
  readonly ca?: string;
}

export function openAdapter(options: AdapterOptions = {}): Adapter {
  const { keys = [keyOf(SECRET)], networks = LOOPBACK, resolve = NO_NAMES, clock = systemClock, ca } = options;
  return createWebhookDelivery({
    guard: createAddressGuard({ networks, httpsOnly: false, resolve }),
    secrets: { signingKeys: async () => keys },
    clock,
    ...(ca === undefined ? {} : { ca }),
  });
}

export function partnerAt(url: string, more: Readonly<Record<string, unknown>> = {}): Partner {
  return {
    partnerId: 'webhook-1',
    adapter: 'webhook',
    bin: BIN,
    name: 'Receiver',
    topics: ['*'],
    settings: { url, ...more },
    policy: {},
    switchedOff: false,
  };
}

export function dispatchTo(partner: Partner, now: Date = new Date()): Dispatch {
  const messageId = newId(now);
  const topic = 'document.accepted';
  const data = { documentId: messageId, kind: 'utilisation' };
  const body = envelopeBytes({ id: messageId, type: topic, timestamp: now.toISOString(), participant: BIN, data });
  const digest = digestOf(body);
  return { partner, messageId, topic, createdAt: now, body, digest, attempt: 1, traceparent: newTrace(), now };
}

export const PATIENCE_MS = 5_000;

/** One attempt to a receiver that is closed behind it. */
export async function attemptTo(
  receiver: Receiver,
  { url = `http://127.0.0.1:${receiver.port}/hook`, timeoutMs = PATIENCE_MS, ...options }: AttemptOptions = {},
): Promise<AttemptResult> {
  const adapter = openAdapter(options);
  try {
    return await adapter.deliver(dispatchTo(partnerAt(url)), AbortSignal.timeout(timeoutMs));
  } finally {
    await adapter.close();
    await receiver.stop();
  }
}

export interface AttemptOptions extends AdapterOptions {
  readonly url?: string;
  readonly timeoutMs?: number;
}

export const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status, headers).end(body);
  };

export const rawly = (answer: (socket: Socket) => void) =>
  receiveRaw((socket) => {
    let heard = '';
    socket.on('data', (data) => {
      heard += data;
      if (heard.includes('"utilisation"')) answer(socket);
    });
  });
