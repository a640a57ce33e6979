import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { ROLES, type Role } from '../../src/access/permissions.ts';

const DEMO = Type.Object({
  baseUrl: Type.String(),
  participants: Type.Array(
    Type.Object({ role: Type.Enum([...ROLES]), bin: Type.String(), name: Type.String(), apiKey: Type.String() }),
  ),
  products: Type.Array(Type.Object({ gtin: Type.String(), productGroup: Type.String(), ownerBin: Type.String() })),
  ofd: Type.Object({ host: Type.String(), port: Type.Integer() }),
  registers: Type.Array(
    Type.Object({ deviceId: Type.Integer(), registrationNumber: Type.String(), bin: Type.String() }),
  ),
});
type DemoFile = Static<typeof DEMO>;
export type Participant = DemoFile['participants'][number];

export interface Demo {
  readonly baseUrl: string;
  readonly participants: readonly Participant[];
  who(role: Role): Participant;
  /** A GTIN of that group and owner. */
  gtin(productGroup: string, ownerBin: string): string;
  /** A register of the retailer, and where registers connect. */
  cashRegister(): { readonly address: DemoFile['ofd']; readonly register: DemoFile['registers'][number] };
}

const READY_TIMEOUT_MS = 3_000;

/** Something that the newcomer has to do first; told without a stack. */
export class NotReady extends Error {}

/** The demo that the running hub has written down. */
export async function findDemo(env: NodeJS.ProcessEnv): Promise<Demo> {
  const path = join(resolve(env['TANBA_DATA'] || 'data'), 'demo.json');
  const file = await readDemo(path);
  await requireHub(file.baseUrl, path);
  return {
    baseUrl: file.baseUrl,
    participants: file.participants,
    who: (role) => found(file.participants, (one) => one.role === role, `a participant with the role ${role}`, path),
    gtin: (group, owner) =>
      found(
        file.products,
        (one) => one.productGroup === group && one.ownerBin === owner,
        `goods of the group ${group} of ${owner}`,
        path,
      ).gtin,
    cashRegister: () => {
      const { bin } = found(file.participants, ({ role }) => role === 'retailer', 'a retailer', path);
      const register = found(file.registers, (one) => one.bin === bin, `a cash register of ${bin}`, path);
      return { address: file.ofd, register };
    },
  };
}

async function readDemo(path: string): Promise<DemoFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new NotReady(
      `There is no ${path}: no demo hub has been started with this data folder.\n` +
        'Start one in another terminal with "npm start" and run the tour again.\n' +
        'If its data folder is another one, name it: TANBA_DATA=<folder> npm run tour',
    );
  }
  const file = parsed(text);
  if (!Check(DEMO, file)) throw new NotReady(`${path} is damaged: start the hub again, it writes the file anew.`);
  return file;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

async function requireHub(baseUrl: string, path: string): Promise<void> {
  try {
    const answer = await fetch(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) });
    if (answer.ok) return;
  } catch {
    // Nobody listens: told below.
  }
  throw new NotReady(
    `No hub is ready at ${baseUrl}, the address in ${path}.\n` +
      'Start it in another terminal with "npm start" and run the tour again.',
  );
}

function found<T>(list: readonly T[], fits: (one: T) => boolean, wanted: string, path: string): T {
  const one = list.find(fits);
  if (one === undefined) throw new NotReady(`${path} names no ${wanted.replace(/^a /, '')}.`);
  return one;
}
