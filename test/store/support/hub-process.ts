import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { PRIVILEGED_HOME, readInstance } from '../../../src/store/embedded/instance.ts';

const HUB = fileURLToPath(new URL('./run-server.ts', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const NOBODY = 65_534;

export const asRoot = process.getuid?.() === 0;

export interface RunOptions {
  /** As root: run as an ordinary user. */
  readonly asNobody?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** A process that holds a data folder and its PostgreSQL, as the hub does. */
export interface HubProcess {
  readonly pid: number;
  /** What it could not start for. */
  readonly error?: string;
  readonly connection: pg.ClientConfig;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** A data folder in a folder that only its owner can enter, and the hubs that ran on it. */
export interface DataPlace {
  readonly dataFolder: string;
  startHub(options?: RunOptions): Promise<HubProcess>;
  /** The command line program, e.g. ['backup', folder]. */
  runTanba(
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): { readonly status: number | null; readonly output: string };
  /** The folder of PostgreSQL's data folder. */
  instanceFolder(): Promise<string>;
  /** As after the loss of a disk. */
  forgetData(): Promise<void>;
  /** Ends what still runs and removes everything. */
  clear(): Promise<void>;
}

/** `below` makes the path longer. */
export async function createDataPlace({ asNobody = false, below = '' } = {}): Promise<DataPlace> {
  // Not below TMPDIR for nobody: the run's own folder may be closed to others.
  const folder = await mkdtemp(join(asNobody ? '/tmp' : tmpdir(), 'tanba-store-'));
  await chmod(folder, 0o700);
  if (asNobody) await chown(folder, NOBODY, NOBODY);
  const dataFolder = join(folder, below, 'data');
  const hubs: HubProcess[] = [];
  const instanceFolder = async (): Promise<string> =>
    resolve(dataFolder, (await readInstance(dataFolder))?.place ?? '.');
  const forgetData = async (): Promise<void> => {
    const place = await instanceFolder();
    if (dirname(place) === PRIVILEGED_HOME) await rm(place, { recursive: true, force: true });
    await rm(dataFolder, { recursive: true, force: true });
  };
  return {
    dataFolder,
    async startHub(options = {}) {
      const hub = await startHub(dataFolder, options);
      hubs.push(hub);
      return hub;
    },
    runTanba(args, more = {}) {
      const env = { ...process.env, TANBA_DATA: dataFolder, DATABASE_URL: '', OFD_PORT: '0', ...more };
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--import=tsx', MAIN, ...args], { env });
      return { status, output: `${stdout}${stderr}` };
    },
    instanceFolder,
    forgetData,
    async clear() {
      for (const hub of hubs) await hub.kill('SIGTERM');
      await forgetData();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startHub(dataFolder: string, { asNobody = false, env = {} }: RunOptions): Promise<HubProcess> {
  const child = spawn(process.execPath, ['--import=tsx', HUB, dataFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...(asNobody ? { HOME: '/tmp', TMPDIR: '/tmp', NODE_V8_COVERAGE: '' } : {}), ...env },
    ...(asNobody ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  const said: unknown = JSON.parse(await firstLine(child));
  const fields = new Map<string, unknown>(typeof said === 'object' && said !== null ? Object.entries(said) : []);
  const error = fields.get('error');
  return {
    pid: child.pid ?? 0,
    connection: connectionOf(fields.get('host')),
    ...(typeof error === 'string' ? { error } : {}),
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no standard output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the hub ended without a word');
}

function connectionOf(host: unknown): pg.ClientConfig {
  return { host: String(host), port: 5432, user: 'tanba', database: 'tanba' };
}

export async function query(connection: pg.ClientConfig, text: string): Promise<unknown[]> {
  const client = new pg.Client(connection);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

/** Whether an ordinary user could run this checkout; root's may lie where nobody else may enter. */
export function nobodyCanRunThis(): boolean {
  const { status } = spawnSync(process.execPath, ['-e', `require('fs').readFileSync(${JSON.stringify(HUB)})`], {
    uid: NOBODY,
    gid: NOBODY,
    env: {},
  });
  return status === 0;
}
