import { connect } from 'node:net';
import { createApiKeyAuthenticator } from '../../src/access/authenticator.ts';
import type { Role } from '../../src/access/permissions.ts';
import { createLog } from '../../src/log.ts';
import { DEFAULT_TIMEOUTS, type ServerTimeouts } from '../../src/routes/express-server.ts';
import { createMetrics } from '../../src/routes/metrics.ts';
import type { AnyRoute } from '../../src/routes/route.ts';
import { createHttpServer } from '../../src/routes/server.ts';

export interface TestServer {
  readonly baseUrl: string;
  readonly port: number;
  /** Lines of the log, parsed. */
  readonly logged: readonly Record<string, unknown>[];
  readonly metrics: ReturnType<typeof createMetrics>;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  readonly timeouts?: Partial<ServerTimeouts>;
  readonly trustProxyHops?: number;
  readonly ownPrototypes?: boolean;
  readonly port?: number;
}

const KEYS: Readonly<Record<string, Role>> = {
  tanba_ofd: 'ofd',
  tanba_maker: 'manufacturer',
  tanba_reader: 'authority',
};

/** A real server on a free port, with keys `tanba_ofd`, `tanba_maker` and `tanba_reader`. */
export async function startServer(routes: readonly AnyRoute[], options: TestServerOptions = {}): Promise<TestServer> {
  const logged: Record<string, unknown>[] = [];
  const metrics = createMetrics();
  const server = createHttpServer({
    routes,
    authenticator: createApiKeyAuthenticator({
      async authenticate(key) {
        const role = KEYS[key];
        return role === undefined ? null : { bin: '080340002138', role, name: key };
      },
    }),
    log: createLog('warn', { write: (line) => void logged.push(JSON.parse(line)) }),
    metrics,
    trustProxyHops: options.trustProxyHops ?? 0,
    timeouts: { ...DEFAULT_TIMEOUTS, drainMs: 1_000, ...options.timeouts },
    ...(options.ownPrototypes === undefined ? {} : { ownPrototypes: options.ownPrototypes }),
  });
  const { port } = await server.start({ host: '127.0.0.1', port: options.port ?? 0 });
  return { baseUrl: `http://127.0.0.1:${port}`, port, logged, metrics, stop: () => server.stop() };
}

export interface ProblemBody {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  readonly errors?: readonly { readonly code: string; readonly path?: string; readonly message: string }[];
}

/** What a server answers to bytes written as they are, until it closes the connection. */
export function rawExchange(port: number, ...parts: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('close', () => resolve(answer));
    // A reset after the answer is an ending too.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
    );
    for (const part of parts) socket.write(part);
  });
}

export function deferred<T = void>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}
