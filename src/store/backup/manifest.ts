import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, writeFileDurably } from '../durable-file.ts';
import { StartError } from '../start-error.ts';

const MANIFEST_FILE = 'manifest.json';

/** Written last: a backup without it was not finished. */
export interface Manifest {
  readonly createdAt: string;
  /** cluster: a copy of PostgreSQL's data folder. dump: what pg_dump -Fc wrote. */
  readonly kind: 'cluster' | 'dump';
  readonly postgresMajor: number;
  /** Of the cluster; absent for a dump. */
  readonly instanceId?: string;
  readonly systemIdentifier?: string;
  /** By part: database, keys, issueJournal. */
  readonly sizes: Readonly<Record<string, number>>;
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFileDurably(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
}

export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new StartError(`${folder} holds no ${MANIFEST_FILE}: it is not a backup, or one that was not finished.`);
  }
  const manifest = parse(text);
  if (manifest === null) throw new StartError(`${path} is damaged.`);
  return manifest;
}

function parse(text: string): Manifest | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const fields = new Map<string, unknown>(Object.entries(value));
    const [createdAt, kind, postgresMajor] = ['createdAt', 'kind', 'postgresMajor'].map((name) => fields.get(name));
    if (typeof createdAt !== 'string' || typeof postgresMajor !== 'number') return null;
    if (kind !== 'cluster' && kind !== 'dump') return null;
    const [instanceId, systemIdentifier] = [fields.get('instanceId'), fields.get('systemIdentifier')];
    return {
      createdAt,
      kind,
      postgresMajor,
      ...(typeof instanceId === 'string' ? { instanceId } : {}),
      ...(typeof systemIdentifier === 'string' ? { systemIdentifier } : {}),
      sizes: {},
    };
  } catch {
    return null;
  }
}
