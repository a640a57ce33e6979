import { type ChildProcess, spawn } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { errorCode } from '../durable-file.ts';
import { isAlive } from '../process-identity.ts';
import { StartError } from '../start-error.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { cleanEnvironment, runCommand } from './command.ts';
import { tryConnect } from './connect.ts';
import { type Postmaster, removeMisleadingPostmasterFile } from './postmaster.ts';

/** Settings by command line, not in postgresql.conf: they belong to the program's version, not to the data. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  fsync: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
  autovacuum: 'on',
  log_checkpoints: 'off',
  // A unique violation's DETAIL holds the code it is about.
  log_error_verbosity: 'terse',
  // Only a restored backup asks for it: its recovery ends on a new timeline, by which the copy is recognised.
  restore_command: 'false',
  // Whoever is let in may write.
  hot_standby: 'off',
};

// Redo of max_wal_size after a crash takes its time.
const START_TIMEOUT_MS = 180_000;
const POLL_MS = 20;
const SETPRIV_TIMEOUT_MS = 5_000;
const FAST_STOP_SECONDS = 30;
const IMMEDIATE_STOP_SECONDS = 10;
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
const LOG_TAIL_BYTES = 4 * 1024;

export interface Launch {
  readonly pgData: string;
  readonly binaries: Binaries;
  readonly account: Account;
  readonly socketFolder: string;
  readonly logFile: string;
}

/** Starts PostgreSQL and resolves when it accepts connections. */
export async function launchPostmaster(launch: Launch, connection: pg.ClientConfig): Promise<Postmaster> {
  const { logFile, pgData, socketFolder } = launch;
  await removeMisleadingPostmasterFile(pgData);
  const logStart = await rotateLog(logFile);
  const child = await spawnPostmaster(launch);
  const pid = child.pid;
  if (pid === undefined) throw new StartError(`PostgreSQL in ${launch.binaries.folder} could not be started.`);
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && child.signalCode === null) {
    if ((await tryConnect(connection)) === 'ready') return { pid, socketFolder };
    if (Date.now() > deadline) {
      await stopPostmaster(launch, pid);
      break;
    }
    await delay(POLL_MS);
  }
  throw new StartError(`PostgreSQL did not start. The end of ${logFile}:\n${await tailOf(logFile, logStart)}`);
}

async function spawnPostmaster({ pgData, binaries, account, socketFolder, logFile }: Launch): Promise<ChildProcess> {
  const postgres = join(binaries.folder, 'postgres');
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', pgData, '-k', socketFolder, ...settings];
  const guard = await deathSignalGuard(postgres, account);
  const [program = postgres, ...before] = guard;
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(program, [...before, ...(guard.length === 0 ? [] : [postgres]), ...args], {
      cwd: '/',
      env: cleanEnvironment,
      // A session of its own: a Ctrl-C at our terminal is not PostgreSQL's.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...account.runAs,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/**
 * With setpriv PostgreSQL shuts down in order when this process is killed. It runs after the change of the account,
 * which would clear the signal again. Empty where there is no setpriv that can do it.
 */
async function deathSignalGuard(postgres: string, account: Account): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const guard = ['setpriv', '--pdeathsig', 'SIGINT'];
  try {
    const [program = '', ...args] = [...guard, postgres, '--version'];
    const { code } = await runCommand(program, args, { account, timeoutMs: SETPRIV_TIMEOUT_MS });
    return code === 0 ? guard : [];
  } catch {
    return [];
  }
}

/** Fast, then, where that takes too long, immediate: what was committed is redone at the next start. */
export async function stopPostmaster(
  { pgData, binaries, account }: Pick<Launch, 'pgData' | 'binaries' | 'account'>,
  pid: number,
): Promise<void> {
  const ways = [
    ['fast', FAST_STOP_SECONDS],
    ['immediate', IMMEDIATE_STOP_SECONDS],
  ] as const;
  let said = '';
  for (const [mode, seconds] of ways) {
    if (!isAlive(pid)) return;
    const args = ['stop', '-D', pgData, '-m', mode, '-w', '-t', String(seconds)];
    const timeoutMs = (seconds + 5) * 1000;
    const { code, output } = await runCommand(join(binaries.folder, 'pg_ctl'), args, { account, timeoutMs });
    if (code === 0) return;
    said = output;
  }
  if (isAlive(pid)) throw new StartError(`PostgreSQL (pid ${pid}) did not stop: ${said}`);
}

/** Keeps one older log beside the present one; returns where this start's part begins. */
async function rotateLog(logFile: string): Promise<number> {
  try {
    const { size } = await stat(logFile);
    if (size < LOG_LIMIT_BYTES) return size;
    await rename(logFile, `${logFile}.1`);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  return 0;
}

async function tailOf(logFile: string, from: number): Promise<string> {
  const file = await open(logFile, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_TAIL_BYTES), 0, LOG_TAIL_BYTES, start);
    return buffer.toString('utf8', 0, bytesRead).trim() || '(empty)';
  } finally {
    await file.close();
  }
}
