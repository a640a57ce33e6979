import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as tlsRequest } from 'node:https';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { type ConfirmChannel, connect } from 'amqplib';
import { makeCertificate } from '../adapters/webhook/certificates.ts';
import { type FaultProxy, startFaultProxy, targetOf } from '../support/fault-proxy.ts';
import { type PartnerStandIn, startPartner } from '../support/partner-stand-in.ts';
import { withClient } from '../support/postgres.ts';
import { startOwnPostgres } from '../support/services/own-postgres.ts';
import { startOwnRabbit } from '../support/services/own-rabbitmq.ts';
import { startOwnRedis } from '../support/services/own-redis.ts';
import type { Skipped } from '../support/services/own-server.ts';
import { freePort } from '../support/services/ports.ts';
import { withRedis } from '../support/services/shared.ts';

const QUEUE = 'kept';
const DEADLINE_MS = 5_000;

/** The server, or the test is skipped with the reason in its name. */
function orSkip<T extends object>(server: T | Skipped, context: Mocha.Context): T {
  if (!('skipped' in server)) return server;
  const { test } = context;
  if (test !== undefined) test.title += `: ${server.skipped}`;
  return context.skip();
}

describe('a server of its own', function () {
  this.timeout(180_000);
  const removals: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const remove of removals.splice(0)) await remove();
  });

  it('of RabbitMQ has every confirmed message after kill and stop, and none after purge', async function () {
    const rabbit = orSkip(await startOwnRabbit(), this);
    removals.push(rabbit.remove);
    await publishDurably(rabbit.url, 'before kill');
    await rabbit.settle();
    await rabbit.kill();
    await assert.rejects(countOf(rabbit.url), /ECONNREFUSED/);
    await rabbit.start();
    assert.equal(await countOf(rabbit.url), 1);
    await publishDurably(rabbit.url, 'before stop');
    await rabbit.restart();
    assert.equal(await countOf(rabbit.url), 2);
    await rabbit.purge();
    assert.equal(await countOf(rabbit.url), 0);
  });

  it('of Redis has every written key after kill and stop, and none after flush', async function () {
    const redis = orSkip(await startOwnRedis(), this);
    removals.push(redis.remove);
    const keys = () => withRedis(redis.url, (client) => client.dbsize());
    await withRedis(redis.url, (client) => client.set('a', '1'));
    await redis.kill();
    await assert.rejects(keys, /ECONNREFUSED/);
    await redis.start();
    await withRedis(redis.url, (client) => client.set('b', '1'));
    await redis.restart();
    assert.equal(await keys(), 2);
    await redis.flush();
    assert.equal(await keys(), 0);
  });

  it('of PostgreSQL has every committed row after kill and stop', async function () {
    const postgres = orSkip(await startOwnPostgres(), this);
    removals.push(postgres.remove);
    const query = (text: string) =>
      withClient(postgres.url, async (client) => (await client.query<{ n: number | string }>(text)).rows);
    await query('create table kept as select 1 as n');
    await postgres.kill();
    await assert.rejects(query('select n from kept'));
    await postgres.start();
    await query('insert into kept values (2)');
    await postgres.restart();
    assert.deepEqual(await query('select n from kept order by n'), [{ n: 1 }, { n: 2 }]);
    assert.deepEqual(await query(`select current_setting('fsync') as n`), [{ n: 'on' }]);
  });

  const publishDurably = (url: string, text: string) =>
    withChannel(url, async (channel) => {
      await channel.assertQueue(QUEUE, { durable: true });
      channel.sendToQueue(QUEUE, Buffer.from(text), { persistent: true });
      await channel.waitForConfirms();
    });

  const countOf = (url: string) => withChannel(url, async (channel) => (await channel.checkQueue(QUEUE)).messageCount);

  async function withChannel<T>(url: string, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    const connection = await connect(url);
    try {
      const channel = await connection.createConfirmChannel();
      // What went wrong is told by the call it went wrong in.
      channel.on('error', () => {});
      return await work(channel);
    } finally {
      await connection.close();
    }
  }
});

describe('the fault proxy', () => {
  let proxy: FaultProxy;
  let echoPort: number;
  let close: () => Promise<void>;

  before(async () => {
    echoPort = await freePort();
    const accepted = new Set<Socket>();
    const echo = createServer((socket) => {
      accepted.add(socket.on('error', () => {}));
      socket.pipe(socket);
    });
    await once(echo.listen(echoPort, '127.0.0.1'), 'listening');
    proxy = await startFaultProxy({ host: '127.0.0.1', port: echoPort });
    close = async () => {
      await proxy.close();
      for (const socket of accepted) socket.destroy();
      echo.close();
      await once(echo, 'close');
    };
  });
  afterEach(() => proxy.heal());
  after(() => close());

  const client = () => clientOf(proxy.port);

  async function clientOf(port: number): Promise<Socket> {
    const socket = connectTcp(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }

  async function echoed(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    const [answer] = await once(socket, 'data');
    return String(answer);
  }

  it('passes both directions and the end', async () => {
    const socket = await client();
    assert.equal(await echoed(socket, 'one'), 'one');
    assert.equal(proxy.connections, 1);
    socket.end();
    await once(socket, 'close');
  });

  it('lets nothing pass while half open, and everything after', async () => {
    const [old, young] = [await client(), await client()];
    assert.equal(await echoed(old, 'before'), 'before');
    proxy.halfOpen();
    const late = await client();
    const heard: string[] = [];
    for (const socket of [old, late]) socket.on('data', (text) => heard.push(String(text)));
    const answers = [once(old, 'data'), once(late, 'data')];
    old.write('old');
    late.write('late');
    young.end();
    // Past the proxy there is an answer meanwhile: it is not that nothing had the time.
    const direct = await clientOf(echoPort);
    assert.equal(await echoed(direct, 'direct'), 'direct');
    direct.destroy();
    assert.deepEqual([heard, young.closed, old.closed], [[], false, false]);
    await proxy.heal();
    await Promise.all([...answers, once(young, 'close')]);
    assert.deepEqual(heard.sort(), ['late', 'old']);
    old.destroy();
    late.destroy();
  });

  it('resets connections when cut, and serves new ones', async () => {
    const socket = await client();
    await echoed(socket, 'before');
    const failed = once(socket, 'error');
    proxy.cut();
    const [error] = await failed;
    assert.equal(error.code, 'ECONNRESET');
    const next = await client();
    assert.equal(await echoed(next, 'after'), 'after');
    next.destroy();
  });

  it('refuses new connections, and serves the old ones', async () => {
    const socket = await client();
    proxy.refuse();
    await assert.rejects(client(), /ECONNREFUSED/);
    assert.equal(await echoed(socket, 'still'), 'still');
    await proxy.heal();
    (await client()).destroy();
    socket.destroy();
  });

  it('delays both directions', async () => {
    const socket = await client();
    proxy.delay(60);
    const startedAt = performance.now();
    assert.equal(await echoed(socket, 'slow'), 'slow');
    assert.ok(performance.now() - startedAt >= 115);
    socket.destroy();
  });

  it('stands in for the server in a URL, also for a PostgreSQL on a socket', async () => {
    const through = `${proxy.host}:${proxy.port}`;
    assert.equal(proxy.url('amqp://guest:guest@127.0.0.1:5672/%2F'), `amqp://guest:guest@${through}/%2F`);
    assert.equal(proxy.url('postgresql://me@%2Ftmp%2Frun:5432/tanba'), `postgresql://me@${through}/tanba`);
    assert.deepEqual(targetOf('postgresql://me@%2Ftmp%2Frun/tanba'), { path: '/tmp/run/.s.PGSQL.5432' });
    assert.deepEqual(targetOf('redis://127.0.0.1:6379'), { host: '127.0.0.1', port: 6379 });
  });
});

describe('the stand-in of a partner', () => {
  let partner: PartnerStandIn;
  beforeEach(async () => {
    partner = await startPartner();
  });
  afterEach(() => partner.close());

  const post = (id: string, signal?: AbortSignal) =>
    fetch(`${partner.url}/hook?a=1`, {
      method: 'POST',
      headers: { 'webhook-id': id },
      body: `body of ${id}`,
      redirect: 'manual',
      ...(signal === undefined ? {} : { signal }),
    });
  const failure = async (id: string): Promise<string> => {
    const error = await post(id).then(
      (response) => response.text().then(assert.fail, (reason: unknown) => reason),
      (reason: unknown) => reason,
    );
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  };

  it('keeps what it received, with the number of the attempt', async () => {
    partner.script({ kind: 'status', status: 503, headers: { 'retry-after': '7' } });
    assert.equal((await post('m1')).headers.get('retry-after'), '7');
    partner.script({ kind: 'ok', status: 204 });
    assert.equal((await post('m1')).status, 204);
    const seen = partner.received.map(({ id, attempt, path, body, answeredWith }) => [
      id,
      attempt,
      path,
      body.toString(),
      answeredWith.kind,
    ]);
    assert.deepEqual(seen, [
      ['m1', 1, '/hook?a=1', 'body of m1', 'status'],
      ['m1', 2, '/hook?a=1', 'body of m1', 'ok'],
    ]);
  });

  it('answers each request as a function says', async () => {
    partner.script(({ headers }) =>
      headers['webhook-id'] === 'away' ? { kind: 'redirect', to: 'http://elsewhere.test/' } : { kind: 'slow', ms: 20 },
    );
    assert.equal((await post('away')).headers.get('location'), 'http://elsewhere.test/');
    assert.equal((await post('here')).status, 200);
  });

  it('breaks the connection in every way', async () => {
    const codes: Record<string, string> = {};
    for (const kind of ['reset_before', 'reset_after_accept', 'garbage', 'truncated'] as const) {
      partner.script({ kind });
      codes[kind] = await failure(kind);
    }
    assert.deepEqual(codes, {
      reset_before: 'ECONNRESET',
      reset_after_accept: 'ECONNRESET',
      garbage: 'HPE_INVALID_CONSTANT',
      truncated: 'UND_ERR_SOCKET',
    });
    assert.deepEqual(
      partner.received.map(({ id }) => id),
      ['reset_after_accept', 'garbage', 'truncated'],
    );
  });

  it('holds a connection without an answer, or without an end of it', async () => {
    partner.script({ kind: 'hang' });
    const giveUp = new AbortController();
    const hanging = assert.rejects(post('hangs', giveUp.signal), { name: 'AbortError' });
    await partner.waitFor(1, DEADLINE_MS);
    giveUp.abort();
    await hanging;
    partner.script({ kind: 'endless' });
    const { body } = await post('endless');
    assert.ok(body !== null);
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > 100_000) break;
    }
  });

  it('goes down and comes up at the same address', async () => {
    partner.script({ kind: 'hang' });
    const hanging = failure('m1');
    await partner.waitFor((received) => received.some(({ id }) => id === 'm1'), DEADLINE_MS);
    await partner.down();
    assert.equal(await hanging, 'ECONNRESET');
    assert.equal(await failure('m2'), 'ECONNREFUSED');
    await partner.up();
    partner.script({ kind: 'ok' });
    assert.equal((await post('m3')).status, 200);
  });

  it('says what it has when more is waited for in vain', async () => {
    await post('m1');
    await assert.rejects(partner.waitFor(2, 1), /waited 1 ms in vain; received: m1 \(1, ok\)/);
  });

  it('speaks TLS, and resets below it', async () => {
    const certificate = makeCertificate();
    const secure = await startPartner({ tls: certificate });
    const ask = async (): Promise<number | undefined> => {
      const request = tlsRequest(secure.url, { method: 'POST', ca: certificate.cert, servername: 'localhost' });
      const [response] = await once(request.end('hidden'), 'response');
      response.resume();
      return response.statusCode;
    };
    try {
      assert.equal(await ask(), 200);
      secure.script({ kind: 'reset_after_accept' });
      await assert.rejects(ask(), { code: 'ECONNRESET' });
      assert.equal(secure.received.length, 2);
    } finally {
      await secure.close();
    }
  });
});
