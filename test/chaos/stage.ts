import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { type FaultProxy, startFaultProxy, targetOf } from '../support/fault-proxy.ts';
import { type HubProcess, newDataFolder, startHubProcess } from '../support/hub.ts';
import { type PartnerStandIn, startPartner } from '../support/partner-stand-in.ts';
import { startOwnPostgres } from '../support/services/own-postgres.ts';
import { type OwnRabbit, startOwnRabbit } from '../support/services/own-rabbitmq.ts';
import { type OwnRedis, startOwnRedis } from '../support/services/own-redis.ts';
import type { OwnServer } from '../support/services/own-server.ts';
import { freePort } from '../support/services/ports.ts';

export type TransportName = 'embedded' | 'rabbitmq';

/** A server of the stage's own, and the network before it. */
export interface Guarded<S extends OwnServer> {
  readonly server: S;
  readonly proxy: FaultProxy;
}

/** A hub and a worker of their own processes, over services of their own, with partners outside: all may be disturbed. */
export interface Stage {
  readonly transport: TransportName;
  readonly postgres: Guarded<OwnServer>;
  /** Null over the embedded transport. */
  readonly rabbit: Guarded<OwnRabbit> | null;
  readonly redis: Guarded<OwnRedis> | null;
  readonly partner: PartnerStandIn;
  /** Direct, past the proxy: for looking at what has become of everything. */
  readonly db: Database;
  hub(): HubProcess;
  /** kill -9, and another one in its place. */
  replaceHub(): Promise<void>;
  replaceWorker(): Promise<void>;
  /** As sent to the hub's API: an answer, or an error while nobody is there. */
  close(): Promise<void>;
}

const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECTIONS = 3;

export interface StageOptions {
  readonly transport: TransportName;
  /** Where PostgreSQL keeps its files: a small tmpfs. */
  readonly postgresFolder?: string;
}

/** Answers why there is none where a service is not installed. */
export async function openStage({ transport, postgresFolder }: StageOptions): Promise<Stage | { skipped: string }> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const postgres = await guarded(await startOwnPostgres(postgresFolder), closers);
    if ('skipped' in postgres) return await gone(postgres, close);
    const rabbit = transport === 'embedded' ? null : await guarded<OwnRabbit>(await startOwnRabbit(), closers);
    if (rabbit !== null && 'skipped' in rabbit) return await gone(rabbit, close);
    const redis = transport === 'embedded' ? null : await guarded<OwnRedis>(await startOwnRedis(), closers);
    if (redis !== null && 'skipped' in redis) return await gone(redis, close);
    const partner = await startPartner();
    closers.push(() => partner.close());
    const processes = await openProcesses({ postgres, rabbit, redis }, closers);
    const db = openDatabase({
      connection: { connectionString: postgres.server.url },
      poolSize: CONNECTIONS,
      applicationName: 'chaos',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      onIdleError: () => {},
    });
    closers.push(() => db.close());
    return { transport, postgres, rabbit, redis, partner, db, ...processes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function gone(reason: { skipped: string }, close: () => Promise<void>): Promise<{ skipped: string }> {
  await close();
  return reason;
}

async function guarded<S extends OwnServer>(
  server: S | { skipped: string },
  closers: (() => Promise<unknown>)[],
): Promise<Guarded<S> | { skipped: string }> {
  if ('skipped' in server) return server;
  closers.push(() => server.remove());
  const proxy = await startFaultProxy(targetOf(server.url));
  closers.push(() => proxy.close());
  return { server, proxy };
}

interface Services {
  readonly postgres: Guarded<OwnServer>;
  readonly rabbit: Guarded<OwnServer> | null;
  readonly redis: Guarded<OwnServer> | null;
}

async function openProcesses({ postgres, rabbit, redis }: Services, closers: (() => Promise<unknown>)[]) {
  const throughProxy = ({ server, proxy }: Guarded<OwnServer>): string => proxy.url(server.url);
  const databaseUrl = throughProxy(postgres);
  const dataFolder = await newDataFolder();
  closers.push(() => rm(dataFolder, { recursive: true, force: true }));
  const common = {
    TANBA_MASTER_KEY: randomBytes(32).toString('hex'),
    // Of what the services do to it, the hub speaks often enough; a look at the log is what TANBA_CHAOS_LOG is for.
    TANBA_LOG: process.env['TANBA_CHAOS_LOG'] ?? 'fatal',
    ...(rabbit === null ? {} : { AMQP_URL: throughProxy(rabbit) }),
    ...(redis === null ? {} : { REDIS_URL: throughProxy(redis) }),
  };
  // The same port for each hub after the other, as behind a load balancer.
  const port = String(await freePort());
  const startHub = (): Promise<HubProcess> => startHubProcess(databaseUrl, dataFolder, { ...common, PORT: port });
  const startWorker = (): Promise<HubProcess> =>
    startHubProcess(databaseUrl, dataFolder, { ...common, TANBA_ROLES: 'worker' });
  let hub = await startHub();
  closers.push(() => hub.kill('SIGKILL'));
  let worker = await startWorker();
  closers.push(() => worker.kill('SIGKILL'));
  const client = hub;
  return {
    // The worker has written its own address into demo.json; the hub's stays as it was.
    hub: () => client,
    replaceHub: async () => {
      await hub.kill('SIGKILL');
      hub = await startHub();
    },
    replaceWorker: async () => {
      await worker.kill('SIGKILL');
      worker = await startWorker();
    },
  };
}
