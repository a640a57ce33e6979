import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { copyRunningCluster, copyStoppedCluster, PRIVATE } from '../store/backup/cluster-copy.ts';
import { dumpDatabase, serverMajor } from '../store/backup/dump.ts';
import { type Manifest, writeManifest } from '../store/backup/manifest.ts';
import { copyOne, copyTree } from '../store/copy-tree.ts';
import { lockDataFolder } from '../store/data-lock.ts';
import { errorCode, syncFolder } from '../store/durable-file.ts';
import { clusterMajor, pgDataOf, readInstance, systemIdentifierOf } from '../store/embedded/instance.ts';
import { runningPostmaster } from '../store/embedded/postmaster.ts';
import { StartError } from '../store/start-error.ts';

const USAGE = 'tanba backup <folder>   copies the store into <folder>/<time>, while the hub runs or stands still\n';

/** Database, key file and issue journal. Each part may be a little newer than the one before: that order is safe. */
export async function backup(config: Config, args: readonly string[]): Promise<void> {
  const [folder, ...rest] = args;
  if (folder === undefined || rest.length > 0) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const createdAt = new Date().toISOString();
  const target = join(resolve(folder), createdAt.replaceAll(':', '-'));
  await mkdir(resolve(folder), { recursive: true, mode: 0o700 });
  await mkdir(target, { mode: 0o700 });
  const { databaseUrl } = config;
  const database =
    databaseUrl === undefined ? await backUpCluster(config, target) : await backUpElsewhere(databaseUrl, target);
  const { sizes, ...about } = database;
  const keys = await ifThere(() => copyOne(config.keyFile, join(target, 'keys.json'), PRIVATE));
  const journal = await ifThere(() => copyTree(config.issueJournal, join(target, 'issue-journal'), PRIVATE));
  const parts = {
    ...sizes,
    ...(keys === null ? {} : { keys }),
    ...(journal === null ? {} : { issueJournal: journal.bytes }),
  };
  await syncFolder(target);
  await writeManifest(target, { createdAt, ...about, sizes: parts });
  await syncFolder(resolve(folder));
  const listed = Object.entries(parts).map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(1)} MB`);
  say(`Backup: ${target} (${listed.join(', ')})`);
  say('The master key is not in it. Keep that apart: without it the key file opens nowhere.');
}

type DatabaseBackup = Omit<Manifest, 'createdAt'>;

async function backUpCluster(config: Config, target: string): Promise<DatabaseBackup> {
  const instance = await readInstance(config.dataFolder);
  const pgData = instance === null ? null : pgDataOf(config.dataFolder, instance);
  const major = pgData === null ? null : await clusterMajor(pgData);
  if (instance === null || pgData === null || major === null) {
    throw new StartError(`There is no database in ${config.dataFolder} to back up.`);
  }
  const bytes = await copyCluster(config.dataFolder, pgData, join(target, 'postgres'));
  return {
    kind: 'cluster',
    postgresMajor: major,
    instanceId: instance.instanceId,
    systemIdentifier: await systemIdentifierOf(pgData),
    sizes: { database: bytes },
  };
}

async function copyCluster(dataFolder: string, pgData: string, target: string): Promise<number> {
  const running = await runningPostmaster(pgData);
  if (running !== null) return await copyRunningCluster(running.socketFolder, pgData, target);
  // Held to the end, so that no hub starts in the middle.
  const lock = await lockDataFolder(dataFolder);
  try {
    return await copyStoppedCluster(pgData, target);
  } finally {
    await lock.release();
  }
}

async function backUpElsewhere(databaseUrl: string, target: string): Promise<DatabaseBackup> {
  const postgresMajor = await serverMajor(databaseUrl);
  const bytes = await dumpDatabase(databaseUrl, target, postgresMajor);
  return { kind: 'dump', postgresMajor, sizes: { database: bytes } };
}

async function ifThere<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
