import assert from 'node:assert/strict';
import { loadClassifiers } from '../../src/core/reference/classifiers.ts';
import { referenceRoutes } from '../../src/routes/reference.ts';
import { type ProblemBody, startServer, type TestServer } from '../routes/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Json, startTestHub, type TestHub } from '../support/hub.ts';
import { PRODUCT_GROUPS } from './support.ts';

const NOW = new Date('2026-11-24T09:00:00Z');
const REASONS = '/api/v1/reference/write-off-reasons';
const HS = '/api/v1/reference/hs-codes';

describe('reference data over HTTP', () => {
  let server: TestServer;

  before(async () => {
    const classifiers = loadClassifiers(new URL('../../config/reference/', import.meta.url), PRODUCT_GROUPS);
    server = await startServer(referenceRoutes({ classifiers, clock: { now: () => NOW } }));
  });
  after(() => server.stop());

  async function get(path: string, headers: Readonly<Record<string, string>> = {}) {
    const response = await fetch(`${server.baseUrl}${path}`, { headers });
    const text = await response.text();
    const body = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body };
  }

  async function refusal(path: string): Promise<readonly unknown[]> {
    const { status, body } = await get(path);
    const { code, errors }: ProblemBody = body;
    return [status, code, errors?.[0]?.path];
  }

  it('lists the classifiers to anybody, with what is in force now', async () => {
    const { status, body } = await get('/api/v1/reference');
    const found = body.classifiers.find(({ name }: { name: string }) => name === 'regions');
    assert.deepEqual(
      [status, found.titles.en, found.entries, found.versions],
      [
        200,
        'Regions and cities of republican significance',
        20,
        ['2019-12-31T18:00:00.000Z', '2022-06-07T18:00:00.000Z'],
      ],
    );
  });

  it('lists the tag with which a classifier is answered', async () => {
    const { body } = await get('/api/v1/reference');
    const found = body.classifiers.find(({ name }: { name: string }) => name === 'write-off-reasons');
    assert.equal(found.etag, (await get(REASONS)).headers.get('etag'));
  });

  it('answers with the entries in their three languages', async () => {
    const { status, body } = await get(REASONS);
    assert.deepEqual([status, body.name, body.effectiveFrom], [200, 'write-off-reasons', '2019-12-31T18:00:00.000Z']);
    assert.deepEqual(body.entries[0], { code: 'SPOILED', names: { kk: 'Бүліну', ru: 'Порча', en: 'Spoilage' } });
  });

  it('answers in one language when asked to', async () => {
    const { body } = await get(`${REASONS}?lang=kk`);
    assert.deepEqual([body.title, body.entries[0]], ['Есептен шығару себептері', { code: 'SPOILED', name: 'Бүліну' }]);
  });

  it('lets anybody keep an answer for five minutes', async () => {
    assert.equal((await get(REASONS)).headers.get('cache-control'), 'public, max-age=300');
  });

  it('answers 304 without a body to whoever has the entries', async () => {
    const etag = (await get(REASONS)).headers.get('etag') ?? '';
    assert.match(etag, /^"[0-9a-f]{64}"$/);
    const again = await get(REASONS, { 'if-none-match': etag });
    assert.deepEqual(
      [again.status, again.body, again.headers.get('etag'), again.headers.get('cache-control')],
      [304, undefined, etag, 'public, max-age=300'],
    );
  });

  const kept: readonly (readonly [string, (etag: string) => string, number])[] = [
    ['one of several tags', (etag) => `"other", ${etag}`, 304],
    ['a tag that a proxy has weakened', (etag) => `W/${etag}`, 304],
    ['anything', () => '*', 304],
    ['another tag', () => '"other"', 200],
    ['the tag without its quotes', (etag) => etag.slice(1, -1), 200],
  ];
  for (const [what, header, status] of kept) {
    it(`answers ${status} to whoever has ${what}`, async () => {
      const etag = (await get(REASONS)).headers.get('etag') ?? '';
      assert.equal((await get(REASONS, { 'if-none-match': header(etag) })).status, status);
    });
  }

  it('has another tag for each language and each version', async () => {
    const paths = [HS, `${HS}?lang=kk`, `${HS}?lang=ru`, `${HS}?at=2026-12-01`, `${HS}?at=2020-01-01`];
    const tags = await Promise.all(paths.map(async (path) => (await get(path)).headers.get('etag')));
    assert.equal(new Set(tags).size, paths.length);
  });

  it('takes a bare date as its beginning in Kazakhstan', async () => {
    const days = ['2026-11-30', '2026-12-01', '2026-11-30T23:59:59%2B05:00', '2026-11-30T19:00:00Z'];
    const dates = await Promise.all(days.map(async (at) => (await get(`${HS}?at=${at}`)).body.effectiveFrom));
    const [september, december] = ['2026-08-31T19:00:00.000Z', '2026-11-30T19:00:00.000Z'];
    assert.deepEqual(dates, [september, december, september, december]);
  });

  it('holds nothing before the first version', async () => {
    const { body } = await get(`${HS}?at=2020-09-30`);
    assert.deepEqual([body.effectiveFrom, body.entries], [null, []]);
  });

  it('tells what has changed between two times', async () => {
    const { status, body } = await get(`${HS}/diff?from=2026-08-31&to=2026-09-01`);
    const codes = body.added.map(({ code }: { code: string }) => code);
    assert.deepEqual(
      [status, body.from, body.to, codes, body.changed, body.removed],
      [200, '2026-01-31T19:00:00.000Z', '2026-08-31T19:00:00.000Z', ['3819', '3820'], [], []],
    );
  });

  it('tells what has changed until now when no end is named', async () => {
    assert.equal((await get(`${HS}/diff?from=2026-08-31`)).body.to, '2026-08-31T19:00:00.000Z');
  });

  const refused: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['an unknown classifier', '/api/v1/reference/colours', [404, 'reference.unknown_classifier', undefined]],
    ['a word of the language', '/api/v1/reference/__proto__', [404, 'reference.unknown_classifier', undefined]],
    [
      'the difference of an unknown one',
      '/api/v1/reference/colours/diff?from=2026-01-01',
      [404, 'reference.unknown_classifier', undefined],
    ],
    ['a day that there is not', `${HS}?at=2026-02-30`, [400, 'request.invalid', '/query/at']],
    ['a date without a day', `${HS}?at=2026-02`, [400, 'request.invalid', '/query/at']],
    ['a time without zone', `${HS}?at=2026-02-01T00:00:00`, [400, 'request.invalid', '/query/at']],
    ['a zone of hours only', `${HS}?at=2026-02-01T00:00:00%2B05`, [400, 'request.invalid', '/query/at']],
    ['an empty date', `${HS}?at=`, [400, 'request.invalid', '/query/at']],
    ['two dates', `${HS}?at=2026-02-01&at=2026-02-02`, [400, 'request.invalid', '/query/at']],
    ['a fourth language', `${HS}?lang=de`, [400, 'request.invalid', '/query/lang']],
    ['a difference without a beginning', `${HS}/diff?to=2026-01-01`, [400, 'request.invalid', '/query/from']],
    [
      'a difference with an end that is no date',
      `${HS}/diff?from=2026-01-01&to=now`,
      [400, 'request.invalid', '/query/to'],
    ],
  ];
  for (const [what, path, expected] of refused) {
    it(`refuses ${what}`, async () => {
      assert.deepEqual(await refusal(path), expected);
    });
  }
});

describe('reference data of a hub', () => {
  let store: TestDatabase;
  let hub: TestHub;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  it('is answered without a key', async () => {
    const { status, body } = await hub.call('GET', '/api/v1/reference/countries?lang=ru');
    assert.equal(status, 200);
    assert.ok(body.entries.some((one: Json) => one.code === 'KZ' && one.name === 'Казахстан'));
  });

  it('is told of by the OpenAPI document', async () => {
    const { body } = await hub.call('GET', '/api/openapi.json');
    const paths = Object.keys(body.paths).filter((path) => path.startsWith('/api/v1/reference'));
    assert.deepEqual(paths, ['/api/v1/reference', '/api/v1/reference/{name}', '/api/v1/reference/{name}/diff']);
  });
});
