import { constants, copyFile, mkdir, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { copyBack } from '../store/backup/cluster-copy.ts';
import { restoreDump } from '../store/backup/dump.ts';
import { type Manifest, readManifest } from '../store/backup/manifest.ts';
import { lockDataFolder } from '../store/data-lock.ts';
import { errorCode, syncFolder } from '../store/durable-file.ts';
import { type Account, accountOf, chooseAccount } from '../store/embedded/account.ts';
import { requireBinaries } from '../store/embedded/cluster.ts';
import {
  clusterMajor,
  createInstance,
  folderExists,
  type Instance,
  makePlace,
  pgDataOf,
  readInstance,
  writeInstance,
} from '../store/embedded/instance.ts';
import { runningPostmaster } from '../store/embedded/postmaster.ts';
import { StartError } from '../store/start-error.ts';

const USAGE = 'tanba restore <backup>   puts a backup in the place of the store; the hub must stand still\n';

/** The issue journal is never touched: it knows what was issued after the backup. */
export async function restore(config: Config, args: readonly string[]): Promise<void> {
  const [folder, ...rest] = args;
  if (folder === undefined || rest.length > 0) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const backup = resolve(folder);
  const manifest = await readManifest(backup);
  const lock = await lockDataFolder(config.dataFolder);
  try {
    if (manifest.kind === 'cluster') await restoreCluster(config, backup, manifest);
    else await restoreElsewhere(config, backup, manifest);
    await restoreKeyFile(config.keyFile, join(backup, 'keys.json'));
  } finally {
    await lock.release();
  }
  say(`The store is that of ${manifest.createdAt} again.`);
  say(`The issue journal in ${config.issueJournal} was left as it is.`);
  say('No codes are issued before "tanba recover" has replayed it: run that now, then start the hub.');
}

async function restoreCluster(config: Config, backup: string, manifest: Manifest): Promise<void> {
  const { dataFolder } = config;
  if (config.databaseUrl !== undefined) {
    throw new StartError('This is a backup of the embedded PostgreSQL: unset DATABASE_URL to restore it.');
  }
  const instance = (await readInstance(dataFolder)) ?? (await createInstance(dataFolder, manifest.instanceId));
  if (instance.instanceId !== manifest.instanceId) {
    throw new StartError(
      `The backup is of instance ${manifest.instanceId}, but ${dataFolder} belongs to ${instance.instanceId}. ` +
        'Name an empty data folder in TANBA_DATA.',
    );
  }
  const pgData = pgDataOf(dataFolder, instance);
  if ((await folderExists(pgData)) && (await runningPostmaster(pgData)) !== null) {
    throw new StartError(`PostgreSQL still runs in ${pgData}: start the hub and stop it, then restore.`);
  }
  const account = (await clusterMajor(pgData)) === null ? await chooseAccount() : await accountOf(pgData);
  // Before anything is moved: a database that cannot be started helps nobody.
  await requireBinaries(pgData, account, manifest.postgresMajor, process.env);
  await makePlace(dataFolder, instance, account);
  await exchangeCluster(join(backup, 'postgres'), pgData, account);
  await writeInstance(dataFolder, identified(instance, manifest));
}

function identified({ instanceId, place }: Instance, { systemIdentifier }: Manifest): Instance {
  return { instanceId, place, ...(systemIdentifier === undefined ? {} : { systemIdentifier }) };
}

async function exchangeCluster(source: string, pgData: string, account: Account): Promise<void> {
  const time = new Date().toISOString().replaceAll(':', '-');
  const incoming = `${pgData}.restored-${time}`;
  await copyBack(source, incoming, account);
  if (await folderExists(pgData)) {
    const aside = `${pgData}.before-restore-${time}`;
    await rename(pgData, aside);
    say(`The database of before is kept in ${aside}; remove it when you are content.`);
  }
  await rename(incoming, pgData);
  await syncFolder(dirname(pgData));
}

async function restoreElsewhere(config: Config, backup: string, manifest: Manifest): Promise<void> {
  if (config.databaseUrl === undefined) {
    throw new StartError('This is a dump of a database elsewhere: name an empty database in DATABASE_URL.');
  }
  await restoreDump(config.databaseUrl, backup, manifest.postgresMajor);
}

/** A key file that is there may hold keys younger than the backup, so it stays. */
async function restoreKeyFile(keyFile: string, kept: string): Promise<void> {
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
  try {
    await copyFile(kept, keyFile, constants.COPYFILE_EXCL);
    await syncFolder(dirname(keyFile));
    say(`The key file is back in ${keyFile}; it opens under the master key of its time.`);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') say(`The key file ${keyFile} was left as it is.`);
    else if (code !== 'ENOENT') throw error;
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
