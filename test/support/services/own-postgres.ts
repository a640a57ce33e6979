import { randomUUID } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../../scripts/services/command.ts';
import { chooseAccount } from '../../../src/store/embedded/account.ts';
import { initialiseCluster, requireBinaries } from '../../../src/store/embedded/cluster.ts';
import { connectionTo, maintenanceConnection, prepareDatabase } from '../../../src/store/embedded/connect.ts';
import { makeOwnFolder } from '../../../src/store/embedded/instance.ts';
import { type Launch, launchPostmaster, stopPostmaster } from '../../../src/store/embedded/launch.ts';
import { makeSocketFolder } from '../../../src/store/embedded/socket-folder.ts';
import { isAlive } from '../../../src/store/process-identity.ts';
import { StartError } from '../../../src/store/start-error.ts';
import { urlOf } from '../postgres.ts';
import { beginLife, newServerFolder, type OwnServer, type Skipped } from './own-server.ts';
import type { ServerProcess } from './server-process.ts';

const QUESTION_TIMEOUT_MS = 5_000;
const KILL_TIMEOUT_MS = 10_000;
const POLL_MS = 5;

/**
 * A cluster with fsync on and an empty database, reached by a socket. Its files lie in a new folder below `dataFolder`,
 * e.g. a small tmpfs; as root, PostgreSQL's account must be able to pass through that. Socket and log lie elsewhere.
 */
export async function startOwnPostgres(dataFolder?: string): Promise<OwnServer | Skipped> {
  const folder = await newServerFolder('postgres');
  const place = join(dataFolder ?? folder, `cluster-${randomUUID()}`);
  const made = [folder, place];
  const clear = async (): Promise<void> => {
    for (const path of made) await rm(path, { recursive: true, force: true });
  };
  try {
    const launch = await prepare(folder, place);
    if ('skipped' in launch) {
      await clear();
      return launch;
    }
    made.push(launch.socketFolder);
    const life = await beginLife(() => launchServer(launch));
    await prepareDatabase(launch.socketFolder).catch(async (error: unknown) => {
      await life.kill();
      throw error;
    });
    return {
      ...life,
      url: urlOf(connectionTo(launch.socketFolder)),
      async remove() {
        await life.kill();
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

async function prepare(folder: string, place: string): Promise<Launch | Skipped> {
  const pgData = join(place, 'postgres');
  try {
    const account = await chooseAccount();
    const binaries = await requireBinaries(pgData, account, null, process.env);
    // Root's folder; the account has to pass through it.
    await chmod(folder, 0o711);
    await makeOwnFolder(place, account);
    await initialiseCluster(pgData, binaries, account);
    const socketFolder = await makeSocketFolder(folder, randomUUID(), account);
    return { pgData, binaries, account, socketFolder, logFile: join(folder, 'postgres.log') };
  } catch (error) {
    if (error instanceof StartError) return { skipped: error.message };
    throw error;
  }
}

async function launchServer(launch: Launch): Promise<ServerProcess> {
  const { pid } = await launchPostmaster(launch, maintenanceConnection(launch.socketFolder));
  return { stop: () => stopPostmaster(launch, pid), kill: () => killAll(pid) };
}

/** With its children: a new one does not start while one of them is still at work. */
async function killAll(postmaster: number): Promise<void> {
  const { stdout } = await run('pgrep', ['-P', String(postmaster)], { timeoutMs: QUESTION_TIMEOUT_MS });
  const pids = [postmaster, ...stdout.split('\n').filter(Boolean).map(Number)];
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  const deadline = Date.now() + KILL_TIMEOUT_MS;
  while (pids.some(isAlive)) {
    if (Date.now() > deadline) throw new Error(`PostgreSQL (pid ${postmaster}) outlives SIGKILL`);
    await delay(POLL_MS);
  }
}
