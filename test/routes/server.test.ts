import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import Type from 'typebox';
import { TanbaError } from '../../src/core/errors.ts';
import { type AnyRoute, route } from '../../src/routes/route.ts';
import { deferred, type ProblemBody, startServer, type TestServer } from './support.ts';

const get = { method: 'get', tag: 'test', summary: 'A test', responses: { 200: { description: 'fine' } } } as const;
const post = { ...get, method: 'post' } as const;

const RECEIPT = Type.Object(
  { at: Type.String({ format: 'date-time' }), sum: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);

const ROUTES: readonly AnyRoute[] = [
  route({
    ...get,
    path: '/open/:id',
    operationId: 'open',
    access: 'public',
    params: Type.Object({ id: Type.String({ maxLength: 20 }) }),
    query: Type.Object({ count: Type.Optional(Type.Integer({ minimum: 1 })) }),
    headers: [{ name: 'Idempotency-Key', description: 'key', schema: Type.String({ maxLength: 8 }) }],
    handle: async ({ params, query, ip, language }) => ({ status: 200, body: { ...params, ...query, ip, language } }),
  }),
  route({
    ...get,
    path: '/codes',
    operationId: 'codes',
    access: 'orders',
    handle: async ({ principal }) => ({ status: 200, body: principal }),
  }),
  route({
    ...post,
    path: '/receipts',
    operationId: 'receipts',
    access: 'receipts',
    body: RECEIPT,
    handle: async ({ body, rawBody }) => ({ status: 201, body: { sum: body.sum, bytes: rawBody.length } }),
  }),
  route({ ...get, path: '/nothing', operationId: 'nothing', access: 'public', handle: async () => ({ status: 204 }) }),
  route({
    ...get,
    path: '/text',
    operationId: 'text',
    access: 'public',
    handle: async () => ({ status: 200, contentType: 'text/csv', body: 'a;b\n' }),
  }),
  route({
    ...get,
    path: '/fault',
    operationId: 'fault',
    access: 'public',
    handle: () => Promise.reject(new Error('password=hunter2')),
  }),
  route({
    ...get,
    path: '/busy',
    operationId: 'busy',
    access: 'public',
    handle: () => Promise.reject(new TanbaError('store.unavailable', { retryAfterSeconds: 1.2 })),
  }),
];

describe('the HTTP server', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer(ROUTES);
  });
  after(() => server.stop());

  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${server.baseUrl}${path}`, init);
  const problemOf = async (response: Response): Promise<ProblemBody> => {
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    return response.json() as Promise<ProblemBody>;
  };
  const asMaker = { authorization: 'Bearer tanba_maker' };

  it('hands validated path and query parameters to the handler, numbers as numbers', async () => {
    const answer = await (await ask('/open/a%2Fb?count=3')).json();
    assert.deepEqual(answer, { id: 'a/b', count: 3, ip: '127.0.0.1', language: 'ru' });
  });

  for (const [path, code, pointer] of [
    ['/open/1?count=0', 'request.value_range', '/query/count'],
    ['/open/1?count=x', 'request.value_type', '/query/count'],
    ['/open/1?count=1&count=2', 'request.value_type', '/query/count'],
    ['/open/1?other=1', 'request.value_unexpected', '/query/other'],
    ['/nothing?other=1', 'request.value_unexpected', '/query/other'],
    [`/open/${'x'.repeat(21)}`, 'request.value_length', '/path/id'],
  ] as const) {
    it(`refuses ${path} and says where`, async () => {
      const problem = await problemOf(await ask(path));
      assert.deepEqual([problem.status, problem.errors?.[0]?.code, problem.errors?.[0]?.path], [400, code, pointer]);
    });
  }

  it('checks the headers that an operation declares', async () => {
    const problem = await problemOf(await ask('/open/1', { headers: { 'idempotency-key': 'far too long' } }));
    assert.equal(problem.errors?.[0]?.path, '/headers/Idempotency-Key');
  });

  it('refuses a path whose percent-encoding is broken', async () => {
    assert.equal((await problemOf(await ask('/open/%E0%A4'))).code, 'request.malformed_path');
  });

  it('asks for a key where one is needed', async () => {
    const response = await ask('/codes');
    assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
    assert.deepEqual([response.status, (await problemOf(response)).code], [401, 'access.token_missing']);
  });

  it('refuses an unknown key', async () => {
    const response = await ask('/codes', { headers: { authorization: 'Bearer tanba_nobody' } });
    assert.match(response.headers.get('www-authenticate') ?? '', /invalid_token/);
    assert.deepEqual([response.status, (await problemOf(response)).code], [401, 'access.token_unknown']);
  });

  it('refuses a role without the permission', async () => {
    const response = await ask('/codes', { headers: { authorization: 'Bearer tanba_ofd' } });
    assert.deepEqual([response.status, (await problemOf(response)).code], [403, 'access.forbidden']);
  });

  it('tells the handler who asks', async () => {
    const answer = await (await ask('/codes', { headers: asMaker })).json();
    assert.deepEqual(answer, { bin: '080340002138', role: 'manufacturer', name: 'tanba_maker' });
  });

  for (const [language, beginning] of [
    ['kk-KZ, ru;q=0.5', 'Бұл мекенжайда'],
    ['ru', 'По этому адресу'],
    ['en-GB', 'There is nothing'],
    ['fr', 'По этому адресу'],
    ['*', 'По этому адресу'],
  ] as const) {
    it(`speaks the language that "${language}" asks for`, async () => {
      const problem = await problemOf(await ask('/nowhere', { headers: { 'accept-language': language } }));
      assert.ok(problem.detail.startsWith(beginning), problem.detail);
    });
  }

  it('answers an unknown path with 404 and no quotation of it', async () => {
    const response = await ask('/nowhere/<script>');
    const text = await response.text();
    assert.deepEqual([response.status, text.includes('script')], [404, false]);
  });

  it('answers a wrong method with 405 and names the right ones', async () => {
    const response = await ask('/receipts');
    assert.deepEqual([response.status, response.headers.get('allow')], [405, 'POST, OPTIONS']);
  });

  it('answers OPTIONS with the methods', async () => {
    const response = await ask('/nothing', { method: 'OPTIONS' });
    assert.deepEqual([response.status, response.headers.get('allow')], [204, 'GET, HEAD, OPTIONS']);
  });

  it('answers HEAD on a public operation as GET without the body', async () => {
    const response = await ask('/text', { method: 'HEAD' });
    assert.deepEqual([response.status, response.headers.get('content-length'), await response.text()], [200, '4', '']);
  });

  it('refuses HEAD where GET hands something out', async () => {
    assert.equal((await ask('/codes', { method: 'HEAD', headers: asMaker })).status, 405);
  });

  it('sends text as it is, and nothing with 204', async () => {
    assert.equal(await (await ask('/text')).text(), 'a;b\n');
    assert.equal((await ask('/nothing')).headers.get('content-length'), null);
  });

  it('hides what went wrong inside and logs it under the request id', async () => {
    const response = await ask('/fault');
    const text = await response.text();
    const entry = server.logged.find(({ requestId }) => requestId === response.headers.get('request-id'));
    assert.deepEqual([response.status, text.includes('hunter2')], [500, false]);
    assert.match(JSON.stringify(entry), /hunter2/);
  });

  it('tells when to come again, in whole seconds', async () => {
    const response = await ask('/busy');
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '2']);
  });

  it('gives every answer a request id of its own and the protective headers', async () => {
    const [one, other] = [await ask('/text'), await ask('/nowhere')];
    assert.match(one.headers.get('request-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.notEqual(one.headers.get('request-id'), other.headers.get('request-id'));
    assert.equal(other.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(one.headers.get('x-powered-by'), null);
    assert.equal(one.headers.get('etag'), null);
  });

  it('counts requests by route, method and status, not by address', async () => {
    await ask('/open/7');
    const text = await server.metrics.registry.metrics();
    assert.match(text, /http_request_duration_seconds_count\{route="\/open\/:id",method="GET",status="200"\} \d/);
    assert.match(text, /route="unknown",method="GET",status="404"/);
  });

  it('validates the body by the schema and hands over its bytes as well', async () => {
    const body = JSON.stringify({ at: '2026-11-24T10:00:00+05:00', sum: 5 });
    const headers = { authorization: 'Bearer tanba_ofd', 'content-type': 'application/json' };
    const response = await ask('/receipts', { method: 'POST', body, headers });
    assert.deepEqual([response.status, await response.json()], [201, { sum: 5, bytes: body.length }]);
  });

  it('says where the body is wrong', async () => {
    const body = JSON.stringify({ at: 'yesterday', sum: 5 });
    const headers = { authorization: 'Bearer tanba_ofd', 'content-type': 'application/json' };
    const problem = await problemOf(await ask('/receipts', { method: 'POST', body, headers }));
    assert.deepEqual(
      [problem.code, problem.errors?.[0]?.code, problem.errors?.[0]?.path],
      ['request.invalid', 'request.value_format', '/at'],
    );
  });
});

describe('the HTTP server behind proxies', () => {
  const address = route({
    ...get,
    path: '/ip',
    operationId: 'ip',
    access: 'public',
    handle: async ({ ip }) => ({ status: 200, body: ip }),
  });
  const ipSeen = async (hops: number, forwarded: string): Promise<string> => {
    const server = await startServer([address], { trustProxyHops: hops });
    try {
      return await (await fetch(`${server.baseUrl}/ip`, { headers: { 'x-forwarded-for': forwarded } })).text();
    } finally {
      await server.stop();
    }
  };

  it('believes nobody by default', async () => {
    assert.equal(await ipSeen(0, '203.0.113.9'), '127.0.0.1');
  });

  it('takes the address that the outermost trusted proxy saw', async () => {
    assert.equal(await ipSeen(2, '198.51.100.1, 203.0.113.9, 10.0.0.1'), '203.0.113.9');
  });

  it('keeps the address of the connection when the header holds none', async () => {
    assert.equal(await ipSeen(1, "unknown'; drop table code"), '127.0.0.1');
  });
});

for (const ownPrototypes of [true, false]) {
  describe(`the HTTP server ${ownPrototypes ? 'with' : 'without'} Express prototypes from birth`, () => {
    it('streams an answer whole', async () => {
      const stream = route({
        ...get,
        path: '/stream',
        operationId: 'stream',
        access: 'public',
        handle: async () => ({ status: 200, contentType: 'text/plain', stream: Readable.from(['a', 'b', 'c']) }),
      });
      const server = await startServer([stream], { ownPrototypes });
      const text = await (await fetch(`${server.baseUrl}/stream`)).text();
      await server.stop();
      assert.equal(text, 'abc');
    });

    it('ends the connection when a stream breaks off, so that nobody takes a part for the whole', async () => {
      const broken = route({
        ...get,
        path: '/broken',
        operationId: 'broken',
        access: 'public',
        handle: async () => ({
          status: 200,
          stream: Readable.from(
            (async function* () {
              yield 'half';
              throw new Error('the disk is gone');
            })(),
          ),
        }),
      });
      const server = await startServer([broken], { ownPrototypes });
      const reading = fetch(`${server.baseUrl}/broken`).then((response) => response.text());
      await assert.rejects(reading);
      await server.stop();
    });
  });
}

describe('a caller that goes away', () => {
  it('aborts the signal and leaves no error in the log', async () => {
    const called = deferred();
    const aborted = deferred();
    const waiting = route({
      ...get,
      path: '/wait',
      operationId: 'wait',
      access: 'public',
      handle: async ({ signal }) => {
        called.resolve();
        await once(signal, 'abort');
        aborted.resolve();
        throw new Error('given up');
      },
    });
    const server = await startServer([waiting]);
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
    await called.promise;
    socket.destroy();
    await aborted.promise;
    await server.stop();
    assert.deepEqual(server.logged, []);
  });

  it('stops the stream that it was reading', async () => {
    const closed = deferred();
    const endless = route({
      ...get,
      path: '/endless',
      operationId: 'endless',
      access: 'public',
      async handle() {
        const stream = new Readable({ read: (size) => void stream.push(Buffer.alloc(size)) });
        stream.once('close', () => closed.resolve());
        return { status: 200, stream };
      },
    });
    const server = await startServer([endless]);
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /endless HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await closed.promise;
    await server.stop();
    assert.deepEqual(server.logged, []);
  });
});

describe('starting the HTTP server', () => {
  it('says so when the port is taken', async () => {
    const first = await startServer([]);
    await assert.rejects(startServer([], { port: first.port }), { name: 'StartError', message: /is taken/ });
    await first.stop();
  });
});

describe('stopping the HTTP server', () => {
  const held = (release: Promise<void>, called: () => void): AnyRoute =>
    route({
      ...get,
      path: '/held',
      operationId: 'held',
      access: 'public',
      async handle() {
        called();
        await release;
        return { status: 200, body: 'done' };
      },
    });

  it('lets a running request finish and takes no new one', async () => {
    const release = deferred();
    const called = deferred();
    const server = await startServer([held(release.promise, () => called.resolve())]);
    const running = fetch(`${server.baseUrl}/held`);
    await called.promise;
    const stopped = server.stop();
    await assert.rejects(fetch(`${server.baseUrl}/held`));
    release.resolve();
    assert.equal(await (await running).text(), 'done');
    await stopped;
  });

  it('cuts a request that does not finish in time', async () => {
    const called = deferred();
    const never = new Promise<void>(() => undefined);
    const server = await startServer([held(never, () => called.resolve())], { timeouts: { drainMs: 20 } });
    const cut = assert.rejects(fetch(`${server.baseUrl}/held`));
    await called.promise;
    await server.stop();
    await cut;
  });
});
