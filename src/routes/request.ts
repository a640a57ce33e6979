import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import type { Principal } from '../access/permissions.ts';
import type { Language } from '../core/errors.ts';
import { traceOf } from '../core/trace.ts';
import type { RouteRequest } from './route.ts';

const NO_BYTES = Buffer.alloc(0);

/** One request as its handler sees it. What only few handlers ask for is made when they ask. */
export class IncomingCall implements RouteRequest<unknown, unknown, unknown> {
  readonly requestId = randomUUID();
  params: unknown = {};
  query: unknown = {};
  body: unknown = undefined;
  rawBody: Buffer = NO_BYTES;
  contentType = '';
  readonly #req: Request;
  readonly #res: Response;
  readonly #trustProxyHops: number;
  #principal: Principal | undefined;
  #stream: Readable | undefined;
  #trace: string | undefined;
  #controller: AbortController | undefined;

  constructor(req: Request, res: Response, trustProxyHops: number) {
    this.#req = req;
    this.#res = res;
    this.#trustProxyHops = trustProxyHops;
  }

  get headers(): IncomingHttpHeaders {
    return this.#req.headers;
  }

  get principal(): Principal {
    if (this.#principal === undefined) throw new Error('a public route asked who is calling');
    return this.#principal;
  }

  set principal(principal: Principal) {
    this.#principal = principal;
  }

  get stream(): Readable {
    this.#stream ??= Readable.from([]);
    return this.#stream;
  }

  set stream(stream: Readable) {
    this.#stream = stream;
  }

  get ip(): string {
    return callerAddress(this.#req, this.#trustProxyHops);
  }

  get trace(): string {
    const { traceparent } = this.#req.headers;
    this.#trace ??= traceOf(typeof traceparent === 'string' ? traceparent : undefined);
    return this.#trace;
  }

  get language(): Language {
    return languageOf(this.#req);
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      const res = this.#res;
      const onClose = (): void => {
        if (!res.writableFinished) controller.abort();
      };
      if (res.closed) onClose();
      else res.once('close', onClose);
      this.#controller = controller;
    }
    return this.#controller.signal;
  }

  /** Lets go of a body that the handler left unread. */
  close(): void {
    if (this.#stream === undefined) return;
    // At once, not when the destroyed stream gets round to it: unpiping pauses what is about to be read to its end.
    this.#req.unpipe();
    this.#stream.destroy();
  }
}

/** By the requested languages, Russian where none of ours is among them. */
export function languageOf(req: Request): Language {
  if (req.headers['accept-language'] === undefined) return 'ru';
  const accepted = req.acceptsLanguages('ru', 'kk', 'en');
  return accepted === 'kk' || accepted === 'en' ? accepted : 'ru';
}

/** The nearest address that our own proxies did not make up themselves; never anything but an IP address. */
export function callerAddress(req: Pick<Request, 'headers' | 'socket'>, trustProxyHops: number): string {
  const remote = plainAddress(req.socket.remoteAddress ?? '');
  const forwarded = req.headers['x-forwarded-for'];
  if (trustProxyHops === 0 || typeof forwarded !== 'string') return remote;
  const claimed = plainAddress(forwarded.split(',').at(-trustProxyHops)?.trim() ?? '');
  return isIP(claimed) === 0 ? remote : claimed;
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
