import { createPostgresBackend, Queue, Worker, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { Carrier, Connection, DelayedCarrier } from './transport.ts';

/** Where BullMQ keeps what waits: Redis, or a schema of its own in PostgreSQL that may be dropped at any time. */
export type TimerStore =
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'postgresql'; readonly connection: pg.ClientConfig };

/** Brings a carrier at its time. One queue for all adapters. */
export interface RetryTimer {
  /** Never rejects: what could not be put in is found by the feeder when its time has come. */
  later(carriers: readonly DelayedCarrier[]): Promise<void>;
  purge(): Promise<void>;
  connection(): Connection;
  stop(): Promise<void>;
}

export interface RetryTimerOptions {
  readonly store: TimerStore;
  /** Sets this hub's jobs apart from those of others in the same store. */
  readonly namespace: string;
  readonly log: Log;
  readonly onDue: (carrier: Carrier) => Promise<void>;
}

const QUEUE = 'retries';
const CONCURRENCY = 50;
/** Longer than BullMQ blocks (10 s): a silent socket is a dead one. */
const SOCKET_TIMEOUT_MS = 20_000;
const COMMAND_TIMEOUT_MS = 5_000;
const RECONNECT_MAX_MS = 2_000;
const STOP_TIMEOUT_MS = 3_000;
const POSTGRESQL_CONNECTIONS = 2;
/** A job belongs to our table: BullMQ tries it once and forgets it (known ids would be ignored, failed ones kept). */
const ONCE = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

interface TimerJob {
  readonly name: string;
  readonly data: Carrier;
  readonly opts: typeof ONCE & { readonly jobId: string; readonly delay: number };
}

interface Backend {
  readonly name: string;
  addBulk(jobs: readonly TimerJob[]): Promise<unknown>;
  drain(): Promise<void>;
  close(): Promise<unknown>;
  listen(onError: (error: unknown) => void): void;
  connected(): boolean;
  disconnect(): void;
}

export async function startRetryTimer(options: RetryTimerOptions): Promise<RetryTimer> {
  const { store, log } = options;
  const backend = store.kind === 'redis' ? onRedis(store.url, options) : await onPostgresql(store.connection, options);
  let failing = false;
  const failed = (error: unknown): void => {
    if (!failing) log.warn({ err: error }, 'the retry timer is away; what waits is found by the feeder');
    failing = true;
  };
  backend.listen(failed);

  return {
    later: async (carriers) => {
      // While the store is away jobs would pile up in memory.
      if (carriers.length === 0 || !backend.connected()) return;
      const jobs = carriers.map(({ carrier, delayMs }) => ({
        name: 'carry',
        data: carrier,
        opts: { ...ONCE, jobId: `${carrier.deliveryId}-${carrier.carrier}`, delay: Math.ceil(delayMs) },
      }));
      try {
        await within(COMMAND_TIMEOUT_MS, backend.addBulk(jobs));
        if (failing) log.info({}, 'the retry timer is back');
        failing = false;
      } catch (error) {
        failed(error);
      }
    },
    purge: () => within(COMMAND_TIMEOUT_MS, backend.drain()),
    connection: () => ({ name: `bullmq-${backend.name}`, connected: backend.connected() }),
    stop: async () => {
      // A store that is away must not keep the hub from stopping.
      await within(STOP_TIMEOUT_MS, backend.close()).catch(() => undefined);
      backend.disconnect();
    },
  };
}

function onRedis(url: string, { namespace, onDue }: RetryTimerOptions): Backend {
  const common = {
    retryStrategy: (times: number) => Math.min(times * 100, RECONNECT_MAX_MS),
    socketTimeout: SOCKET_TIMEOUT_MS,
    keepAlive: 10_000,
  };
  // Adding must fail soon while Redis is away; the worker waits for it for ever.
  const adding = new Redis(url, { ...common, maxRetriesPerRequest: 1, commandTimeout: COMMAND_TIMEOUT_MS });
  const working = new Redis(url, { ...common, maxRetriesPerRequest: null });
  // Their errors reach us as those of queue and worker; without a listener they would end the process.
  for (const connection of [adding, working]) connection.on('error', () => undefined);
  const queue = new Queue<Carrier>(QUEUE, {
    connection: adding,
    prefix: `{${namespace}}`,
  });
  const worker = new Worker<Carrier>(QUEUE, async ({ data }) => onDue(data), {
    connection: working,
    prefix: `{${namespace}}`,
    concurrency: CONCURRENCY,
  });
  return {
    name: 'redis',
    addBulk: (jobs) => queue.addBulk([...jobs]),
    drain: () => queue.drain(true),
    close: () => Promise.allSettled([worker.close(), queue.close()]),
    listen: (onError) => {
      queue.on('error', onError);
      worker.on('error', onError);
      worker.on('failed', (_job, error) => onError(error));
    },
    connected: () => adding.status === 'ready' && working.status === 'ready',
    disconnect: () => {
      adding.disconnect();
      working.disconnect();
    },
  };
}

async function onPostgresql(connection: pg.ClientConfig, { namespace, onDue }: RetryTimerOptions): Promise<Backend> {
  const bound = withBackend(createPostgresBackend);
  const given: Record<string, unknown> = Object.fromEntries(
    Object.entries(connection).filter(([, value]) => value !== undefined),
  );
  const options = {
    ...given,
    schema: `${namespace.replaceAll('-', '_')}_bullmq`,
    migrate: true,
    max: POSTGRESQL_CONNECTIONS,
    application_name: 'tanba retries',
    keepAlive: true,
    connectionTimeoutMillis: COMMAND_TIMEOUT_MS,
  };
  const queue = new bound.Queue<Carrier>(QUEUE, { connection: options });
  await queue.waitUntilReady();
  const worker = new bound.Worker<Carrier>(QUEUE, async ({ data }) => onDue(data), {
    connection: options,
    concurrency: CONCURRENCY,
  });
  return {
    name: 'postgresql',
    addBulk: (jobs) => queue.addBulk([...jobs]),
    drain: () => queue.drain(true),
    close: () => Promise.allSettled([worker.close(), queue.close()]),
    listen: (onError) => {
      queue.on('error', onError);
      worker.on('error', onError);
      worker.on('failed', (_job: unknown, error: Error) => onError(error));
    },
    connected: () => true,
    disconnect: () => undefined,
  };
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
