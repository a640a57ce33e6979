import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { Check, Parse } from 'typebox/value';
import type { ApiKeys } from './access/api-keys.ts';
import { ROLES } from './access/permissions.ts';
import { PRODUCT_CARD } from './core/catalogue/card.ts';
import type { Catalogue } from './core/catalogue/catalogue.ts';
import type { Participants } from './core/participants/participants.ts';
import type { Queryable } from './store/database.ts';
import { errorCode, writeFileDurably } from './store/durable-file.ts';

export interface DemoDeps {
  readonly db: Queryable;
  readonly participants: Participants;
  readonly catalogue: Catalogue;
  readonly apiKeys: ApiKeys;
  readonly dataFolder: string;
  readonly baseUrl: string;
}

const ROLE = Type.Enum([...ROLES]);

/** config/demo.json: who takes part in the demo, and with what goods. */
const DEMO_DATA = Type.Object({
  participants: Type.Array(Type.Object({ role: ROLE, bin: Type.String(), name: Type.String() })),
  products: Type.Array(
    Type.Object({ gtin: Type.String(), productGroup: Type.String(), owner: ROLE, card: PRODUCT_CARD }),
  ),
});

/** demo.json in the data folder: what a newcomer needs to send the first request. */
const DEMO_FILE = Type.Object({
  baseUrl: Type.String(),
  participants: Type.Array(Type.Object({ role: ROLE, bin: Type.String(), name: Type.String(), apiKey: Type.String() })),
  products: Type.Array(Type.Object({ gtin: Type.String(), productGroup: Type.String(), ownerBin: Type.String() })),
  /** Where cash registers connect. */
  ofd: Type.Optional(Type.Object({ host: Type.String(), port: Type.Union([Type.Integer(), Type.Null()]) })),
  /** Registers with the tokens that their next requests have to carry. */
  registers: Type.Optional(
    Type.Array(
      Type.Object({
        deviceId: Type.Integer(),
        registrationNumber: Type.String(),
        bin: Type.String(),
        token: Type.Integer(),
      }),
    ),
  ),
});
export type DemoFile = Static<typeof DEMO_FILE>;

const FILE_NAME = 'demo.json';
const KEY_LABEL = 'demo';

/** Makes the demo whole: what is there stays, keys that still work stay, what is missing is added. */
export async function seedDemo(deps: DemoDeps): Promise<DemoFile> {
  const text = await readFile(new URL('../config/demo.json', import.meta.url), 'utf8');
  const data = Parse(DEMO_DATA, JSON.parse(text));
  const registered = await registeredAmong(deps.db, data.participants);
  for (const { bin, name, role } of data.participants) {
    if (!registered.has(bin)) await deps.participants.register({ bin, name, role });
  }
  const file: DemoFile = {
    baseUrl: deps.baseUrl,
    participants: await withKeys(data.participants, await keysIn(join(deps.dataFolder, FILE_NAME)), deps.apiKeys),
    products: await publish(data, deps.catalogue),
  };
  await writeDemoFile(deps.dataFolder, file);
  return file;
}

/** With what adapters add to it. */
export async function writeDemoFile(
  dataFolder: string,
  file: DemoFile & Readonly<Record<string, unknown>>,
): Promise<void> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await writeFileDurably(join(dataFolder, FILE_NAME), `${JSON.stringify(file, null, 2)}\n`, 0o600);
}

type DemoData = Static<typeof DEMO_DATA>;

/** By BIN alone: a demo begun under an older version keeps its names. */
async function registeredAmong(db: Queryable, wanted: DemoData['participants']): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ bin: string }>('SELECT bin FROM participant WHERE bin = any($1)', [
    wanted.map(({ bin }) => bin),
  ]);
  return new Set(rows.map(({ bin }) => bin));
}

async function publish(data: DemoData, catalogue: Catalogue): Promise<DemoFile['products']> {
  const known = await catalogue.find(data.products.map(({ gtin }) => gtin));
  const published: DemoFile['products'] = [];
  for (const { gtin, productGroup, owner, card } of data.products) {
    const ownerBin = data.participants.find(({ role }) => role === owner)?.bin;
    if (ownerBin === undefined)
      throw new Error(`config/demo.json: ${gtin} belongs to a role that nobody has: ${owner}`);
    if (!known.has(gtin)) await catalogue.publish({ gtin, productGroup, ownerBin, card });
    published.push({ gtin, productGroup, ownerBin });
  }
  return published;
}

async function withKeys(
  participants: DemoData['participants'],
  keys: ReadonlyMap<string, string>,
  apiKeys: ApiKeys,
): Promise<DemoFile['participants']> {
  const complete: DemoFile['participants'] = [];
  for (const participant of participants) {
    const old = keys.get(participant.bin);
    const works = old !== undefined && (await apiKeys.authenticate(old))?.bin === participant.bin;
    const apiKey = works ? old : await apiKeys.issue(participant.bin, KEY_LABEL, true);
    complete.push({ ...participant, apiKey });
  }
  return complete;
}

/** A file that is missing or damaged holds no keys: it is written anew. */
async function keysIn(path: string): Promise<ReadonlyMap<string, string>> {
  try {
    const file: unknown = JSON.parse(await readFile(path, 'utf8'));
    return new Map(Check(DEMO_FILE, file) ? file.participants.map(({ bin, apiKey }) => [bin, apiKey]) : []);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return new Map();
    throw error;
  }
}

/** Whether a key that stands in some demo.json still opens something. */
export async function hasDemoKeys(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    'SELECT EXISTS (SELECT FROM api_key WHERE demo AND revoked_at IS NULL) AS found',
  );
  return rows[0]?.found ?? false;
}
