import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBaselineServer } from './baseline.ts';
import type { Bench, BenchContext } from './bench.ts';
import { aggregation } from './benches/aggregation.ts';
import { backlog } from './benches/backlog.ts';
import { blockList } from './benches/block-list.ts';
import { bulkReceipts } from './benches/bulk-receipts.ts';
import { deliveries, embeddedDeliveries } from './benches/deliveries.ts';
import { disk } from './benches/disk.ts';
import { emission } from './benches/emission.ts';
import { intake } from './benches/intake.ts';
import { memory } from './benches/memory.ts';
import { packages } from './benches/packages.ts';
import { pallets } from './benches/pallets.ts';
import { parked } from './benches/parked.ts';
import { publicCheck } from './benches/public-check.ts';
import { registers } from './benches/registers.ts';
import { singleReceipts } from './benches/single-receipts.ts';
import { tillCheck } from './benches/till-check.ts';
import { utilisation } from './benches/utilisation.ts';
import { validation } from './benches/validation.ts';
import { openBroker } from './broker.ts';
import { buildHub, type HubProcess, startHubProcess } from './hub-process.ts';
import { type Options, readOptions } from './options.ts';
import { type Row, tableOf, writeResults } from './report.ts';

const BENCHES: readonly Bench[] = [
  emission,
  utilisation,
  singleReceipts,
  bulkReceipts,
  registers,
  tillCheck,
  publicCheck,
  disk,
  memory,
  packages,
  pallets,
  aggregation,
  validation,
  deliveries,
  embeddedDeliveries,
  parked,
  backlog,
  intake,
  blockList,
];
const QUICK_PART = 5;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

class Interrupted extends Error {}

const tell = (line: string): void => console.error(`  ${line}`);
const cleanups: (() => Promise<unknown>)[] = [];
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of SIGNALS) process.once(signal, () => reject(new Interrupted(signal)));
  // A child that fails outside of what is awaited must not leave the hub running either.
  process.once('uncaughtException', reject);
});
interrupted.catch(() => undefined);

const USAGE = `npm run bench [-- [--only <names>] [--rounds 5] [--quick]]
  --only     some of ${BENCHES.map(({ name }) => name).join(', ')}, with commas between them
  --rounds   how often each side is measured; the median counts
  --quick    a fifth of the amounts: to see that everything works, not to quote`;

function optionsOrUsage(): Options {
  try {
    const options = readOptions(process.argv.slice(2));
    const unknown = options.only.filter((name) => !BENCHES.some((bench) => bench.name === name));
    if (unknown.length > 0) throw new RangeError(`There is no bench ${unknown.join(', ')}.`);
    return options;
  } catch (error) {
    if (!process.argv.includes('--help')) console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    return process.exit(process.argv.includes('--help') ? 0 : 2);
  }
}

async function benchEverything(rows: Row[], { only, rounds, quick }: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tanba-bench-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const form = buildHub();
  tell(`the hub runs from ${form === 'compiled' ? 'dist' : 'its sources'}`);
  const baseline = await startBaselineServer();
  cleanups.push(() => baseline.stop());
  const scaled = (amount: number, part = QUICK_PART): number => (quick ? Math.ceil(amount / part) : amount);
  for (const bench of BENCHES) {
    if (only.length > 0 && !only.includes(bench.name)) continue;
    const startedAt = performance.now();
    tell(`${bench.name}:`);
    const start: HubStart = (services) => startHubProcess(join(folder, bench.name), form, services);
    rows.push(...(await benchOne(bench, start, { baseline, rounds, folder, scaled, tell })));
    tell(`${bench.name} took ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  }
}

type HubStart = (services?: Readonly<Record<string, string>>) => Promise<HubProcess>;

/** Each bench has a fresh store: none pays for what another left. */
async function benchOne(bench: Bench, start: HubStart, common: Omit<BenchContext, 'hub'>): Promise<Row[]> {
  if (bench.needs === undefined) {
    return await whileOpen(
      await start(),
      (hub) => hub.stop(),
      (hub) => bench.run({ ...common, hub }),
    );
  }
  const broker = await openBroker();
  if ('skipped' in broker) {
    tell(`skipped: ${broker.skipped}`);
    return [];
  }
  return await whileOpen(
    broker,
    () => broker.remove(),
    async () =>
      await whileOpen(
        await start(broker.environment),
        (hub) => hub.stop(),
        (hub) => bench.run({ ...common, hub, broker }),
      ),
  );
}

/** Closed at the end; where the work fails or is interrupted, by the cleanups. */
async function whileOpen<T, R>(
  thing: T,
  close: (thing: T) => Promise<void>,
  work: (thing: T) => Promise<R>,
): Promise<R> {
  const cleanup = (): Promise<void> => close(thing);
  cleanups.push(cleanup);
  const result = await work(thing);
  cleanups.splice(cleanups.indexOf(cleanup), 1);
  await cleanup();
  return result;
}

const rows: Row[] = [];
try {
  await Promise.race([benchEverything(rows, optionsOrUsage()), interrupted]);
} catch (error) {
  process.exitCode = error instanceof Interrupted ? 130 : 1;
  console.error(error instanceof Interrupted ? `\n${error.message}: clearing away` : error);
}
for (const cleanup of cleanups.reverse()) {
  await cleanup().catch((error: unknown) => console.error('clearing away:', error));
}
if (rows.length > 0) {
  console.log(tableOf(rows));
  console.log(`\nWritten to ${await writeResults(rows, { arguments: process.argv.slice(2) })}`);
}
process.exit();
