import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  createFrameReader,
  encodeFrame,
  type Frame,
  type FrameError,
} from '../../../src/adapters/ofd/protocol/frame.ts';
import {
  createRegisterServer,
  type RegisterServer,
  type RegisterServerDeps,
} from '../../../src/adapters/ofd/server.ts';
import { createLog } from '../../../src/log.ts';

const SETTINGS = {
  host: '127.0.0.1',
  port: 0,
  connectionsMax: 20,
  idleSeconds: 60,
  frameSeconds: 60,
  frameBytesMax: 4_096,
  pendingBytesMax: 1_000_000,
} as const;
const frame = (changes: Partial<Frame> = {}): Frame => ({
  version: 203,
  deviceId: 1,
  token: 2,
  requestNumber: 3,
  payload: Buffer.from('hello'),
  ...changes,
});

type Changes = Partial<Omit<RegisterServerDeps, 'settings'>> & {
  readonly settings?: Partial<RegisterServerDeps['settings']>;
};

describe('the door of cash registers', () => {
  let server: RegisterServer;
  let port: number;
  const sockets: Socket[] = [];

  async function start({ settings, ...changes }: Changes = {}): Promise<void> {
    server = createRegisterServer({
      log: createLog('silent'),
      answer: async (asked) => encodeFrame(asked),
      complain: (error: FrameError) => (error.frame === null ? null : Buffer.from(error.code)),
      ...changes,
      settings: { ...SETTINGS, ...settings },
    });
    ({ port } = await server.start());
  }
  async function dial(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.stop();
  });

  /** Everything until the server ends the connection. */
  async function untilClosed(socket: Socket): Promise<Buffer> {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (!socket.closed) await once(socket, 'close');
    return Buffer.concat(chunks);
  }
  async function answers(socket: Socket, count: number): Promise<Frame[]> {
    const reader = createFrameReader({ payloadMax: 65_536 });
    const frames: Frame[] = [];
    while (frames.length < count) {
      const [chunk]: Buffer[] = await once(socket, 'data');
      if (chunk !== undefined) frames.push(...reader.push(chunk));
    }
    return frames;
  }

  it('answers the requests of a connection in their order, also those that were sent together', async () => {
    await start();
    const socket = await dial();
    const requests = [1, 2, 3].map((requestNumber) => frame({ requestNumber }));
    socket.write(Buffer.concat(requests.map(encodeFrame)));
    assert.deepEqual(await answers(socket, 3), requests);
  });

  it('answers a register that has ended its side', async () => {
    await start();
    const socket = await dial();
    socket.end(encodeFrame(frame()));
    assert.deepEqual(await untilClosed(socket), encodeFrame(frame()));
  });

  it('hangs up on whoever speaks another protocol, without a word', async () => {
    await start();
    const socket = await dial();
    socket.write('GET / HTTP/1.1\r\n\r\n');
    assert.equal((await untilClosed(socket)).length, 0);
  });

  it('tells a register whose size lies, and hangs up', async () => {
    await start();
    const socket = await dial();
    const lying = encodeFrame(frame());
    lying.writeUInt32LE(0xffff_ffff, 4);
    socket.write(lying);
    assert.equal((await untilClosed(socket)).toString(), 'size_too_large');
  });

  it('hangs up on a request that does not come to its end in time, however its bytes trickle', async () => {
    await start({ settings: { frameSeconds: 1 } });
    const socket = await dial();
    const bytes = encodeFrame(frame({ payload: Buffer.alloc(100) }));
    let at = 0;
    const trickle = setInterval(() => socket.write(bytes.subarray(at, ++at)), 100);
    const closed = await untilClosed(socket);
    clearInterval(trickle);
    assert.equal(closed.length, 0);
    assert.ok(at < 100);
  });

  it('hangs up on silence', async () => {
    await start({ settings: { idleSeconds: 1 } });
    assert.equal((await untilClosed(await dial())).length, 0);
  });

  it('does not count the time that an answer takes as silence', async () => {
    await start({
      settings: { idleSeconds: 1, frameSeconds: 1 },
      answer: (asked) => new Promise((resolve) => setTimeout(() => resolve(encodeFrame(asked)), 2_000)),
    });
    const socket = await dial();
    socket.write(encodeFrame(frame()));
    assert.equal((await answers(socket, 1)).length, 1);
  });

  it('takes no more connections than it may, and goes on serving those', async () => {
    await start({ settings: { connectionsMax: 2 } });
    const [first] = [await dial(), await dial()];
    assert.equal((await untilClosed(await dial())).length, 0);
    first.write(encodeFrame(frame()));
    assert.equal((await answers(first, 1)).length, 1);
  });

  it('holds no more of unfinished requests over all connections than it may', async () => {
    await start({ settings: { pendingBytesMax: 3_000 } });
    const begun = encodeFrame(frame({ payload: Buffer.alloc(4_000) })).subarray(0, 2_000);
    const [one, other] = [await dial(), await dial()];
    one.write(begun);
    await new Promise((resolve) => setImmediate(resolve));
    other.write(begun);
    await Promise.race([untilClosed(one), untilClosed(other)]);
    assert.equal(server.connections <= 1, true);
  });

  it('gives the answers it owes before it stops, and ends what is idle', async () => {
    let finish = (): void => {};
    let begun = (): void => {};
    const asked = new Promise<void>((resolve) => {
      begun = resolve;
    });
    await start({
      answer: (request) => {
        begun();
        return new Promise((answered) => {
          finish = () => answered(encodeFrame(request));
        });
      },
    });
    const [busy, idle] = [await dial(), await dial()];
    const ended = untilClosed(idle);
    const answer = untilClosed(busy);
    busy.write(encodeFrame(frame()));
    await asked;
    const stopped = server.stop();
    await ended;
    finish();
    assert.deepEqual(await answer, encodeFrame(frame()));
    await stopped;
  });
});
