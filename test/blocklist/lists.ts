import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { BlockListErrorCode } from '../../src/core/blocklist/errors.ts';
import { BlockListError } from '../../src/core/blocklist/errors.ts';
import type { GroupPolicies } from '../../src/core/blocklist/list-format.ts';
import { type BlockList, openBlockList } from '../../src/core/blocklist/reader.ts';
import {
  type BaseParts,
  createListSigner,
  type DeltaParts,
  writeBase,
  writeDelta,
} from '../../src/core/blocklist/writer.ts';
import type { SigningKey } from '../../src/core/codes/tail.ts';

/** RFC 8410: an Ed25519 private key in PKCS #8 is this and 32 bytes; here those from 0 to 31. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export function testKey(keyId: string, firstByte = 0): SigningKey {
  const seed = Buffer.from(Array.from({ length: 32 }, (_, at) => firstByte + at));
  return { keyId, algorithm: 'ed25519', secret: Buffer.concat([PKCS8_HEAD, seed]) };
}

export function privateKeyOf({ secret }: SigningKey): KeyObject {
  return createPrivateKey({ key: Buffer.from(secret), format: 'der', type: 'pkcs8' });
}

export const KEY = testKey('Abc1');
export const PUBLIC_KEYS: ReadonlyMap<string, KeyObject> = new Map([['Abc1', createPublicKey(privateKeyOf(KEY))]]);
export const ISSUED_AT = new Date('2027-03-01T06:00:00Z');
export const GROUPS: GroupPolicies = {
  byGroup: new Map([
    ['milk', 'open'],
    ['tobacco', 'closed'],
  ]),
  otherwise: 'open',
};

export const HOUR = 3_600_000;
export function later(ms: number, from = ISSUED_AT): Date {
  return new Date(from.getTime() + ms);
}

export async function* chunksOf(cises: readonly string[], size = 1_000): AsyncGenerator<readonly string[]> {
  for (let from = 0; from < cises.length; from += size) yield cises.slice(from, from + size);
}

const COMMON = { exact: [], issuedAt: ISSUED_AT, groups: GROUPS, signer: createListSigner(KEY) };

export async function base(cises: readonly string[], parts: Partial<BaseParts> = {}): Promise<Buffer> {
  return await writeBase({ ...COMMON, sequence: 1, cises: chunksOf(cises), ...parts });
}

export async function delta(sequence: number, parts: Partial<DeltaParts> = {}): Promise<Buffer> {
  return await writeDelta({ ...COMMON, sequence, previous: sequence - 1, added: [], removed: [], ...parts });
}

export function open(first: Buffer, ...deltas: readonly Buffer[]): BlockList {
  return openBlockList({ base: first, deltas, publicKeys: PUBLIC_KEYS, now: ISSUED_AT });
}

/** The file with some of its bytes changed, and signed anew: what only the holder of the key can make. */
export function resigned(file: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(file.subarray(0, -64));
  change(copy);
  return Buffer.concat([
    copy,
    sign(null, Buffer.concat([Buffer.from('tanba:block-list:v1\n'), copy]), privateKeyOf(KEY)),
  ]);
}

export function codes(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, at) => `010487000010001921${String(from + at).padStart(13, '0')}`);
}

export function refusedAs(code: BlockListErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof BlockListError && error.code === code;
}
