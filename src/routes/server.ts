import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import type { Authenticator } from '../access/authenticator.ts';
import type { OnBehalf } from '../access/on-behalf.ts';
import { TanbaError } from '../core/errors.ts';
import { createValidation } from '../core/validation.ts';
import type { Log } from '../log.ts';
import { errorCode } from '../store/durable-file.ts';
import { StartError } from '../store/start-error.ts';
import { type Answer, answerOf, type DispatchDeps, handlerOf, methodNotAllowed, methodsOf } from './dispatch.ts';
import { createExpressApp, createNodeServer, DEFAULT_TIMEOUTS, type ServerTimeouts } from './express-server.ts';
import type { Metrics } from './metrics.ts';
import { pageHeaders } from './reply.ts';
import type { AnyRoute } from './route.ts';

export interface HttpServerDeps {
  readonly routes: readonly AnyRoute[];
  readonly authenticator: Authenticator;
  /** Without it nobody acts for others. */
  readonly onBehalf?: Pick<OnBehalf, 'act'>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly trustProxyHops: number;
  readonly timeouts?: ServerTimeouts;
  readonly ownPrototypes?: boolean;
}

export interface HttpServer {
  /** Port 0 takes a free one; the answer says which. */
  start(address: { readonly host: string; readonly port: number }): Promise<AddressInfo>;
  /** Takes no new connections, lets running requests finish for a while, then cuts. */
  stop(): Promise<void>;
}

const DRAIN_CHECK_MS = 100;

export function createHttpServer(deps: HttpServerDeps): HttpServer {
  let stopping = false;
  const { timeouts = DEFAULT_TIMEOUTS, ownPrototypes = true } = deps;
  const app = createExpressApp();
  mount(app, deps.routes, {
    ...deps,
    validation: createValidation(),
    pageHeaders: pageHeaders(),
    unreadMs: timeouts.unreadMs,
    isStopping: () => stopping,
  });
  const server = createNodeServer(app, { ownPrototypes, timeouts });
  return {
    async start(address) {
      const bound = await listen(server, address);
      // A connection that could not be taken (out of file descriptors) must not end the process.
      server.on('error', (error) => deps.log.error({ err: error }, 'a connection could not be taken'));
      return bound;
    },
    async stop() {
      stopping = true;
      await drain(server, timeouts.drainMs);
    },
  };
}

function mount(app: Express, routes: readonly AnyRoute[], dispatch: DispatchDeps): void {
  for (const route of routes) {
    app[route.method](route.path, handlerOf(route.path, answerOf(route, dispatch), dispatch));
  }
  for (const [path, methods] of methodsByPath(routes)) {
    app.all(path, otherMethods(path, methods, dispatch));
  }
  app.use(handlerOf(UNKNOWN_PATH, () => Promise.reject(new TanbaError('request.not_found')), dispatch));
  app.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
    // Before a handler Express itself fails only on a path that cannot be decoded.
    const known = error instanceof URIError ? new TanbaError('request.malformed_path', { cause: error }) : error;
    void handlerOf(UNKNOWN_PATH, () => Promise.reject(known), dispatch)(req, res, next);
  });
}

const UNKNOWN_PATH = 'unknown';

function methodsByPath(routes: readonly AnyRoute[]): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, readonly string[]>();
  for (const route of routes) methods.set(route.path, [...(methods.get(route.path) ?? []), ...methodsOf(route)]);
  return methods;
}

function otherMethods(path: string, methods: readonly string[], dispatch: DispatchDeps): RequestHandler {
  const allowed = [...methods, 'OPTIONS'];
  const answer: Answer = async (_call, req) => {
    if (req.method === 'OPTIONS') return { status: 204, headers: { Allow: allowed.join(', ') } };
    throw methodNotAllowed(req, allowed);
  };
  return handlerOf(path, answer, dispatch);
}

function listen(server: Server, address: { readonly host: string; readonly port: number }): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(startError(error, address));
    server.once('error', refuse);
    server.listen(address.port, address.host, () => {
      server.off('error', refuse);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') reject(new Error('the server listens on no TCP port'));
      else resolve(bound);
    });
  });
}

function startError(error: Error, { host, port }: { readonly host: string; readonly port: number }): Error {
  const reason = errorCode(error);
  if (reason === 'EADDRINUSE')
    return new StartError(`${host}:${port} is taken by another program: choose another PORT.`);
  if (reason === 'EACCES')
    return new StartError(`${host}:${port} may not be listened on by this user: choose another PORT.`);
  if (reason === 'EADDRNOTAVAIL') return new StartError(`${host} is no address of this machine: choose another HOST.`);
  return error;
}

async function drain(server: Server, drainMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that becomes idle meanwhile would otherwise stay open for its keep-alive time.
  const sweeper = setInterval(() => server.closeIdleConnections(), DRAIN_CHECK_MS);
  const cutter = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(sweeper);
  clearTimeout(cutter);
}
