import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { type AnyRoute, route } from '../../src/routes/route.ts';
import { deferred, type ProblemBody, rawExchange, startServer, type TestServer } from './support.ts';

const LIMIT = 100_000;
const post = {
  method: 'post',
  tag: 'test',
  summary: 'A test',
  access: 'public',
  bodyLimitBytes: LIMIT,
  responses: { 200: { description: 'fine' } },
} as const;

const ROUTES: readonly AnyRoute[] = [
  route({
    ...post,
    path: '/json',
    operationId: 'json',
    bodyMode: 'json',
    bodyTypes: ['application/vnd.tanba+json'],
    streamTypes: ['application/x-ndjson'],
    streamLimitBytes: 2 * LIMIT,
    handle: async ({ body, stream, contentType }) => ({
      status: 200,
      body: body === undefined ? { contentType, streamed: (await buffer(stream)).length } : { contentType, body },
    }),
  }),
  route({
    ...post,
    path: '/raw',
    operationId: 'raw',
    bodyMode: 'json',
    rawTypes: ['text/xml'],
    handle: async ({ body, rawBody, contentType }) => ({
      status: 200,
      body: { contentType, parsed: body !== undefined, raw: rawBody.toString() },
    }),
  }),
  route({
    ...post,
    path: '/stream',
    operationId: 'stream',
    bodyMode: 'stream',
    handle: async ({ stream }) => ({ status: 200, body: { size: (await buffer(stream)).length } }),
  }),
  route({
    ...post,
    path: '/unread',
    operationId: 'unread',
    bodyMode: 'stream',
    handle: async () => ({ status: 200, body: 'not read' }),
  }),
];

describe('the body of a request', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer(ROUTES, { timeouts: { unreadMs: 100 } });
  });
  after(() => server.stop());

  const send = (path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.baseUrl}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const refusal = async (response: Response): Promise<readonly [number, string]> => {
    const problem = (await response.json()) as ProblemBody;
    return [response.status, problem.code];
  };

  it('is read as JSON', async () => {
    assert.deepEqual(await (await send('/json', '{"a":["ё"]}')).json(), {
      contentType: 'application/json',
      body: { a: ['ё'] },
    });
  });

  it('may begin with a byte order mark', async () => {
    assert.equal((await send('/json', '\ufeff{"a":1}')).status, 200);
  });

  for (const type of [
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/vnd.tanba+json',
  ]) {
    it(`may come as ${type}`, async () => {
      assert.equal((await send('/json', '{}', { 'content-type': type })).status, 200);
    });
  }

  for (const type of ['text/plain', 'application/json; charset=windows-1251', '']) {
    it(`is refused as "${type}"`, async () => {
      assert.deepEqual(await refusal(await send('/json', Buffer.from('{}'), { 'content-type': type })), [
        415,
        'request.content_type',
      ]);
    });
  }

  it('is handed over as its bytes where its media type says so', async () => {
    const type = { 'content-type': 'Text/XML; charset=utf-8' };
    assert.deepEqual(await (await send('/raw', '<a/>', type)).json(), {
      contentType: 'text/xml',
      parsed: false,
      raw: '<a/>',
    });
    assert.deepEqual(await refusal(await send('/raw', '', type)), [400, 'request.body_missing']);
    assert.deepEqual(await refusal(await send('/raw', 'x'.repeat(LIMIT + 1), type)), [413, 'request.body_too_large']);
  });

  it('is handed over as a stream where its media type says so', async () => {
    const answer = await send('/json', 'x'.repeat(150_000), { 'content-type': 'application/x-ndjson' });
    assert.deepEqual(await answer.json(), { contentType: 'application/x-ndjson', streamed: 150_000 });
  });

  for (const [encoding, compressed] of [
    ['gzip', gzipSync('{"a":1}')],
    ['deflate', deflateSync('{"a":1}')],
    ['br', brotliCompressSync('{"a":1}')],
    ['identity', Buffer.from('{"a":1}')],
  ] as const) {
    it(`may come in the encoding ${encoding}`, async () => {
      const answer = await (await send('/json', compressed, { 'content-encoding': encoding })).json();
      assert.deepEqual(answer, { contentType: 'application/json', body: { a: 1 } });
    });
  }

  it('is refused in an encoding that nobody reads', async () => {
    assert.deepEqual(await refusal(await send('/json', 'x', { 'content-encoding': 'zstd' })), [
      415,
      'request.encoding_unsupported',
    ]);
  });

  it('is refused when its compressed data is damaged', async () => {
    assert.deepEqual(await refusal(await send('/json', 'not gzip', { 'content-encoding': 'gzip' })), [
      400,
      'request.encoding_broken',
    ]);
  });

  it('is refused when its compressed data is cut short', async () => {
    const cut = gzipSync('{"a":1}').subarray(0, -4);
    assert.deepEqual(await refusal(await send('/json', cut, { 'content-encoding': 'gzip' })), [
      400,
      'request.encoding_broken',
    ]);
  });

  it('is refused when it is no UTF-8', async () => {
    const problem = (await (await send('/json', Buffer.from([0x22, 0xd0, 0x22]))).json()) as ProblemBody;
    assert.deepEqual([problem.code, problem.details], ['request.invalid_utf8', { position: 1 }]);
  });

  it('is refused when it is broken JSON, with the place', async () => {
    const problem = (await (await send('/json', '{\n "a": tru }')).json()) as ProblemBody;
    assert.deepEqual(
      [problem.code, problem.details],
      ['request.malformed_json', { position: 11, line: 2, column: 10 }],
    );
  });

  for (const text of ['{"__proto__":{"admin":true}}', '{"a":[{"\\u005f_proto__":1}]}']) {
    it(`is refused with a key that would reach a prototype: ${text}`, async () => {
      assert.deepEqual(await refusal(await send('/json', text)), [400, 'request.forbidden_key']);
    });
  }

  it('may hold that name as a value', async () => {
    assert.equal((await send('/json', '["__proto__"]')).status, 200);
  });

  it('is refused when there is none', async () => {
    assert.deepEqual(await refusal(await send('/json', '')), [400, 'request.body_missing']);
  });

  it('is refused by its announced length before it is sent', async () => {
    const head = `POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`;
    assert.match(await rawExchange(server.port, head), /^HTTP\/1.1 413 .*"limit":100000/s);
  });

  it('is waved through after "Expect: 100-continue" only when it would be taken', async () => {
    const head = 'POST /json HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n';
    const refused = await rawExchange(server.port, `${head}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n`);
    const taken = await rawExchange(
      server.port,
      `${head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n`,
      '{}',
    );
    assert.match(refused, /^HTTP\/1.1 415/);
    assert.match(taken, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200/);
  });

  it('is counted after decompression', async () => {
    assert.deepEqual(
      await refusal(await send('/json', gzipSync(Buffer.alloc(LIMIT + 1)), { 'content-encoding': 'gzip' })),
      [413, 'request.body_too_large'],
    );
  });

  it('is counted as a stream too', async () => {
    assert.deepEqual(await refusal(await send('/stream', Buffer.alloc(LIMIT + 1))), [413, 'request.body_too_large']);
  });

  it('may be as long as the limit', async () => {
    assert.deepEqual(await (await send('/stream', Buffer.alloc(LIMIT))).json(), { size: LIMIT });
  });

  it('that the handler leaves unread does not stand in the way of the next request', async () => {
    const first = `POST /unread HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${LIMIT}\r\n\r\n`;
    const second = 'GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    assert.match(
      await rawExchange(server.port, first, Buffer.alloc(LIMIT), second),
      /200 OK.*not read.*404 Not Found/s,
    );
  });

  it('that breaks off in the middle is no error of ours', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write('POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"');
    await once(socket, 'connect');
    socket.destroySoon();
    // The next answer comes after the broken request was dealt with: same process, same order of events.
    await send('/json', '{}');
    assert.deepEqual(server.logged, []);
  });
});

const GIGABYTE = 1024 ** 3;

describe('a body of one gigabyte', () => {
  for (const [name, framing] of [
    ['announced', `Content-Length: ${GIGABYTE}\r\n\r\n`],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n'],
  ] as const) {
    for (const path of ['/json', '/stream', '/unread']) {
      const expected = path === '/unread' && name === 'in chunks' ? 200 : 413;
      it(`sent ${name} to ${path} is answered with ${expected} and kept nowhere`, async function () {
        this.timeout(20_000);
        const server = await startServer(ROUTES);
        const before = process.memoryUsage().rss;
        const { answer, peak } = await flood(server.port, path, framing);
        await server.stop();
        assert.match(answer, new RegExp(`^HTTP/1.1 ${expected}`));
        assert.ok(peak - before < 100 * 1024 ** 2, `grew by ${Math.round((peak - before) / 1024 ** 2)} MiB`);
      });
    }
  }

  it('of zeros in a small gzip is stopped at the limit', async function () {
    this.timeout(20_000);
    const server = await startServer(ROUTES);
    const bomb = await buffer(
      (() => {
        const gzip = createGzip({ level: 1 });
        const zeros = Buffer.alloc(1024 ** 2);
        let left = 64;
        const pump = (): void => {
          while (left > 0) {
            left -= 1;
            if (!gzip.write(zeros)) return void gzip.once('drain', pump);
          }
          gzip.end();
        };
        pump();
        return gzip;
      })(),
    );
    const response = await fetch(`${server.baseUrl}/stream`, {
      method: 'POST',
      body: bomb.subarray(0, LIMIT),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    await server.stop();
    assert.equal(response.status, 413);
  });
});

/** Writes zeros as fast as they are taken, without holding more than one block, until the connection ends. */
async function flood(port: number, path: string, framing: string): Promise<{ answer: string; peak: number }> {
  const block = Buffer.alloc(65_536);
  const piece = framing.startsWith('Transfer')
    ? Buffer.concat([Buffer.from('10000\r\n'), block, Buffer.from('\r\n')])
    : block;
  const socket = connect(port, '127.0.0.1');
  const ended = deferred();
  let answer = '';
  let peak = 0;
  let sent = 0;
  socket.on('data', (bytes) => {
    answer += bytes.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => ended.resolve());
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${framing}`);
  const pump = (): void => {
    peak = Math.max(peak, process.memoryUsage().rss);
    while (sent < GIGABYTE && socket.writable) {
      sent += block.length;
      if (!socket.write(piece)) return void socket.once('drain', pump);
    }
    // All of it was taken and thrown away: nothing is left to wait for but the answer.
    socket.end(framing.startsWith('Transfer') ? '0\r\n\r\n' : '');
  };
  pump();
  await ended.promise;
  return { answer, peak };
}

describe('a slow caller', () => {
  const timeouts = { headersMs: 50, requestMs: 100, checkMs: 10 };

  it('is cut off when the head of its request does not end', async () => {
    const server = await startServer(ROUTES, { timeouts });
    const answer = await rawExchange(server.port, 'GET /nowhere HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    await server.stop();
    assert.match(answer, /^HTTP\/1.1 408/);
  });

  it('is cut off when its body does not end', async () => {
    const server = await startServer(ROUTES, { timeouts });
    const head = 'POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
    const answer = await rawExchange(server.port, head);
    await server.stop();
    assert.match(answer, /^HTTP\/1.1 408/);
  });

  it('is cut off when it says nothing at all', async () => {
    const server = await startServer(ROUTES, { timeouts: { idleMs: 50 } });
    const answer = await rawExchange(server.port);
    await server.stop();
    assert.equal(answer, '');
  });

  it('is refused with a head that is too large', async () => {
    const server = await startServer(ROUTES);
    const answer = await rawExchange(server.port, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await server.stop();
    assert.match(answer, /^HTTP\/1.1 431/);
  });
});
