import { randomBytes } from 'node:crypto';
import { chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { type CopyOptions, copyOne, copyTree } from '../copy-tree.ts';
import { syncFolder, writeFileDurably } from '../durable-file.ts';
import type { Account } from '../embedded/account.ts';
import { maintenanceConnection, withClient } from '../embedded/connect.ts';

/** Nobody but the owner: the copy holds what the database holds. */
export const PRIVATE: Pick<CopyOptions, 'folderMode' | 'fileMode'> = { folderMode: 0o700, fileMode: () => 0o600 };

// What the manual names as of no use in a copy, or harmful ("Making a base backup using the low level API").
const LEFT_EMPTY = new Set(['pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans']);
const OF_THE_PROCESS = new Set(['postmaster.pid', 'postmaster.opts']);
const LIVE_ONLY = new Set(['pg_wal', 'pg_replslot']);
const CONTROL_FILE = 'global/pg_control';
const SEGMENT = /^[0-9A-F]{24}$/;

const RESERVE_WAL = `select pg_create_physical_replication_slot($1, true, true)`;
const START_BACKUP = `
select pg_walfile_name(lsn) as segment from pg_backup_start($1, fast => true) as start(lsn)`;
const STOP_BACKUP = `
select pg_walfile_name(lsn) as segment, labelfile as label from pg_backup_stop(wait_for_archive => false)`;

/** A cluster at rest, as it is. */
export async function copyStoppedCluster(pgData: string, target: string): Promise<number> {
  const { bytes } = await copyTree(pgData, target, {
    ...PRIVATE,
    includes: (path) => !OF_THE_PROCESS.has(path) && !isTemporary(path),
    leavesEmpty: (path) => LEFT_EMPTY.has(path),
  });
  return bytes;
}

/** A cluster at work: its files as they are caught, and the log by which they become one state. */
export async function copyRunningCluster(socketFolder: string, pgData: string, target: string): Promise<number> {
  // A checkpoint of 2 GB of log on a slow disk takes its time.
  return await withClient(maintenanceConnection(socketFolder), (client) => backUp(client, pgData, target), 0);
}

/**
 * A copy into the place of a cluster. The signal file makes PostgreSQL end its recovery on a new timeline, by which the
 * hub recognises a store that has forgotten something.
 */
export async function copyBack(source: string, target: string, { uid, gid, runAs }: Account): Promise<void> {
  await copyTree(source, target, { ...PRIVATE, ...(runAs.uid === undefined ? {} : { owner: { uid, gid } }) });
  const signal = join(target, 'recovery.signal');
  await writeFileDurably(signal, '', 0o600);
  if (runAs.uid !== undefined) await chown(signal, uid, gid);
}

async function backUp(client: pg.Client, pgData: string, target: string): Promise<number> {
  const label = `tanba_backup_${randomBytes(4).toString('hex')}`;
  // The slot goes with this connection. Until then no segment is recycled, however long the copy takes.
  await client.query(RESERVE_WAL, [label]);
  const { segment: first } = await oneRow<{ segment: string }>(client, START_BACKUP, [label]);
  const { bytes } = await copyTree(pgData, target, {
    ...PRIVATE,
    includes: (path) => !OF_THE_PROCESS.has(path) && !isTemporary(path) && path !== CONTROL_FILE,
    leavesEmpty: (path) => LEFT_EMPTY.has(path) || LIVE_ONLY.has(path),
    tolerateVanished: true,
  });
  // Last, so that no page is newer than what it promises to redo from.
  const control = await copyOne(join(pgData, CONTROL_FILE), join(target, CONTROL_FILE), PRIVATE);
  const stop = await oneRow<{ segment: string; label: string }>(client, STOP_BACKUP, []);
  await writeFileDurably(join(target, 'backup_label'), stop.label, 0o600);
  return bytes + control + (await copyLog(join(pgData, 'pg_wal'), join(target, 'pg_wal'), first, stop.segment));
}

async function copyLog(from: string, to: string, first: string, last: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(from)) {
    // Beyond `last` stand recycled segments with old content.
    const needed = SEGMENT.test(name) ? name >= first && name <= last : name.endsWith('.history');
    if (needed) bytes += await copyOne(join(from, name), join(to, name), PRIVATE);
  }
  await syncFolder(to);
  return bytes;
}

function isTemporary(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.startsWith('pgsql_tmp') || name.startsWith('pg_internal.init');
}

async function oneRow<R extends pg.QueryResultRow>(client: pg.Client, text: string, values: unknown[]): Promise<R> {
  const { rows } = await client.query<R>(text, values);
  const [row] = rows;
  if (row === undefined) throw new Error('the statement returned no row');
  return row;
}
