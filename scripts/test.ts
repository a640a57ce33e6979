import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropRun, dropStale, newRunId } from '../test/support/postgres.ts';
import { runGates } from './gates.ts';
import { type Counts, type MochaRun, startMocha } from './mocha-run.ts';
import { clearEmbeddedServers, privilegedEntries } from './services/embedded-leftovers.ts';
import { services } from './services/index.ts';
import { obtain } from './services/obtain.ts';
import type { Running } from './services/service.ts';

// npm test [-- [--only-tests] [--no-coverage] [--own] [mocha's own arguments and files]]; coverage is of the whole only
// --own: services of our own, whatever listens on the standard ports
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const OWN_FLAGS = ['--only-tests', '--no-coverage', '--own'];
/**
 * Spec files run beside each other, each on databases of its own: 3:11 instead of 5:17 minutes on two busy cores. One more
 * than cores: a third of their time they wait for the disk, for servers to start, for brokers.
 */
const MAX_JOBS = 4;
const TIME_LIMIT_MS = 20 * 60_000;
const given = process.argv.slice(2);
const mochaArgs = given.filter((argument) => !OWN_FLAGS.includes(argument));
const tell = (line: string): void => console.log(line);

class Interrupted extends Error {}

const cleanups: (() => Promise<unknown>)[] = [];
let mocha: MochaRun | undefined;
let interrupted = false;
for (const signal of SIGNALS) process.on(signal, () => interrupt(signal));
setTimeout(() => interrupt(`over ${TIME_LIMIT_MS / 60_000} minutes`), TIME_LIMIT_MS).unref();

function interrupt(reason: string): void {
  if (interrupted) return;
  interrupted = true;
  tell(`\n${reason}: stopping and clearing away`);
  void mocha?.stop();
}

function stopIfInterrupted(): void {
  if (interrupted) throw new Interrupted();
}

async function testEverything(): Promise<Counts> {
  const runId = newRunId(new Date());
  const folder = await mkdtemp(join(tmpdir(), 'tanba-test-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const privilegedBefore = await privilegedEntries();
  cleanups.push(() => clearEmbeddedServers(folder, privilegedBefore));
  // An embedded server started by root runs as another user, who must be able to pass through.
  await chmod(folder, 0o711);

  const env: Record<string, string> = { TANBA_TEST_RUN: runId };
  for (const service of services) {
    const running: Running = await obtain(service, { folder, runId, own: given.includes('--own'), tell });
    cleanups.push(running.stop);
    env[service.variable] = running.url;
    stopIfInterrupted();
  }
  const database = env['TANBA_TEST_DATABASE_URL'] ?? '';
  await dropStale(database, new Date());
  cleanups.push(() => dropRun(database, runId));

  const gates = given.includes('--only-tests') ? [] : await runGates(tell);
  stopIfInterrupted();
  const whole = mochaArgs.length === 0;
  mocha = startMocha({
    args: whole ? ['--parallel', '--jobs', String(Math.min(availableParallelism() + 1, MAX_JOBS))] : mochaArgs,
    env,
    folder,
    coverage: whole && !given.includes('--no-coverage'),
  });
  const { counts, code } = await mocha.finished;
  stopIfInterrupted();
  if (counts.passed + counts.failed === 0) tell('no test ran');
  const coverageFailed = counts.failed === 0 && code !== 0;
  const failedGates = gates.filter(({ passed }) => !passed);
  for (const { name } of failedGates) tell(`✖ ${name} failed, see above`);
  if (coverageFailed) tell('✖ coverage is below its threshold, or mocha did not end well');
  return {
    passed: counts.passed + gates.length - failedGates.length,
    failed: counts.failed + failedGates.length + (coverageFailed ? 1 : 0) + (counts.passed === 0 ? 1 : 0),
    skipped: counts.skipped,
  };
}

let result: Counts = { passed: 0, failed: 1, skipped: 0 };
try {
  result = await testEverything();
} catch (error) {
  if (!(error instanceof Interrupted)) console.error(error instanceof Error ? error.message : error);
}
for (const cleanup of cleanups.reverse()) {
  try {
    await cleanup();
  } catch (error) {
    console.error('clearing away:', error);
    result = { ...result, failed: result.failed + 1 };
  }
}
tell(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
process.exitCode = interrupted ? 130 : result.failed > 0 ? 1 : 0;
