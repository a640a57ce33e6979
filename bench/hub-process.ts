import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { clearEmbeddedServers, privilegedEntries } from '../scripts/services/embedded-leftovers.ts';
import type { DemoFile } from '../src/demo.ts';
import type { Database } from '../src/store/database.ts';
import { openDatabase } from '../src/store/database.ts';
import { connectionTo } from '../src/store/embedded/connect.ts';
import { pgDataOf, readInstance } from '../src/store/embedded/instance.ts';
import { runningPostmaster } from '../src/store/embedded/postmaster.ts';
import { cpuOf, cpuOfFamily } from './cpu.ts';
import { nodeFlags } from './node-flags.ts';

/** The hub under test: a process of its own, with a data folder and a PostgreSQL of its own. */
export interface HubProcess {
  readonly port: number;
  readonly pid: number;
  readonly dataFolder: string;
  readonly demo: DemoFile;
  /** The hub's own database, by its socket: for preparing goods and for the bare SQL. */
  readonly db: Database;
  readonly cpu: { readonly hub: () => number; readonly postgres: () => number };
  stop(): Promise<void>;
}

const ROOT = new URL('../', import.meta.url);
const COMPILED = new URL('dist/main.js', ROOT);
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const STATEMENT_TIMEOUT_MS = 300_000;
const CONNECTIONS = 4;
/** Whoever has these set for a hub of their own does not mean this one. */
const NOT_INHERITED = [
  'TANBA_ISSUE_JOURNAL',
  'TANBA_KEY_FILE',
  'TANBA_NAMESPACE',
  'TANBA_ADAPTERS',
  'DATABASE_URL',
  'AMQP_URL',
  'REDIS_URL',
] as const;

/** What runs in production is the compiled program; where it cannot be compiled, the sources will do. */
export function buildHub(): 'compiled' | 'sources' {
  const options = { cwd: ROOT, stdio: 'ignore' } as const;
  const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT));
  spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], options);
  return existsSync(COMPILED) ? 'compiled' : 'sources';
}

/** @param services RabbitMQ, Redis and the names in them; without, the hub's own store does it all. */
export async function startHubProcess(
  dataFolder: string,
  form: 'compiled' | 'sources',
  services: Readonly<Record<string, string>> = {},
): Promise<HubProcess> {
  const program = form === 'compiled' ? [fileURLToPath(COMPILED)] : ['--import=tsx', 'src/main.ts'];
  const profile = process.env['BENCH_HUB_NODE_OPTIONS']?.split(' ') ?? [];
  const environment = { ...process.env };
  for (const name of NOT_INHERITED) delete environment[name];
  const homes = await privilegedEntries();
  await mkdir(dataFolder, { mode: 0o700 });
  const hub = spawn(process.execPath, [...nodeFlags(), ...profile, ...program, 'start'], {
    cwd: ROOT,
    // A group of its own: Ctrl-C is the bench's to handle.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...environment,
      ...services,
      NODE_ENV: '',
      TANBA_DATA: dataFolder,
      TANBA_LOG: 'warn',
      HOST: '127.0.0.1',
      PORT: '0',
      OFD_PORT: '0',
    },
  });
  try {
    const demo = await demoOf(hub, dataFolder);
    const { pid: postmaster, socketFolder } = await postmasterOf(dataFolder);
    const pid = hub.pid ?? 0;
    const db = openDatabase({
      connection: connectionTo(socketFolder),
      poolSize: CONNECTIONS,
      applicationName: 'tanba bench',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      onIdleError: () => undefined,
    });
    return {
      port: Number(new URL(demo.baseUrl).port),
      pid,
      dataFolder,
      demo,
      db,
      cpu: { hub: () => cpuOf(pid), postgres: () => cpuOfFamily(postmaster) },
      stop: async () => {
        await db.close();
        await stopHub(hub, dataFolder, homes);
      },
    };
  } catch (error) {
    await stopHub(hub, dataFolder, homes);
    throw error;
  }
}

export function participantOf(hub: HubProcess, role: DemoFile['participants'][number]['role']) {
  const found = hub.demo.participants.find((participant) => participant.role === role);
  if (found === undefined) throw new Error(`the demo has no ${role}`);
  return found;
}

async function demoOf(hub: ChildProcess, dataFolder: string): Promise<DemoFile> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    // Written last, at once whole.
    const text = await readFile(join(dataFolder, 'demo.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return JSON.parse(text);
    if (hub.exitCode !== null || hub.signalCode !== null) throw new Error('the hub ended while it was starting');
    if (performance.now() > deadline) throw new Error('the hub did not start in time');
    await delay(POLL_MS);
  }
}

async function postmasterOf(dataFolder: string): Promise<{ pid: number; socketFolder: string }> {
  const instance = await readInstance(dataFolder);
  const running = instance === null ? null : await runningPostmaster(pgDataOf(dataFolder, instance));
  if (running === null) throw new Error('the hub has no PostgreSQL of its own');
  return running;
}

async function stopHub(hub: ChildProcess, dataFolder: string, homes: readonly string[] | null): Promise<void> {
  if (hub.exitCode === null && hub.signalCode === null) {
    const ended = new Promise((resolve) => hub.once('exit', resolve));
    hub.kill('SIGTERM');
    const patience = setTimeout(() => hub.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(patience);
  }
  await clearEmbeddedServers(dataFolder, homes);
  await rm(dataFolder, { recursive: true, force: true });
}
