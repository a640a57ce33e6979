import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { keyOf, makeSecret, verify } from '../../../src/adapters/webhook/signature.ts';
import type { AttemptResult } from '../../../src/exchange/adapter.ts';
import {
  type AdapterOptions,
  answering,
  attemptTo,
  dispatchTo,
  HERE,
  NO_NAMES,
  openAdapter,
  PATIENCE_MS,
  partnerAt,
  rawly,
  receive,
  SECRET,
} from './support.ts';

describe('what a webhook sends', () => {
  it('is the envelope as it is, signed, with the trace', async () => {
    const heard: { method: string | undefined; url: string | undefined; type: string | undefined }[] = [];
    let verified = false;
    let trace: unknown;
    const receiver = await receive(async (request, response) => {
      const body = Buffer.from(await text(request));
      verified = verify([SECRET], request.headers, body, new Date());
      trace = request.headers['traceparent'];
      heard.push({ method: request.method, url: request.url, type: request.headers['content-type'] });
      response.end();
    });
    const { outcome, sent } = await attemptTo(receiver, { url: `http://127.0.0.1:${receiver.port}/a/b?token=s3cret` });
    assert.deepEqual(heard, [{ method: 'POST', url: '/a/b?token=s3cret', type: 'application/json' }]);
    assert.deepEqual([outcome, verified], ['delivered', true]);
    assert.match(String(trace), /^00-/);
    assert.deepEqual([sent['url'], sent['signatures']], [`http://127.0.0.1:${receiver.port}/a/b?token=***`, 1]);
  });

  it('is signed by each valid secret', async () => {
    const [old, fresh] = [makeSecret(), makeSecret()];
    const verified: boolean[] = [];
    const receiver = await receive(async (request, response) => {
      const body = Buffer.from(await text(request));
      verified.push(...[old, fresh, SECRET].map((secret) => verify([secret], request.headers, body, new Date())));
      response.end();
    });
    await attemptTo(receiver, { keys: [keyOf(fresh), keyOf(old)] });
    assert.deepEqual(verified, [true, true, false]);
  });

  it('is nothing without a secret', async () => {
    const receiver = await receive(answering(200));
    const { outcome, code } = await attemptTo(receiver, { keys: [] });
    assert.deepEqual([outcome, code], ['infrastructure', 'secret.missing']);
  });

  it('is what the mapping picks', async () => {
    let body = '';
    const receiver = await receive(async (request, response) => {
      body = await text(request);
      response.end();
    });
    const adapter = openAdapter();
    const mapping = { version: '7', fields: { event: '/type', missing: '/nowhere' } };
    const partner = partnerAt(`http://127.0.0.1:${receiver.port}/`, { mapping });
    const { sent } = await adapter.deliver(dispatchTo(partner), AbortSignal.timeout(PATIENCE_MS));
    await adapter.close();
    await receiver.stop();
    assert.deepEqual(JSON.parse(body), { event: 'document.accepted', missing: null });
    assert.equal(sent['mapping'], '7');
  });
});

describe('what an answer to a webhook means', () => {
  const week = 7 * 86_400;
  const statuses: readonly (readonly [number, Readonly<Record<string, string>>, Partial<AttemptResult>])[] = [
    [200, {}, { outcome: 'delivered', code: 'http.200' }],
    [202, {}, { outcome: 'delivered', code: 'http.202' }],
    [204, {}, { outcome: 'delivered', code: 'http.204' }],
    [302, { location: 'http://127.0.0.1:1/' }, { outcome: 'failed', code: 'http.302' }],
    [307, { location: 'http://127.0.0.1:1/' }, { outcome: 'failed', code: 'http.307' }],
    [400, {}, { outcome: 'failed', code: 'http.400' }],
    [404, {}, { outcome: 'failed', code: 'http.404' }],
    [410, {}, { outcome: 'rejected', code: 'http.410' }],
    [429, { 'retry-after': '120' }, { outcome: 'failed', code: 'http.429', overloaded: true, retryAfterSeconds: 120 }],
    [500, {}, { outcome: 'failed', code: 'http.500' }],
    [503, {}, { outcome: 'failed', code: 'http.503', overloaded: true }],
    [503, { 'retry-after': '99999999' }, { retryAfterSeconds: week }],
    [503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }, { retryAfterSeconds: 0 }],
    [503, { 'retry-after': 'soon' }, { outcome: 'failed', code: 'http.503', overloaded: true }],
    [503, { 'retry-after': '-5' }, { outcome: 'failed', code: 'http.503', overloaded: true }],
  ];
  for (const [status, headers, expected] of statuses) {
    it(`${status} ${JSON.stringify(headers)} is ${JSON.stringify(expected)}`, async () => {
      const { outcome, code, overloaded, retryAfterSeconds } = await attemptTo(
        await receive(answering(status, headers)),
      );
      const found = { outcome, code, overloaded, retryAfterSeconds };
      for (const [name, value] of Object.entries(expected)) assert.equal(Reflect.get(found, name), value, name);
      if (!('retryAfterSeconds' in expected)) assert.equal(retryAfterSeconds, undefined);
    });
  }

  it('knows a date of Retry-After by its own clock', async () => {
    const inTenMinutes = new Date(Math.ceil(Date.now() / 1000) * 1000 + 600_000).toUTCString();
    const { retryAfterSeconds = 0 } = await attemptTo(await receive(answering(429, { 'retry-after': inTenMinutes })));
    assert.ok(retryAfterSeconds > 590 && retryAfterSeconds <= 601, String(retryAfterSeconds));
  });

  it('is kept masked and bounded', async () => {
    const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
    const body = `IIN 850101300124, GTIN 04870000100019, ivan@mail.kz, ${signature}, ${SECRET}, \u0000 ${'ж'.repeat(3_000)}`;
    const { answer } = await attemptTo(await receive(answering(500, { 'content-type': 'text/plain' }, body)));
    const kept = String(answer?.['body']);
    assert.match(kept, /^IIN \*{8}0124, GTIN 04870000100019, \*\*\*@mail\.kz, v1,\*\*\*, whsec_\*\*\*, \ufffd ж/);
    assert.ok(Buffer.byteLength(kept) <= 1_024);
    assert.deepEqual([answer?.['status'], answer?.['contentType']], [500, 'text/plain']);
  });

  it('does not cut a number before it is recognised', async () => {
    const body = `${' '.repeat(2_040)}850101300124 and more`;
    const { answer } = await attemptTo(await receive(answering(200, {}, body)));
    assert.ok(!String(answer?.['body']).includes('850101'));
  });

  it('is taken from an answer without end, whose connection is closed', async () => {
    let closed = false;
    const receiver = await receive((request, response) => {
      request.resume();
      const chunk = Buffer.alloc(8_192, 'x');
      const write = () => void (response.write(chunk) ? setImmediate(write) : response.once('drain', write));
      response.once('close', () => {
        closed = true;
      });
      write();
    });
    const adapter = openAdapter();
    const partner = partnerAt(`http://127.0.0.1:${receiver.port}/`);
    const { outcome, code } = await adapter.deliver(dispatchTo(partner), AbortSignal.timeout(PATIENCE_MS));
    assert.deepEqual([outcome, code], ['delivered', 'http.200']);
    for (let waited = 0; !closed && waited < 100; waited += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(closed);
    await adapter.close();
    await receiver.stop();
  });
});

describe('a webhook whose receiver breaks off', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
  const breaks: readonly (readonly [string, (socket: Socket) => void, string])[] = [
    ['closes without a word', (socket) => socket.end(), 'reset'],
    ['resets', (socket) => socket.resetAndDestroy(), 'reset'],
    ['answers with garbage', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), 'garbage'],
    ['answers with a broken header', (socket) => socket.end('HTTP/1.1 200 OK\r\nbad\u0000: x\r\n\r\n'), 'garbage'],
    ['closes within the head', (socket) => socket.end('HTTP/1.1 200 O'), 'reset'],
    ['closes within the body', (socket) => socket.end(`${head}123`), 'truncated'],
    [
      'switches the protocol',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      'garbage',
    ],
  ];
  for (const [what, answer, code] of breaks) {
    it(`is uncertain after it ${what}`, async () => {
      const result = await attemptTo(await rawly(answer));
      assert.deepEqual([result.outcome, result.code], ['uncertain', code]);
    });
  }

  it('is uncertain after it is silent for too long', async () => {
    const result = await attemptTo(await rawly(() => {}), { timeoutMs: 100 });
    assert.deepEqual([result.outcome, result.code, result.overloaded], ['uncertain', 'timeout', true]);
  });

  it('is uncertain after its body does not end', async () => {
    const result = await attemptTo(await rawly((socket) => socket.write(`${head}1`)), { timeoutMs: 100 });
    assert.deepEqual([result.outcome, result.code], ['uncertain', 'timeout']);
  });

  it('has failed where the status said so before it broke off', async () => {
    const result = await attemptTo(
      await rawly((socket) => socket.end('HTTP/1.1 500 Oh\r\nContent-Length: 10\r\n\r\n123')),
    );
    assert.deepEqual([result.outcome, result.code], ['failed', 'http.500']);
  });

  it('is uncertain when the hub stops meanwhile', async () => {
    const stopping = new AbortController();
    const receiver = await rawly(() => stopping.abort());
    const adapter = openAdapter();
    const result = await adapter.deliver(dispatchTo(partnerAt(`http://127.0.0.1:${receiver.port}/`)), stopping.signal);
    await adapter.close();
    await receiver.stop();
    assert.deepEqual([result.outcome, result.code, result.overloaded], ['uncertain', 'aborted', undefined]);
  });
});

describe('a webhook that does not get through', () => {
  const unsent = async (url: string, options: AdapterOptions = {}, timeoutMs = PATIENCE_MS) => {
    const adapter = openAdapter(options);
    const { outcome, code } = await adapter.deliver(dispatchTo(partnerAt(url)), AbortSignal.timeout(timeoutMs));
    await adapter.close();
    return [outcome, code];
  };

  it('has failed at a closed port', async () => {
    const { port, stop } = await receive(answering(200));
    await stop();
    assert.deepEqual(await unsent(`http://127.0.0.1:${port}/`), ['failed', 'tcp.refused']);
  });

  it('has failed for a name that does not exist', async () => {
    assert.deepEqual(await unsent('https://nowhere.example/', { resolve: NO_NAMES }), ['failed', 'dns.not_found']);
  });

  it('spends no attempt where nobody knows the name at the time', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error(), { code: 'dns.try_again' }));
    const expected = ['infrastructure', 'dns.try_again'];
    assert.deepEqual(await unsent('https://nowhere.example/', { resolve }), expected);
    assert.deepEqual(await unsent('https://slow.example/', { resolve: () => new Promise(() => {}) }, 50), expected);
  });

  it('has failed for a name that has moved to a private address', async () => {
    const options = { resolve: HERE, networks: [] };
    assert.deepEqual(await unsent('https://rebound.example/', options), ['failed', 'address.refused']);
  });

  it('is not even tried for a URL that the guard refuses', async () => {
    assert.deepEqual(await unsent('https://169.254.169.254/'), ['failed', 'url.address_refused']);
  });

  it('spends no attempt when the hub stops before', async () => {
    const adapter = openAdapter();
    const { outcome, code } = await adapter.deliver(dispatchTo(partnerAt('http://127.0.0.1:9/')), AbortSignal.abort());
    assert.deepEqual([outcome, code], ['infrastructure', 'aborted']);
  });
});
