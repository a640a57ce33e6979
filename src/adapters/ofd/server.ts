import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../../log.ts';
import { StartError } from '../../store/start-error.ts';
import { createFrameReader, type Frame, FrameError } from './protocol/frame.ts';
import type { OfdSettings } from './settings.ts';

/** The door of cash registers. One connection after another asks; its answers come in the order of its requests. */
export interface RegisterServer {
  readonly connections: number;
  start(): Promise<AddressInfo>;
  /** Takes nothing new; requests under way get their answers, for at most STOP_MS. */
  stop(): Promise<void>;
}

export interface RegisterServerDeps {
  readonly settings: Pick<
    OfdSettings,
    'host' | 'port' | 'connectionsMax' | 'idleSeconds' | 'frameSeconds' | 'frameBytesMax' | 'pendingBytesMax'
  >;
  readonly log: Log;
  /** The bytes of the answer; null: none, and the connection ends. Never rejects for what a register sends. */
  readonly answer: (frame: Frame, address: string) => Promise<Buffer | null>;
  /** For a request whose frame is broken: the last words, or null. */
  readonly complain: (error: FrameError) => Buffer | null;
}

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Of the request that is being read. */
  pendingBytes: number;
  /** When silence, or the unfinished request, began; Infinity while we owe an answer. */
  waitingSince: number;
}

const SWEEP_MS = 500;
const STOP_MS = 10_000;
const BACKLOG = 4_096;
/** Answers that a register does not fetch. */
const UNREAD_BYTES_MAX = 1_048_576;

export function createRegisterServer({ settings, log, answer, complain }: RegisterServerDeps): RegisterServer {
  const connections = new Set<Connection>();
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  let pendingBytes = 0;
  let sweeper: NodeJS.Timeout | undefined;
  let stopping = false;

  function hold(connection: Connection, bytes: number): void {
    pendingBytes += bytes - connection.pendingBytes;
    connection.pendingBytes = bytes;
  }

  /** Reads no further while a request is at work: whoever sends without listening is held by its own TCP window. */
  async function converse(connection: Connection): Promise<void> {
    const { socket, address } = connection;
    const reader = createFrameReader({ payloadMax: settings.frameBytesMax });
    // Left early, the socket still has answers to send.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const before = connection.pendingBytes;
      const frames = reader.push(toBuffer(chunk));
      hold(connection, reader.pendingBytes);
      if (pendingBytes > settings.pendingBytesMax) return;
      for (const frame of frames) {
        connection.waitingSince = Number.POSITIVE_INFINITY;
        const reply = await answer(frame, address);
        if (reply === null) return;
        socket.write(reply);
        if (stopping || socket.writableLength > UNREAD_BYTES_MAX) return;
      }
      if (reader.error !== null) throw reader.error;
      // An unfinished request has one deadline, however its bytes trickle in.
      const begins = before === 0 || frames.length > 0 || reader.pendingBytes === 0;
      if (begins) connection.waitingSince = performance.now();
    }
  }

  async function serve(socket: Socket): Promise<void> {
    const address = socket.remoteAddress;
    // Reset before it was taken: nobody is there, and nobody's address can be written down.
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const connection: Connection = { socket, address, pendingBytes: 0, waitingSince: performance.now() };
    connections.add(connection);
    try {
      await converse(connection);
    } catch (error) {
      // Whatever the network does to a connection concerns that connection alone.
      if (error instanceof FrameError) sayGoodbye(socket, complain(error));
    } finally {
      hold(connection, 0);
      connections.delete(connection);
      socket.end();
      socket.destroySoon();
    }
  }

  function sweep(): void {
    const now = performance.now();
    for (const { socket, pendingBytes: unfinished, waitingSince } of connections) {
      const seconds = unfinished > 0 ? settings.frameSeconds : settings.idleSeconds;
      if (now - waitingSince > seconds * 1_000) socket.destroy();
    }
  }

  server.on('connection', (socket) => {
    socket.on('error', () => {});
    if (stopping || connections.size >= settings.connectionsMax) socket.destroy();
    else void serve(socket);
  });

  return {
    get connections() {
      return connections.size;
    },
    start: async () => {
      server.listen({ host: settings.host, port: settings.port, backlog: BACKLOG });
      await listening(server, settings.port);
      sweeper = setInterval(sweep, SWEEP_MS).unref();
      const address = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address');
      log.info({ host: address.address, port: address.port }, 'cash registers are served');
      return address;
    },
    stop: async () => {
      stopping = true;
      clearInterval(sweeper);
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { socket, waitingSince } of connections) {
        if (waitingSince !== Number.POSITIVE_INFINITY) socket.destroy();
      }
      const late = setTimeout(() => {
        for (const { socket } of connections) socket.destroy();
      }, STOP_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

async function listening(server: Server, port: number): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new StartError(`Port ${port} for cash registers is in use: set OFD_PORT to another one.`, { cause: error });
  }
}

function sayGoodbye(socket: Socket, words: Buffer | null): void {
  if (words !== null && socket.writable) socket.write(words);
}

/** A socket without an encoding gives buffers; its type says any. */
function toBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  throw new TypeError('a socket gave something other than bytes');
}
