import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config.ts';
import { errorTable } from '../../src/core/errors.ts';
import { type HealthCheck, healthRoutes } from '../../src/routes/health.ts';
import { limitRoutes } from '../../src/routes/limits.ts';
import { createMetrics, metricsRoutes } from '../../src/routes/metrics.ts';
import type { AnyRoute } from '../../src/routes/route.ts';
import { startServer } from './support.ts';

async function answerOf(routes: readonly AnyRoute[], path: string): Promise<{ status: number; text: string }> {
  const server = await startServer(routes);
  try {
    const response = await fetch(`${server.baseUrl}${path}`);
    return { status: response.status, text: await response.text() };
  } finally {
    await server.stop();
  }
}

const fine: HealthCheck = { name: 'store', check: async () => undefined };
const broken: HealthCheck = { name: 'journal', check: () => Promise.reject(new Error('disk full')) };

describe('the health of a hub', () => {
  const health = (checks: readonly HealthCheck[], stopping = false) =>
    healthRoutes({ checks, isStopping: () => stopping });

  it('is live whatever else fails', async () => {
    assert.equal((await answerOf(health([broken], true), '/health/live')).status, 200);
  });

  it('is ready when every check passes', async () => {
    assert.deepEqual(await answerOf(health([fine]), '/health/ready'), { status: 200, text: '{"status":"ready"}' });
  });

  it('is not ready when a check fails, and names it without its text', async () => {
    assert.deepEqual(await answerOf(health([fine, broken]), '/health/ready'), {
      status: 503,
      text: '{"status":"not_ready","failing":["journal"]}',
    });
  });

  it('is not ready while stopping', async () => {
    assert.equal((await answerOf(health([fine], true), '/health/ready')).status, 503);
  });
});

describe('what a hub publishes about itself', () => {
  const { limits } = loadConfig({});

  it('has every limit', async () => {
    assert.deepEqual(JSON.parse((await answerOf(limitRoutes(limits), '/api/v1/limits')).text), limits);
  });

  it('has every error with its three texts', async () => {
    const { errors } = JSON.parse((await answerOf(limitRoutes(limits), '/api/v1/errors')).text);
    assert.equal(errors.length, Object.keys(errorTable).length);
    assert.deepEqual(
      errors.find(({ code }: { code: string }) => code === 'internal'),
      {
        code: 'internal',
        kind: 'internal',
        texts: { kk: errorTable.internal.kk, ru: errorTable.internal.ru, en: errorTable.internal.en },
      },
    );
  });

  it('has numbers of the process, of this hub alone', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.observeRequest('/x', 'GET', 200, 0.01);
    assert.match((await answerOf(metricsRoutes(other), '/metrics')).text, /^process_cpu_user_seconds_total /m);
    assert.doesNotMatch(await other.registry.metrics(), /route="\/x"/);
  });
});
