import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { seededRandom } from '../../simulators/random.ts';
import { BUSY_SHOPS, createFleet, type FleetRegister, type PrintedTicket } from '../../simulators/tills/fleet.ts';
import { createCodec } from '../../src/adapters/ofd/protocol/codec.ts';
import type { Database } from '../../src/store/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type HubProcess, newDataFolder, startHubProcess } from '../support/hub.ts';
import { freePort } from '../support/services/ports.ts';
import { type Violations, violationsOf } from './checks.ts';

export interface DayOptions {
  readonly receipts: number;
  readonly tills: number;
  readonly seed: number;
  /** Between two faults. */
  readonly faultEveryMs: number;
  readonly tell: (line: string) => void;
}

export interface DayResult {
  readonly tickets: number;
  readonly offline: number;
  readonly returns: number;
  readonly refused: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly violations: Violations;
}

const GTIN = '04870000100019';
const FIRST_DEVICE = 900_000;
const REGISTERS = 'day-%';
const TELL_EVERY_MS = 10_000;

/** A day of a country's tills against a hub that is killed and cut off meanwhile; then everything is held against all. */
export async function runDay(options: DayOptions): Promise<DayResult> {
  const { receipts, tills, seed, tell } = options;
  const database = await createTestDatabase();
  const dataFolder = await newDataFolder();
  const registerPort = await freePort();
  const env = {
    PORT: String(await freePort()),
    OFD_PORT: String(registerPort),
    TANBA_LOG: 'fatal',
    TANBA_MASTER_KEY: randomBytes(32).toString('hex'),
  };
  const startHub = (): Promise<HubProcess> => startHubProcess(database.url, dataFolder, env);
  let hub = await startHub();
  const proxy = await startFaultProxy({ host: '127.0.0.1', port: registerPort });
  try {
    const bin = hub.binOf('retailer');
    const registers = await addRegisters(database.db, bin, tills);
    tell(`${receipts} codes come into circulation`);
    const marks = await addCodes(database.db, bin, receipts);
    const random = seededRandom(seed);
    const times: number[] = [];
    const fleet = createFleet({
      address: { host: proxy.host, port: proxy.port },
      codec: createCodec(),
      registers,
      nextMark: () => marks.pop() ?? null,
      behaviour: BUSY_SHOPS,
      random,
      now: () => new Date(),
      perSecond: null,
      onTicket: (_ticket, milliseconds) => times.push(milliseconds),
    });
    const telling = setInterval(() => tell(`${times.length} tickets`), TELL_EVERY_MS);
    const faults = disturb(options, random, proxy, async () => {
      await hub.kill('SIGKILL');
      hub = await startHub();
    });
    const began = performance.now();
    const tickets = await fleet.run();
    const seconds = (performance.now() - began) / 1_000;
    clearInterval(telling);
    const made = await faults.stop();
    tell('holding everything against everything');
    const violations = await violationsOf(database.db, { tickets, registers: REGISTERS, codes: receipts });
    const { refused: refusedOnline, ...counts } = summary(tickets);
    const refused = refusedOnline + fleet.refused;
    return { ...counts, refused, faults: made, seconds, ...latencies(times), violations };
  } finally {
    await proxy.close();
    await hub.kill('SIGKILL');
    await database.drop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

async function addRegisters(db: Database, bin: string, count: number): Promise<FleetRegister[]> {
  const registers = Array.from({ length: count }, (_, index) => ({
    deviceId: FIRST_DEVICE + index,
    registrationNumber: `day-${index}`,
    token: 1 + index,
  }));
  await db.query(
    `insert into cash_register (device_id, registration_number, bin, ofd_bin, token, registered_at)
     select device_id, number, $4, $4, token, now() from unnest($1::bigint[], $2::text[], $3::bigint[]) as t(device_id, number, token)`,
    [
      registers.map(({ deviceId }) => deviceId),
      registers.map(({ registrationNumber }) => registrationNumber),
      registers.map(({ token }) => token),
      bin,
    ],
  );
  return registers;
}

async function addCodes(db: Database, bin: string, count: number): Promise<string[]> {
  const { rows } = await db.transaction(
    (tx) =>
      tx.query<{ cis: string }>(
        `insert into code (cis, type, status, owner)
         select '01' || $1::text || '21D' || lpad(n::text, 12, '0'), 'unit', 'in_circulation', $2::text
           from generate_series(1, $3::integer) as n returning cis`,
        [GTIN, bin, count],
      ),
    { statementTimeoutMs: 600_000 },
  );
  return rows.map(({ cis }) => cis);
}

type Fault = 'hub killed' | 'connections cut' | 'network away';

function disturb(
  { faultEveryMs }: DayOptions,
  random: () => number,
  proxy: FaultProxy,
  replaceHub: () => Promise<void>,
) {
  const counts: Record<Fault, number> = { 'hub killed': 0, 'connections cut': 0, 'network away': 0 };
  const make: Readonly<Record<Fault, () => Promise<void>>> = {
    'hub killed': replaceHub,
    'connections cut': async () => proxy.cut(),
    'network away': async () => {
      proxy.refuse();
      await new Promise((resolve) => setTimeout(resolve, 500));
      await proxy.heal();
    },
  };
  const names = ['hub killed', 'connections cut', 'network away'] as const;
  let stopped = false;
  let wake = (): void => {};
  const running = (async () => {
    for (let next = 0; !stopped; next++) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, faultEveryMs * (0.5 + random()));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (stopped) break;
      // Each in turn, so that a short day has all of them.
      const name = names[next % names.length] ?? 'connections cut';
      await make[name]();
      counts[name] += 1;
    }
  })();
  return {
    stop: async (): Promise<Readonly<Record<string, number>>> => {
      stopped = true;
      wake();
      await running;
      return counts;
    },
  };
}

function summary(tickets: readonly PrintedTicket[]) {
  const count = (is: (ticket: PrintedTicket) => boolean): number => tickets.filter(is).length;
  return {
    tickets: tickets.length,
    offline: count(({ offline }) => offline),
    returns: count(({ operation }) => operation === 'sale_return'),
    refused: count(({ resultCode }) => resultCode !== null && resultCode !== 0),
  };
}

function latencies(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
