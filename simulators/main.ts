import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { createCodec } from '../src/adapters/ofd/protocol/codec.ts';
import { ALL_WELL, readFaultScript } from './fault-script.ts';
import { startOfdSimulator } from './ofd/ofd.ts';
import { seededRandom } from './random.ts';
import { BUSY_SHOPS, createFleet, type FleetRegister } from './tills/fleet.ts';

const USAGE = `npm run simulators -- ofd   [--port 7778] [--registers 10] [--faults <file.json>]
npm run simulators -- tills [--tills 100] [--receipts 10000] [--per-second <n>] [--seed 1]

ofd     another fiscal data operator: it takes tickets of registers 1, 2, … with the token 1000 + number
tills   cash registers against the demo hub of TANBA_DATA (or ./data): they sell goods that nobody has marked, so each
        code is an anomaly; npm run till-day sells marked ones, against a hub of its own`;

class Misuse extends Error {}

function wholeNumber(text: string | undefined, name: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Misuse(`--${name} must be a whole number, but is "${text}".`);
  return value;
}

async function ofd(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: 'string' }, registers: { type: 'string' }, faults: { type: 'string' } },
  });
  const count = wholeNumber(values.registers, 'registers', 10);
  const registers = Array.from({ length: count }, (_, index) => ({ deviceId: index + 1, token: 1_001 + index }));
  const faults =
    values.faults === undefined ? ALL_WELL : readFaultScript(JSON.parse(await readFile(values.faults, 'utf8')));
  const port = wholeNumber(values.port, 'port', 7_778);
  const simulator = await startOfdSimulator({ codec: createCodec(), port, registers });
  simulator.play(faults);
  console.log(`A fiscal data operator at 127.0.0.1:${simulator.port}, registers 1 to ${count}. Stop with Ctrl-C.`);
  await interrupted();
  await simulator.stop();
  console.log(`${simulator.requests} requests, ${simulator.accepted.length} accepted.`);
}

const Demo = Type.Object({
  baseUrl: Type.String(),
  participants: Type.Array(Type.Object({ role: Type.String(), bin: Type.String(), apiKey: Type.String() })),
  ofd: Type.Object({ host: Type.String(), port: Type.Integer() }),
});
type Demo = Static<typeof Demo>;

const FIRST_DEVICE = 100_000;
const ALREADY_THERE = 409;

async function tills(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tills: { type: 'string' },
      receipts: { type: 'string' },
      'per-second': { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const demo = await readDemo();
  const count = wholeNumber(values.tills, 'tills', 100);
  const registers: FleetRegister[] = [];
  for (let index = 0; index < count; index++) registers.push(await register(demo, FIRST_DEVICE + index));
  console.log(`${count} tills at ${demo.ofd.host}:${demo.ofd.port}. Stop with Ctrl-C.`);
  let left = wholeNumber(values.receipts, 'receipts', 10_000);
  const perSecond = wholeNumber(values['per-second'], 'per-second', 0);
  const times: number[] = [];
  const fleet = createFleet({
    address: demo.ofd,
    codec: createCodec(),
    registers,
    nextMark: () => (left-- > 0 ? `unmarked goods ${left}` : null),
    behaviour: BUSY_SHOPS,
    random: seededRandom(wholeNumber(values.seed, 'seed', 1)),
    now: () => new Date(),
    perSecond: perSecond === 0 ? null : perSecond,
    onTicket: (_ticket, milliseconds) => times.push(milliseconds),
  });
  void interrupted().then(() => fleet.stop());
  const telling = setInterval(() => console.log(`  ${times.length} tickets`), 2_000);
  const began = performance.now();
  const tickets = await fleet.run();
  clearInterval(telling);
  const seconds = (performance.now() - began) / 1_000;
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(1);
  const offline = tickets.filter((ticket) => ticket.offline).length;
  console.log(
    `${tickets.length} tickets in ${seconds.toFixed(1)} s, ${offline} of them offline; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms.`,
  );
}

async function readDemo(): Promise<Demo> {
  const path = join(resolve(process.env['TANBA_DATA'] || 'data'), 'demo.json');
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Misuse(`There is no ${path}: start the hub with "npm start", or name its folder by TANBA_DATA.`);
  });
  const demo: unknown = JSON.parse(text);
  if (Check(Demo, demo)) return demo;
  throw new Misuse(`${path} names no address for cash registers: start the hub again.`);
}

/** A register that is there already begins anew. */
async function register({ baseUrl, participants }: Demo, deviceId: number): Promise<FleetRegister> {
  const apiKey = participants.find(({ role }) => role === 'ofd')?.apiKey ?? '';
  const bin = participants.find(({ role }) => role === 'retailer')?.bin ?? '';
  const registrationNumber = `fleet-${deviceId}`;
  const post = (path: string, body?: object): Promise<Response> =>
    fetch(`${baseUrl}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  let answer = await post('/api/v1/cash-registers', { deviceId, registrationNumber, bin });
  if (answer.status === ALREADY_THERE) answer = await post(`/api/v1/cash-registers/${deviceId}/token`);
  const body: unknown = await answer.json();
  if (!answer.ok || typeof body !== 'object' || body === null || !('token' in body)) {
    throw new Error(`The hub does not register ${deviceId}: ${answer.status} ${JSON.stringify(body)}`);
  }
  return { deviceId, registrationNumber, token: Number(body.token) };
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

const SIMULATORS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = { ofd, tills };
const [name = '', ...rest] = process.argv.slice(2);
const simulator = Object.hasOwn(SIMULATORS, name) ? SIMULATORS[name] : undefined;
try {
  if (simulator === undefined) throw new Misuse(USAGE);
  await simulator(rest);
  process.exit(0);
} catch (error) {
  console.error(error instanceof Misuse ? error.message : error);
  process.exit(error instanceof Misuse ? 2 : 1);
}
