import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { sqlState } from '../database.ts';
import { AlreadyRunningError, StartError } from '../start-error.ts';
import { accountOf, chooseAccount } from './account.ts';
import { initialiseCluster, requireBinaries } from './cluster.ts';
import { connectionTo, type HubLock, maintenanceConnection, prepareDatabase, takeHubLock } from './connect.ts';
import {
  clusterMajor,
  createInstance,
  type Instance,
  makePlace,
  pgDataOf,
  readInstance,
  writeInstance,
} from './instance.ts';
import { type Launch, launchPostmaster, stopPostmaster } from './launch.ts';
import { runningPostmaster } from './postmaster.ts';
import { makeSocketFolder } from './socket-folder.ts';

export interface EmbeddedServer {
  readonly connection: pg.ClientConfig;
  readonly instanceId: string;
  /** Stops PostgreSQL; the pool must be closed. Safe to call twice. */
  stop(): Promise<void>;
  /** For whoever sits at the terminal. */
  describe(): string;
}

export interface EmbeddedServerOptions {
  readonly dataFolder: string;
  readonly log: Log;
  /** PATH and TANBA_PG_BIN say where PostgreSQL may be. */
  readonly env?: NodeJS.ProcessEnv;
}

// A server left by a killed hub first shuts down; writing out 256 MB of buffers to a slow disk takes its time.
const ATTACH_TIMEOUT_MS = 240_000;
const ATTACH_POLL_MS = 50;
// The session of a hub that was killed ends within milliseconds.
const LOCK_PATIENCE_MS = 2_000;
const REATTACH_DELAY_MS = 1_000;
const REATTACH_ATTEMPTS = 30;

/** Starts the PostgreSQL of a data folder, or takes over the one that a killed hub left running there. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { dataFolder, log, env = process.env } = options;
  const instance = (await readInstance(dataFolder)) ?? (await createInstance(dataFolder));
  const launch = await prepareLaunch(dataFolder, instance, env, log);
  const attachment = await attach(launch, log);
  const socketFolder = attachment.socketFolder;
  try {
    await checkIdentity(dataFolder, instance, socketFolder, launch.pgData);
  } catch (error) {
    await attachment.lock.end();
    if (attachment.launched) await stopPostmaster(launch, attachment.pid);
    throw error;
  }
  const keeper = keepLock({ ...launch, socketFolder }, attachment.lock, log);
  let stopping: Promise<void> | undefined;
  return {
    connection: connectionTo(socketFolder),
    instanceId: instance.instanceId,
    stop() {
      stopping ??= stopServer({ ...launch, socketFolder }, keeper);
      return stopping;
    },
    describe: () => `PostgreSQL ${launch.binaries.version} in ${launch.pgData}, socket in ${socketFolder}`,
  };
}

async function prepareLaunch(
  dataFolder: string,
  instance: Instance,
  env: NodeJS.ProcessEnv,
  log: Log,
): Promise<Launch> {
  const pgData = pgDataOf(dataFolder, instance);
  const major = await clusterMajor(pgData);
  if (major === null && instance.systemIdentifier !== undefined) {
    throw new StartError(
      `${join(dataFolder, 'instance.json')} says that the database is in ${pgData}, but it is not there. ` +
        'Bring it back, or restore a backup (tanba restore); an empty one is not made in its place.',
    );
  }
  const account = major === null ? await chooseAccount() : await accountOf(pgData);
  const binaries = await requireBinaries(pgData, account, major, env);
  if (major === null) {
    await makePlace(dataFolder, instance, account);
    log.info({ folder: pgData, version: binaries.version, account: account.name }, 'initialising PostgreSQL');
    await initialiseCluster(pgData, binaries, account);
  }
  const socketFolder = await makeSocketFolder(dirname(pgData), instance.instanceId, account);
  return { pgData, binaries, account, socketFolder, logFile: join(dataFolder, 'postgres.log') };
}

interface Attachment {
  readonly pid: number;
  readonly socketFolder: string;
  /** The connection that holds the hub's lock. */
  readonly lock: pg.Client;
  /** False: it was running already. */
  readonly launched: boolean;
}

async function attach(launch: Launch, log: Log): Promise<Attachment> {
  const deadline = Date.now() + ATTACH_TIMEOUT_MS;
  let heldSince: number | null = null;
  let launched = false;
  for (;;) {
    const running = await runningPostmaster(launch.pgData);
    if (running === null) {
      await launchPostmaster(launch, maintenanceConnection(launch.socketFolder));
      launched = true;
      continue;
    }
    const lock = await takeLockUnlessBusy(running.socketFolder);
    if (lock !== null && 'client' in lock) {
      if (!launched) log.info({ pid: running.pid }, 'took over the running PostgreSQL');
      return { ...running, lock: lock.client, launched };
    }
    const heldBy = lock?.heldBy ?? null;
    heldSince = heldBy === null ? null : (heldSince ?? Date.now());
    if (heldBy !== null && heldSince !== null && Date.now() - heldSince > LOCK_PATIENCE_MS) {
      throw new AlreadyRunningError(heldBy);
    }
    if (Date.now() > deadline) {
      throw new StartError(
        `PostgreSQL (pid ${running.pid}) neither accepts connections nor ends; see ${launch.logFile}.`,
      );
    }
    await delay(ATTACH_POLL_MS);
  }
}

/** Null while the server starts up or shuts down. */
async function takeLockUnlessBusy(socketFolder: string): Promise<HubLock | null> {
  try {
    return await takeHubLock(socketFolder);
  } catch (error) {
    const state = sqlState(error);
    // Class 57P: shutting down, starting up, terminated. Without a state the socket is not, or no longer, there.
    if (state === undefined || state.startsWith('57P')) return null;
    throw error;
  }
}

async function checkIdentity(
  dataFolder: string,
  instance: Instance,
  socketFolder: string,
  pgData: string,
): Promise<void> {
  const { systemIdentifier } = await prepareDatabase(socketFolder);
  if (instance.systemIdentifier === undefined) {
    await writeInstance(dataFolder, { ...instance, systemIdentifier });
  } else if (instance.systemIdentifier !== systemIdentifier) {
    throw new StartError(
      `The database in ${pgData} is another one (${systemIdentifier}) than ${join(dataFolder, 'instance.json')} names ` +
        `(${instance.systemIdentifier}). If it was upgraded or exchanged on purpose, remove "systemIdentifier" there.`,
    );
  }
}

interface LockKeeper {
  release(): Promise<void>;
}

/** Takes the lock again after a crash of PostgreSQL, and starts it again where it went away altogether. */
function keepLock(launch: Launch, first: pg.Client, log: Log): LockKeeper {
  let released = false;
  let lock = first;
  let regaining: Promise<void> = Promise.resolve();
  const watch = (client: pg.Client): void => {
    client.once('end', () => {
      if (!released) regaining = regain();
    });
  };
  const regain = async (): Promise<void> => {
    log.error('PostgreSQL went away');
    for (let attempt = 0; attempt < REATTACH_ATTEMPTS && !released; attempt += 1) {
      await delay(REATTACH_DELAY_MS);
      if (released) return;
      try {
        lock = (await attach(launch, log)).lock;
        watch(lock);
        log.info('PostgreSQL is back');
        return;
      } catch (error) {
        log.error({ err: error }, 'PostgreSQL could not be started again');
      }
    }
  };
  watch(first);
  return {
    async release() {
      released = true;
      await regaining;
      await lock.end().catch(() => {});
    },
  };
}

async function stopServer(launch: Launch, keeper: LockKeeper): Promise<void> {
  await keeper.release();
  const running = await runningPostmaster(launch.pgData);
  if (running !== null) await stopPostmaster(launch, running.pid);
  // The socket's folder is empty now; the next start makes it again.
  await rmdir(launch.socketFolder).catch(() => {});
}
