import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { createApiKeyAuthenticator } from '../../../src/access/authenticator.ts';
import { may, ROLES } from '../../../src/access/permissions.ts';
import { createAddressGuard } from '../../../src/adapters/webhook/address-guard.ts';
import { createWebhookDelivery } from '../../../src/adapters/webhook/delivery.ts';
import { createNameResolution } from '../../../src/adapters/webhook/name-resolution.ts';
import { webhookRoutes } from '../../../src/adapters/webhook/routes.ts';
import { createWebhookSecrets } from '../../../src/adapters/webhook/secrets.ts';
import { createWebhooks } from '../../../src/adapters/webhook/webhooks.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { createSealer } from '../../../src/core/codes/seal.ts';
import type { Adapter } from '../../../src/exchange/adapter.ts';
import { createLog } from '../../../src/log.ts';
import { createMetrics } from '../../../src/routes/metrics.ts';
import { createHttpServer } from '../../../src/routes/server.ts';
import { deferred } from '../../routes/support.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { MANUFACTURER, prepareGoods, RETAILER } from '../../support/goods.ts';
import type { Json } from '../../support/hub.ts';

const BINS: Readonly<Record<string, string>> = { maker: MANUFACTURER, seller: RETAILER };
const HOOK = { name: 'Warehouse', url: 'https://example.kz/tanba', topics: ['document.*'] };

describe('the routes of webhooks', () => {
  let database: TestDatabase;
  let adapter: Adapter;
  let baseUrl: string;
  let stop: () => Promise<void>;

  before(async () => {
    database = await createTestDatabase();
    const { db } = database;
    await prepareGoods(db);
    const clock = systemClock;
    const networks = ['127.0.0.0/8'];
    const guard = createAddressGuard({ networks, httpsOnly: false, resolve: createNameResolution() });
    const secrets = createWebhookSecrets({ db, clock, sealer: createSealer(Buffer.alloc(32, 7), 'webhook') });
    adapter = createWebhookDelivery({ guard, secrets, clock });
    const webhooks = createWebhooks({ db, clock, secrets, guard, adapter });
    const server = createHttpServer({
      routes: webhookRoutes({ webhooks, limits: { jsonBodyBytes: 100_000 } }),
      authenticator: createApiKeyAuthenticator({
        async authenticate(key) {
          const bin = BINS[key];
          return bin === undefined ? null : { bin, role: 'manufacturer', name: key };
        },
      }),
      log: createLog('silent'),
      metrics: createMetrics(),
      trustProxyHops: 0,
    });
    const { port } = await server.start({ host: '127.0.0.1', port: 0 });
    baseUrl = `http://127.0.0.1:${port}`;
    stop = () => server.stop();
  });
  after(async () => {
    await stop();
    await adapter.close();
    await database.drop();
  });

  async function call(method: string, path: string, body?: unknown, who = 'maker') {
    const response = await fetch(`${baseUrl}/api/v1/webhooks${path}`, {
      method,
      headers: {
        authorization: `Bearer ${who}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: Json = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: answer };
  }

  const create = async (changes: object = {}): Promise<Json> => (await call('POST', '', { ...HOOK, ...changes })).body;

  it('are for every role', () => {
    for (const role of ROLES) assert.ok(may({ bin: MANUFACTURER, name: role, role }, 'webhooks'), role);
  });

  it('create one, and show its secret this one time', async () => {
    const { status, headers, body } = await call('POST', '', HOOK);
    assert.deepEqual([status, headers.get('cache-control')], [201, 'no-store']);
    assert.equal(headers.get('location'), `/api/v1/webhooks/${body.webhookId}`);
    assert.match(body.secret, /^whsec_/);
    const { secret: _secret, secretId, ...webhook } = body;
    assert.deepEqual([webhook.ordered, webhook.switchedOff, webhook.mapping], ['none', false, undefined]);
    const found = await call('GET', `/${body.webhookId}`);
    assert.deepEqual(found.body, {
      ...webhook,
      secrets: [{ secretId, createdAt: webhook.createdAt, expiresAt: null }],
    });
    assert.ok(!JSON.stringify((await call('GET', '')).body).includes('whsec_'));
  });

  it('list one’s own', async () => {
    const { webhookId } = await create();
    const ids = (answer: Json) => answer.webhooks.map((one: Json) => one.webhookId);
    assert.ok(ids((await call('GET', '')).body).includes(webhookId));
    assert.deepEqual(ids((await call('GET', '', undefined, 'seller')).body), []);
    assert.equal((await call('GET', `/${webhookId}`, undefined, 'seller')).body.code, 'webhooks.not_found');
  });

  it('change one', async () => {
    const { webhookId } = await create({ mapping: { version: '1', fields: { event: '/type' } } });
    const { status, body } = await call('PUT', `/${webhookId}`, { ...HOOK, topics: ['*'], ordered: 'partner' });
    assert.equal(status, 200);
    assert.deepEqual([body.topics, body.ordered, body.mapping], [['*'], 'partner', undefined]);
  });

  it('remove one', async () => {
    const { webhookId } = await create();
    assert.equal((await call('DELETE', `/${webhookId}`)).status, 204);
    for (const method of ['GET', 'DELETE']) assert.equal((await call(method, `/${webhookId}`)).status, 404);
  });

  it('give a new secret, with the old one valid for a day unless told otherwise', async () => {
    const { webhookId, secret } = await create();
    const { status, body } = await call('POST', `/${webhookId}/secrets`, {});
    assert.equal(status, 201);
    assert.notEqual(body.secret, secret);
    const { secrets } = (await call('GET', `/${webhookId}`)).body;
    const hours = (Date.parse(secrets[1].expiresAt) - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours <= 24);
  });

  for (const [what, body, code, path] of [
    ['no name', { ...HOOK, name: '' }, 'request.invalid', '/name'],
    ['a name with NUL', { ...HOOK, name: 'a\u0000' }, 'request.invalid', '/name'],
    ['half a character', { ...HOOK, name: '\ud800' }, 'request.invalid', '/name'],
    ['no topics', { ...HOOK, topics: [] }, 'request.invalid', '/topics'],
    ['an unknown topic', { ...HOOK, topics: ['code.sold'] }, 'webhooks.topic_unknown', '/topics/0'],
    ['a private address', { ...HOOK, url: 'https://192.168.0.1' }, 'webhooks.address_refused', '/url'],
    ['no URL', { ...HOOK, url: 'example' }, 'webhooks.settings_invalid', '/url'],
    [
      'a wrong pointer',
      { ...HOOK, mapping: { version: '1', fields: { x: '~' } } },
      'webhooks.settings_invalid',
      '/mapping/fields/x',
    ],
  ] as const) {
    it(`refuse ${what}, and say where`, async () => {
      const { status, body: problem } = await call('POST', '', body);
      assert.deepEqual([status, problem.code, problem.errors[0].path], [400, code, path]);
    });
  }

  it('explain why nothing arrives', async () => {
    const receiver = await listen(
      createServer((request, response) => void request.resume().on('end', () => response.end())),
    );
    const { webhookId } = await create({ url: `http://localhost:${receiver.port}/hook` });
    const { status, body } = await call('POST', `/${webhookId}/reachability`);
    await receiver.close();
    assert.equal(status, 200);
    assert.deepEqual(
      body.steps.map(({ outcome }: Json) => outcome),
      ['good', 'good', 'good', 'not_tried', 'good', 'good', 'good'],
    );
  });

  it('explain one at a time', async () => {
    const asked = deferred();
    const release = deferred();
    const receiver = await listen(
      createServer((request, response) => {
        asked.resolve();
        void release.promise.then(() => request.resume().on('end', () => response.end()));
      }),
    );
    const { webhookId } = await create({ url: `http://127.0.0.1:${receiver.port}/` });
    const first = call('POST', `/${webhookId}/reachability`);
    await asked.promise;
    const second = await call('POST', `/${webhookId}/reachability`);
    assert.deepEqual([second.status, second.body.code], [429, 'webhooks.reachability_busy']);
    assert.equal(second.headers.get('retry-after'), '5');
    release.resolve();
    assert.equal((await first).status, 200);
    assert.equal((await call('POST', `/${webhookId}/reachability`)).status, 200);
    await receiver.close();
  });
});

async function listen(server: Server): Promise<{ readonly port: number; close(): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: address.port, close };
}
