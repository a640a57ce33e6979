import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Type from 'typebox';
import { Check, Errors } from 'typebox/value';
import { type AdapterEntry, ConfigError } from '../config.ts';
import { ADAPTER_CAPABILITIES, type AdapterModule } from './contract.ts';
import { readSettings } from './settings.ts';

/** An adapter whose settings can be used; nothing of it is at work yet. */
export interface LoadedAdapter {
  readonly module: AdapterModule;
  /** Its defaults filled in. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Compiled first: where both stand, the source needs a loader that this process may not have. */
const FILES = ['adapter.js', 'adapter.ts'];
const OWN_FOLDER = new URL('./', import.meta.url);

const Kinds = Type.Array(
  Type.Object({ kind: Type.String({ pattern: '^[a-z][a-z0-9._-]*$' }), summary: Type.String({ minLength: 1 }) }),
);
const Declaration = Type.Object({
  name: Type.String(),
  summary: Type.String({ minLength: 1 }),
  capabilities: Type.Array(Type.Enum([...ADAPTER_CAPABILITIES]), { minItems: 1, uniqueItems: true }),
  settings: Type.Object({ type: Type.Literal('object') }),
  receives: Kinds,
  delivers: Kinds,
});

/**
 * Those that the configuration names, from this folder or from the entry's own. Nothing else knows which there are.
 * @throws ConfigError with all that is wrong with any of them.
 */
export async function loadAdapters(entries: readonly AdapterEntry[]): Promise<readonly LoadedAdapter[]> {
  const problems: string[] = [];
  const loaded: LoadedAdapter[] = [];
  for (const entry of entries) {
    const found = await load(entry);
    if ('problems' in found) problems.push(...found.problems);
    else loaded.push(found);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return loaded;
}

interface Refused {
  readonly problems: readonly string[];
}

async function load(entry: AdapterEntry): Promise<LoadedAdapter | Refused> {
  const refused = (problem: string): Refused => ({ problems: [`${entry.file}: ${entry.name}: ${problem}`] });
  const folder = entry.folder === undefined ? new URL(`${entry.name}/`, OWN_FOLDER) : pathToFileURL(`${entry.folder}/`);
  const file = FILES.map((name) => new URL(name, folder)).find((url) => existsSync(url));
  if (file === undefined) return refused(`there is no ${FILES.join(' or ')} in ${fileURLToPath(folder)}.`);
  let exported: unknown;
  try {
    exported = await import(file.href);
  } catch (error) {
    return refused(`${fileURLToPath(file)} cannot be loaded: ${messageOf(error)}`);
  }
  const module = memberOf(exported, 'adapter');
  if (!isAdapterModule(module)) {
    return refused(`${fileURLToPath(file)} must export "adapter" as the contract says: ${faultsOf(module)}.`);
  }
  if (module.name !== entry.name) return refused(`the adapter calls itself "${module.name}".`);
  const read = readSettings(entry, module);
  return 'problems' in read ? read : { module, settings: read.settings };
}

function isAdapterModule(value: unknown): value is AdapterModule {
  const check = memberOf(value, 'checkSettings');
  const checks = check === undefined || typeof check === 'function';
  return Check(Declaration, value) && typeof memberOf(value, 'open') === 'function' && checks;
}

function faultsOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'there is none';
  const faults = Errors(Declaration, value).map(({ instancePath, message }) => `${instancePath} ${message}`.trim());
  if (typeof memberOf(value, 'open') !== 'function') faults.push('/open must be function');
  if (faults.length === 0) faults.push('/checkSettings must be function');
  return faults.join('; ');
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
