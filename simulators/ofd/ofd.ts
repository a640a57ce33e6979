import { createHash, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Codec } from '../../src/adapters/ofd/protocol/codec.ts';
import { createFrameReader, encodeFrame, type Frame } from '../../src/adapters/ofd/protocol/frame.ts';
import type { Response } from '../../src/adapters/ofd/protocol/messages.ts';
import { ALL_WELL, type FaultScript, type FaultStep, playFaults } from '../fault-script.ts';

/** Another fiscal data operator: it knows registers by token and number, and answers repetitions from its memory. */
export interface OfdSimulator {
  readonly port: number;
  /** What it has accepted, in order; a repetition is no second one. */
  readonly accepted: readonly AcceptedRequest[];
  /** Requests that came, whatever became of them. */
  readonly requests: number;
  play(script: FaultScript): void;
  /** Stops listening and drops its connections; what it knows it goes on knowing. */
  down(): Promise<void>;
  /** Listens again, on the same port. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface AcceptedRequest {
  readonly deviceId: number;
  readonly command: number;
  readonly requestNumber: number;
  /** SHA-256 of the payload, hexadecimal. */
  readonly digest: string;
}

export interface OfdSimulatorOptions {
  readonly codec: Codec;
  readonly port?: number;
  readonly registers: readonly { readonly deviceId: number; readonly token: number }[];
}

interface Register {
  token: number;
  usedToken: number | null;
  requestNumber: number | null;
  digest: string;
  reply: Buffer;
}

const PAYLOAD_MAX = 1_048_576;
const SLOW_MS = 300;
const TOKEN_MAX = 0xffff_ffff;

export async function startOfdSimulator(options: OfdSimulatorOptions): Promise<OfdSimulator> {
  const { codec } = options;
  const registers = new Map<number, Register>(
    options.registers.map(({ deviceId, token }) => [
      deviceId,
      { token, usedToken: null, requestNumber: null, digest: '', reply: Buffer.alloc(0) },
    ]),
  );
  const accepted: AcceptedRequest[] = [];
  const sockets = new Set<Socket>();
  let faults = playFaults(ALL_WELL);
  let requests = 0;

  function refusal(code: number): Buffer {
    return codec.encodeResponse({ result: { result_code: code, result_text: 'simulated' } });
  }

  /** The frame of the answer; what it accepts it has accepted, also where the answer is lost. */
  function answer(frame: Frame): Frame {
    const register = registers.get(frame.deviceId);
    if (register === undefined) return { ...frame, payload: refusal(1) };
    const digest = createHash('sha256').update(frame.payload).digest('hex');
    if (frame.token === register.usedToken && frame.requestNumber === register.requestNumber) {
      return digest === register.digest
        ? { ...frame, token: register.token, payload: register.reply }
        : { ...frame, payload: refusal(9) };
    }
    if (frame.token !== register.token) return { ...frame, payload: refusal(2) };
    const { command = 0 } = codec.decodeRequest(frame.payload);
    accepted.push({ deviceId: frame.deviceId, command, requestNumber: frame.requestNumber, digest });
    const response: Response = { command, result: { result_code: 0 }, ticket: { ticket_number: `${accepted.length}` } };
    register.usedToken = frame.token;
    register.requestNumber = frame.requestNumber;
    register.digest = digest;
    register.reply = codec.encodeResponse(response);
    register.token = randomInt(1, TOKEN_MAX);
    return { ...frame, token: register.token, payload: register.reply };
  }

  function serve(socket: Socket, frame: Frame): void {
    requests += 1;
    const step = faults.next();
    const done = RESPONSES[step.fault];
    done(socket, step, frame, () => answer(frame), refusal);
  }

  const server = createServer((socket) => {
    const reader = createFrameReader({ payloadMax: PAYLOAD_MAX });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) serve(socket, frame);
        if (reader.error !== null) socket.destroy();
      } catch {
        socket.destroy();
      }
    });
  });
  const listen = async (at: number): Promise<number> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address');
    return address.port;
  };
  const down = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await listen(options.port ?? 0);
  return {
    port,
    accepted,
    get requests() {
      return requests;
    },
    play: (script) => {
      faults = playFaults(script);
    },
    down,
    up: async () => void (await listen(port)),
    stop: down,
  };
}

type Respond = (
  socket: Socket,
  step: FaultStep,
  frame: Frame,
  answer: () => Frame,
  refusal: (code: number) => Buffer,
) => void;

const RESPONSES: Readonly<Record<FaultStep['fault'], Respond>> = {
  none: (socket, _step, _frame, answer) => void socket.write(encodeFrame(answer())),
  reset_before_accept: (socket) => void socket.resetAndDestroy(),
  reset_after_accept: (socket, _step, _frame, answer) => {
    answer();
    socket.resetAndDestroy();
  },
  hang: () => {},
  slow: (socket, { delayMs = SLOW_MS }, _frame, answer) => {
    const bytes = encodeFrame(answer());
    setTimeout(() => socket.write(bytes), delayMs);
  },
  refuse: (socket, { code = 254 }, frame, _answer, refusal) =>
    void socket.write(encodeFrame({ ...frame, payload: refusal(code) })),
  garbage: (socket) => void socket.end(Buffer.alloc(64, 0x5a)),
  truncate: (socket, _step, _frame, answer) => {
    const bytes = encodeFrame(answer());
    socket.end(bytes.subarray(0, bytes.length - 1));
  },
  // A frame as it should be, whose message says that it failed.
  error_in_success: (socket, { code = 255 }, frame, _answer, refusal) =>
    void socket.write(encodeFrame({ ...frame, payload: refusal(code) })),
  twice: (socket, _step, _frame, answer) => {
    const bytes = encodeFrame(answer());
    socket.write(Buffer.concat([bytes, bytes]));
  },
};
