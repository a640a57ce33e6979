import assert from 'node:assert/strict';
import { createApiKeyAuthenticator } from './access/authenticator.ts';
import { loadAdapters } from './adapters/load.ts';
import { demoOf, startAdapters } from './adapters/open.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import { systemClock } from './core/clock.ts';
import { TanbaError } from './core/errors.ts';
import { hasDemoKeys, seedDemo, writeDemoFile } from './demo.ts';
import type { Log } from './log.ts';
import { createLog } from './log.ts';
import { openStore } from './open-store.ts';
import type { Parts } from './parts.ts';
import { openParts } from './parts.ts';
import { docsRoutes } from './routes/docs-page.ts';
import { healthRoutes } from './routes/health.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { createHttpServer } from './routes/server.ts';
import type { Stops } from './stops.ts';
import type { Database } from './store/database.ts';

export interface RunningHub {
  readonly baseUrl: string;
  readonly store: string;
  /** The reason why no codes are issued, or null. */
  readonly issuingLocked: string | null;
  stop(): Promise<void>;
}

export interface HubOptions {
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Builds the hub from below upwards and starts it; whatever was started is stopped in the opposite order. */
export async function startHub(config: Config, options: HubOptions = {}): Promise<RunningHub> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLog(config.logLevel);
  const stops: Stops = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const adapters = await loadAdapters(config.adapters);
    const store = await openStore(config, clock, log, stops);
    const parts = await openParts({ config, clock, log, store, adapters }, stops);
    const { address, issuingLocked } = await serve(config, log, store.db, parts, stops);
    return { baseUrl: address, store: store.description, issuingLocked, stop };
  } catch (error) {
    await stop().catch((cause: unknown) => log.error({ err: cause }, 'stopping after a failed start'));
    throw error;
  }
}

async function serve(
  config: Config,
  log: Log,
  db: Database,
  parts: Parts,
  stops: Stops,
): Promise<{ address: string; issuingLocked: string | null }> {
  const verdict = await parts.orders.start();
  stops.push(() => parts.orders.stop());
  parts.processor.start();
  stops.push(() => parts.processor.stop());
  let seeded = config.production;
  let stopping = false;
  const health = healthRoutes({
    checks: [
      { name: 'store', check: async () => void (await db.query('select 1')) },
      // Whoever waits for a ready hub finds demo.json.
      { name: 'demo', check: async () => assert.ok(seeded) },
    ],
    isStopping: () => stopping,
  });
  // A worker has no door but its health.
  const routes = [...(config.roles === 'worker' ? metricsRoutes(parts.metrics) : parts.routes), ...health];
  const server = createHttpServer({
    routes: [...routes, ...docsRoutes(routes, !config.production)],
    authenticator: createApiKeyAuthenticator(parts.apiKeys),
    onBehalf: parts.onBehalf,
    log,
    metrics: parts.metrics,
    trustProxyHops: config.trustProxyHops,
  });
  if (config.production && (await hasDemoKeys(db))) {
    throw new TanbaError('access.demo_key_in_production');
  }
  const address = await server.start(config);
  stops.push(() => server.stop());
  const baseUrl = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  const { adapters } = parts;
  const demo = config.production ? null : await seedDemo({ ...parts, db, dataFolder: config.dataFolder, baseUrl });
  if (config.roles !== 'worker') await startAdapters(adapters, log, stops);
  if (demo !== null)
    await writeDemoFile(config.dataFolder, { ...demo, ...(await demoOf(adapters, demo.participants)) });
  seeded = true;
  // Nobody is sent here any more, once the first door closes.
  stops.push(async () => {
    stopping = true;
  });
  return { address: baseUrl, issuingLocked: verdict.kind === 'locked' ? verdict.reason : null };
}
