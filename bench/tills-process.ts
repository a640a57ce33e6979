import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createCodec } from '../src/adapters/ofd/protocol/codec.ts';
import { createFrameReader, encodeFrame, type Frame } from '../src/adapters/ofd/protocol/frame.ts';
import type { BenchTill, TillsResult, TillsTask } from './tills.ts';

const VERSION = 203;
const ANSWER_MAX = 65_536;
const DIAL_TOGETHER = 200;
const NUMBERS = 0x1_0000;

interface Till {
  readonly deviceId: number;
  token: number;
  requestNumber: number;
  readonly socket: Socket;
  onAnswer: (frame: Frame | null) => void;
}

const codec = createCodec();

async function dial(port: number, { deviceId, token }: BenchTill): Promise<Till> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const till: Till = { deviceId, token, requestNumber: 0, socket, onAnswer: () => undefined };
  const reader = createFrameReader({ payloadMax: ANSWER_MAX });
  socket.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) till.onAnswer(frame);
  });
  socket.on('close', () => till.onAnswer(null));
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return till;
}

/** Milliseconds until the answer; null: it was no good one. */
async function send(till: Till, payload: Uint8Array): Promise<number | null> {
  till.requestNumber = (till.requestNumber + 1) % NUMBERS;
  const { deviceId, token, requestNumber } = till;
  const answered = new Promise<Frame | null>((resolve) => {
    till.onAnswer = resolve;
  });
  const started = performance.now();
  till.socket.write(encodeFrame({ version: VERSION, deviceId, token, requestNumber, payload: Buffer.from(payload) }));
  const answer = await answered;
  if (answer === null) return null;
  till.token = answer.token;
  const { result } = codec.decodeResponse(answer.payload);
  return result?.result_code === 0 ? performance.now() - started : null;
}

async function run({ port, tills: wanted, tickets, perSecond }: TillsTask): Promise<TillsResult> {
  const tills: Till[] = [];
  for (let first = 0; first < wanted.length; first += DIAL_TOGETHER) {
    tills.push(...(await Promise.all(wanted.slice(first, first + DIAL_TOGETHER).map((till) => dial(port, till)))));
  }
  const cpu = process.cpuUsage();
  const started = performance.now();
  const times = perSecond === null ? await asFastAsTheyCan(tills, tickets) : await atTheRate(tills, tickets, perSecond);
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  for (const { socket } of tills) socket.destroy();
  const good = times.filter((time) => time !== null).sort((a, b) => a - b);
  const at = (share: number): number => good[Math.floor(share * (good.length - 1))] ?? Number.NaN;
  return {
    seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    cpuSeconds: (user + system) / 1e6,
    errors: times.length - good.length,
  };
}

async function asFastAsTheyCan(tills: readonly Till[], tickets: readonly Uint8Array[]): Promise<(number | null)[]> {
  const times: (number | null)[] = [];
  let next = 0;
  await Promise.all(
    tills.map(async (till) => {
      for (let ticket = tickets[next++]; ticket !== undefined; ticket = tickets[next++]) {
        times.push(await send(till, ticket));
      }
    }),
  );
  return times;
}

/** Each ticket at its time, by the next till in turn, whatever became of those before. */
async function atTheRate(
  tills: readonly Till[],
  tickets: readonly Uint8Array[],
  perSecond: number,
): Promise<(number | null)[]> {
  const started = performance.now();
  const sending: Promise<number | null>[] = [];
  for (const [index, ticket] of tickets.entries()) {
    const wait = started + (index * 1_000) / perSecond - performance.now();
    if (wait > 1) await delay(wait);
    const till = tills[index % tills.length];
    if (till !== undefined) sending.push(send(till, ticket));
  }
  return await Promise.all(sending);
}

process.on('message', (task: TillsTask) => {
  void run(task).then((result) => process.send?.(result));
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
