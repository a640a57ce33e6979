import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdapterEntry } from '../../src/config.ts';
import { loadConfig } from '../../src/config.ts';

export interface AdaptersFile {
  readonly file: string;
  readonly folder: string;
  /** Lays out an adapter's folder beside the file. */
  adapter(name: string, source: string): Promise<void>;
  write(entries: unknown): Promise<void>;
  entries(env?: NodeJS.ProcessEnv): readonly AdapterEntry[];
  remove(): Promise<void>;
}

/** A configuration of adapters in a folder of its own. */
export async function makeAdaptersFile(): Promise<AdaptersFile> {
  const folder = await mkdtemp(join(tmpdir(), 'tanba-adapters-'));
  const file = join(folder, 'adapters.json');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return {
    file,
    folder,
    adapter: async (name, source) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'adapter.js'), source);
    },
    write: (entries) => writeFile(file, JSON.stringify(entries)),
    entries: (env = {}) => loadConfig({ ...env, TANBA_ADAPTERS: file }).adapters,
    remove: () => rm(folder, { recursive: true }),
  };
}

/** The source of an adapter that does nothing; `changes` are members in JavaScript. */
export function plainAdapter(name: string, changes = ''): string {
  return `export const adapter = {
    name: '${name}',
    summary: 'Does nothing.',
    capabilities: ['serves'],
    settings: { type: 'object', properties: {} },
    receives: [],
    delivers: [],
    open: async () => ({
      health: async () => ({ state: 'good', finding: 'Fine.', details: {} }),
      start: async () => undefined,
      stop: async () => undefined,
    }),
    ${changes}
  };`;
}
