import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Json, orderCodes, startTestHub, type TestHub } from '../support/hub.ts';
import { type AdaptersFile, makeAdaptersFile } from './support.ts';

const FOLDER = fileURLToPath(new URL('../../docs/examples/bulletin', import.meta.url));
const TOKEN = 'a token of the boards';
const PATIENCE_MS = 15_000;

interface Board {
  readonly port: number;
  /** Lines in order of arrival, whatever became of them. */
  readonly lines: readonly Json[];
  /** What it does with the next lines: takes them, once this is empty. */
  readonly faults: ((socket: Socket) => void)[];
  stop(): Promise<void>;
}

async function openBoard(): Promise<Board> {
  const lines: Json[] = [];
  const faults: ((socket: Socket) => void)[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', (line) => {
      const notice = JSON.parse(line);
      lines.push(notice);
      const fault = faults.shift();
      if (fault === undefined) socket.write(`taken ${notice.id}\n`);
      else fault(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    port: address.port,
    lines,
    faults,
    stop: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, `no ${what} in ${PATIENCE_MS} ms`);
    await delay(50);
  }
}

describe('the adapter of docs/adapters.md', () => {
  let database: TestDatabase;
  let given: AdaptersFile;
  let board: Board;
  let hub: TestHub;

  before(async () => {
    database = await createTestDatabase();
    given = await makeAdaptersFile();
    const environment = { token: 'BULLETIN_TOKEN' };
    await given.write({ webhook: {}, bulletin: { folder: FOLDER, settings: { port: 0 }, environment } });
    board = await openBoard();
    hub = await startTestHub({
      databaseUrl: database.url,
      env: { TANBA_ADAPTERS: given.file, BULLETIN_TOKEN: TOKEN },
    });
    const { status, text } = await hub.call('PUT', '/api/v1/exchange/partners/board-1', {
      as: 'operator',
      body: {
        adapter: 'bulletin',
        name: 'Board in the hall',
        topics: ['order.ready'],
        settings: { host: '127.0.0.1', port: board.port },
        policy: { retrySeconds: [1, 1, 1] },
      },
    });
    assert.equal(status, 201, text);
  });
  after(async () => {
    await hub.stop();
    await board.stop();
    await given.remove();
    await database.drop();
  });

  const seen = (path: string): Promise<Json> => hub.call('GET', path, { as: 'operator' }).then(({ body }) => body);

  /** What the hub answers to a line of a board. */
  async function say(word: object): Promise<string> {
    const { health } = await seen('/api/v1/adapters/bulletin');
    const socket = connect(health.details.port, '127.0.0.1');
    socket.write(`${JSON.stringify(word)}\n`);
    const [answer] = await once(createInterface({ input: socket }), 'line');
    socket.destroy();
    return String(answer);
  }

  it('is drawn with its settings, but not with its secret', async () => {
    const { adapters } = await seen('/api/v1/adapters');
    assert.deepEqual(
      adapters.map(({ name }: Json) => name),
      ['webhook', 'bulletin'],
    );
    const [, bulletin] = adapters;
    assert.deepEqual(bulletin.settings, { port: 0, token: '***' });
    assert.deepEqual(bulletin.capabilities, ['delivers', 'receives']);
    assert.equal(bulletin.settingsSchema.properties.token.writeOnly, true);
    assert.deepEqual([bulletin.health.state, bulletin.health.details.listening], ['good', true]);
    const { text } = await hub.call('GET', '/metrics');
    assert.match(text, /tanba_adapter_health\{adapter="bulletin"\} 0/);
  });

  it('delivers over a reset, under the same id, and is told once that the notice hangs', async () => {
    board.faults.push((socket) => socket.resetAndDestroy());
    await orderCodes(hub, 'shoes', '04870000100019', 3);
    await until(() => (board.lines.length >= 2 ? true : undefined), 'second attempt');
    const [first, second] = board.lines;
    assert.equal(first.topic, 'order.ready');
    assert.deepEqual(second, first);

    const delivery = () => seen(`/api/v1/exchange/messages/${first.id}`).then(({ deliveries }) => deliveries[0]);
    const delivered = await until(async () => {
      const found = await delivery();
      return found.state === 'delivered' ? found : undefined;
    }, 'delivery');
    const outcomes = delivered.made.map(({ outcome, code }: Json) => [outcome, code]);
    assert.deepEqual(outcomes, [
      ['delivered', 'taken'],
      ['uncertain', 'econnreset'],
    ]);
    assert.equal(delivered.acknowledgedAt, null);

    const word = { board: 'board-1', token: TOKEN, id: 'hall-1', posted: [first.id] };
    const answer = await say(word);
    assert.equal(answer, 'ok hall-1 {"acknowledged":1,"already":0,"unknown":[]}');
    assert.equal(await say(word), answer, 'the same line again');
    assert.notEqual((await delivery()).acknowledgedAt, null);
  });

  it('says no to whoever has not the token, is no board, or uses an id twice', async () => {
    const word = { board: 'board-1', token: TOKEN, id: 'hall-2', posted: [] };
    for (const wrong of [{ token: 'a tokem of the boards' }, { board: 'webhook-1' }, { posted: ['x'] }]) {
      assert.equal(await say({ ...word, ...wrong }), 'no', JSON.stringify(wrong));
    }
    assert.match(await say(word), /^ok hall-2/);
    const other = { ...word, posted: ['01936b8e-7c00-7000-8000-000000000000'] };
    assert.equal(await say(other), 'no');
  });
});
