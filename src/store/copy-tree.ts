import { chmod, chown, copyFile, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, syncFolder } from './durable-file.ts';

export interface CopyOptions {
  readonly folderMode: number;
  /** The mode of a copied file, by whether the original can be executed. */
  readonly fileMode: (executable: boolean) => number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** By the path below the source, with `/`. Default: everything. */
  readonly includes?: (path: string) => boolean;
  /** Folders whose content is left out while they themselves are made. */
  readonly leavesEmpty?: (path: string) => boolean;
  /** A file may go away while it is copied: a running database drops tables. */
  readonly tolerateVanished?: boolean;
}

export interface Copied {
  readonly files: number;
  readonly bytes: number;
}

/** Copies a folder with its content into `target`, which must not exist, and waits until the disk has it. */
export async function copyTree(source: string, target: string, options: CopyOptions): Promise<Copied> {
  return await copyFolder(source, target, '', options);
}

// Together they share the disk's flushes: 1,500 files took 1.6 s one by one, 0.7 s so.
const FILES_AT_ONCE = 8;

async function copyFolder(source: string, target: string, below: string, options: CopyOptions): Promise<Copied> {
  await mkdir(target);
  const copied = { files: 0, bytes: 0 };
  const files: string[] = [];
  const entries = options.leavesEmpty?.(below) ? [] : await readdir(source, { withFileTypes: true });
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (options.includes?.(path) === false) continue;
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isFile()) files.push(entry.name);
    else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
    else if (entry.isDirectory()) add(copied, await ifThere(() => copyFolder(from, to, path, options), options));
  }
  for (let first = 0; first < files.length; first += FILES_AT_ONCE) {
    const batch = files.slice(first, first + FILES_AT_ONCE);
    const copyInto = (name: string) =>
      ifThere(
        async () => ({ files: 1, bytes: await copyOne(join(source, name), join(target, name), options) }),
        options,
      );
    for (const one of await Promise.all(batch.map(copyInto))) add(copied, one);
  }
  await settle(target, options.folderMode, options);
  await syncFolder(target);
  return copied;
}

function add(sum: { files: number; bytes: number }, more: Copied | undefined): void {
  sum.files += more?.files ?? 0;
  sum.bytes += more?.bytes ?? 0;
}

/** One file, durably; returns its size. */
export async function copyOne(
  from: string,
  to: string,
  options: Pick<CopyOptions, 'fileMode' | 'owner'>,
): Promise<number> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  try {
    const { mode, size } = await file.stat();
    await settle(to, options.fileMode((mode & 0o111) !== 0), options);
    await file.sync();
    return size;
  } finally {
    await file.close();
  }
}

async function settle(path: string, mode: number, { owner }: Pick<CopyOptions, 'owner'>): Promise<void> {
  await chmod(path, mode);
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
}

async function ifThere<T>(work: () => Promise<T>, options: CopyOptions): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (options.tolerateVanished && errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
