import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { Adapter } from '../../../src/exchange/adapter.ts';
import { makeCertificate } from './certificates.ts';
import {
  answering,
  attemptTo,
  dispatchTo,
  HERE,
  openAdapter,
  PATIENCE_MS,
  partnerAt,
  rawly,
  receive,
  receiveRaw,
} from './support.ts';

describe('a webhook over TLS', () => {
  const day = 86_400_000;
  const good = makeCertificate();
  const expired = makeCertificate({ notAfter: new Date(Date.now() - day) });
  const early = makeCertificate({ notBefore: new Date(Date.now() + day) });
  const other = makeCertificate({ name: 'other.example' });

  for (const [what, certificate, ca, expected] of [
    ['is delivered under a good certificate', good, good.cert, ['delivered', 'http.200']],
    ['has failed under an expired one', expired, expired.cert, ['failed', 'tls.certificate_expired']],
    ['has failed under one of tomorrow', early, early.cert, ['failed', 'tls.certificate_not_yet_valid']],
    ['has failed under one that nobody vouches for', good, undefined, ['failed', 'tls.untrusted']],
    ['has failed under one of another name', other, other.cert, ['failed', 'tls.name_differs']],
  ] as const) {
    it(what, async () => {
      let asked = 0;
      const receiver = await receive((request, response) => {
        asked += 1;
        answering(200)(request, response);
      }, certificate);
      const url = `https://localhost:${receiver.port}/`;
      const { outcome, code } = await attemptTo(receiver, { url, resolve: HERE, ...(ca === undefined ? {} : { ca }) });
      assert.deepEqual([outcome, code], expected);
      assert.equal(asked, outcome === 'delivered' ? 1 : 0);
    });
  }

  it('has failed where no TLS is spoken', async () => {
    const receiver = await receiveRaw((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { outcome, code } = await attemptTo(receiver, {
      url: `https://localhost:${receiver.port}/`,
      resolve: HERE,
    });
    assert.deepEqual([outcome, code], ['failed', 'tls.failed']);
  });

  it('has failed where the handshake does not end', async () => {
    const receiver = await receiveRaw(() => {});
    const { outcome, code } = await attemptTo(receiver, {
      url: `https://localhost:${receiver.port}/`,
      resolve: HERE,
      timeoutMs: 100,
    });
    assert.deepEqual([outcome, code], ['failed', 'tls.timeout']);
  });
});

describe('the connections of webhooks', () => {
  let adapter: Adapter;
  beforeEach(() => {
    adapter = openAdapter();
  });
  afterEach(() => adapter.close());
  const deliver = (port: number) =>
    adapter.deliver(dispatchTo(partnerAt(`http://127.0.0.1:${port}/`)), AbortSignal.timeout(PATIENCE_MS));

  it('are kept for the next message', async () => {
    const ports = new Set<number | undefined>();
    const receiver = await receive((request, response) => {
      ports.add(request.socket.remotePort);
      answering(200)(request, response);
    });
    for (let count = 0; count < 3; count += 1) await deliver(receiver.port);
    await receiver.stop();
    assert.equal(ports.size, 1);
  });

  /** Answers the first message of a connection, and closes it at the second. */
  const fickle = (ids: string[]) =>
    receiveRaw((socket) => {
      let messages = 0;
      socket.on('data', (data) => {
        for (const [, id = ''] of data.toString().matchAll(/webhook-id: (\S+)/g)) {
          ids.push(id);
          messages += 1;
          if (messages === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
          else socket.resetAndDestroy();
        }
      });
    });

  it('that a receiver closes just when they are used again cost no attempt: the same goes once more', async () => {
    const ids: string[] = [];
    const receiver = await fickle(ids);
    const [first, second] = [await deliver(receiver.port), await deliver(receiver.port)];
    await receiver.stop();
    assert.deepEqual([first.code, second.code], ['http.200', 'http.200']);
    assert.deepEqual([first.sent['times'], second.sent['times']], [1, 2]);
    assert.equal(ids.length, 3);
    assert.equal(ids[1], ids[2]);
  });

  it('that a receiver closes for good leave a message uncertain: the first may have arrived', async () => {
    let messages = 0;
    const receiver = await rawly((socket) => {
      messages += 1;
      if (messages === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else void receiver.stop();
    });
    await deliver(receiver.port);
    const { outcome, code } = await deliver(receiver.port);
    assert.deepEqual([outcome, code, messages], ['uncertain', 'reset', 2]);
  });

  it('that break with a part of the answer are not used a second time', async () => {
    let messages = 0;
    const receiver = await rawly((socket) => {
      messages += 1;
      if (messages === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else socket.end('HTTP/1.1 2');
    });
    await deliver(receiver.port);
    const { outcome, code } = await deliver(receiver.port);
    await receiver.stop();
    assert.deepEqual([outcome, code, messages], ['uncertain', 'reset', 2]);
  });

  it('end when the adapter is closed', async () => {
    const sockets = new Set<Socket>();
    const receiver = await receive((request, response) => {
      sockets.add(request.socket);
      answering(200)(request, response);
    });
    await deliver(receiver.port);
    const [socket] = sockets;
    const ended = new Promise((resolve) => socket?.once('close', resolve));
    await adapter.close();
    await ended;
    await receiver.stop();
  });
});
