import { sign } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ed25519PrivateKey, type SigningKey } from '../codes/tail.ts';
import { BlockListError } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { createFingerprintSet, type FingerprintSet, type SortedFingerprints } from './fingerprint-set.ts';
import { encodeFilter, FILTER_VALUES_MAX, RICE_BITS } from './golomb.ts';
import {
  CIS_MAX,
  DELTA_VALUES_MAX,
  FINGERPRINT_BYTES,
  type GroupPolicies,
  LIST_LIFE_MS,
  type ListHeader,
  type ListSections,
  ORDERS_MAX,
  SIGNATURE_BYTES,
  SIGNING_DOMAIN,
  writeUnsigned,
} from './list-format.ts';

export interface ListSigner {
  readonly keyId: string;
  /** An Ed25519 signature over the bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** What base and delta have in common. */
interface ListParts {
  /** Codes that an order of an authority names. They are blocked like the others; nobody has to name them twice. */
  readonly exact: readonly string[];
  /** From 1, and greater with each list. */
  readonly sequence: number;
  readonly issuedAt: Date;
  readonly groups: GroupPolicies;
  readonly signer: ListSigner;
}

export interface BaseParts extends ListParts {
  /** Every blocked code, in any order; one named twice counts once. */
  readonly cises: AsyncIterable<readonly string[]>;
}

export interface DeltaParts extends ListParts {
  /** The sequence of the list that this one goes on from. */
  readonly previous: number;
  readonly added: readonly string[];
  /** Blocked no longer, by an order or otherwise. */
  readonly removed: readonly string[];
}

/** A hash takes about a microsecond: others are answered after at most 50 ms. */
const CODES_PER_TURN = 50_000;
const EMPTY = Buffer.alloc(0);

const signAside = promisify<null, NodeJS.ArrayBufferView, ReturnType<typeof ed25519PrivateKey>, Buffer>(sign);

/** In a thread of its own: over a list of ten million codes it takes a tenth of a second. */
export function createListSigner(key: SigningKey): ListSigner {
  const privateKey = ed25519PrivateKey(key);
  return { keyId: key.keyId, sign: (bytes) => signAside(null, bytes, privateKey) };
}

export async function writeBase({ cises, ...parts }: BaseParts): Promise<Buffer> {
  const orders = ordersOf(parts.exact);
  const set = createFingerprintSet();
  for await (const chunk of cises) await addAll(set, chunk);
  await addAll(set, parts.exact);
  const sorted = await set.sort();
  assertAtMost(sorted.count, FILTER_VALUES_MAX, 'codes');
  const first = await encodeFilter(sorted, RICE_BITS);
  const header = { ...headerOf(parts), kind: 'base', previous: 0, riceBits: RICE_BITS } as const;
  return await signed(parts.signer, header, {
    first,
    firstCount: sorted.count,
    second: EMPTY,
    secondCount: 0,
    orders,
    ordersCount: parts.exact.length,
  });
}

export async function writeDelta({ added, removed, previous, ...parts }: DeltaParts): Promise<Buffer> {
  if (previous >= parts.sequence) throw new RangeError(`the list ${parts.sequence} cannot go on from ${previous}`);
  const orders = ordersOf(parts.exact);
  const gone = new Set(removed);
  const both = [...added, ...parts.exact].find((cis) => gone.has(cis));
  if (both !== undefined) throw new RangeError(`${both} is both added and removed`);
  const first = await sortedSet(added, parts.exact);
  const second = await sortedSet(removed);
  const header = { ...headerOf(parts), kind: 'delta', previous, riceBits: 0 } as const;
  return await signed(parts.signer, header, {
    first: bytesOf(first),
    firstCount: first.count,
    second: bytesOf(second),
    secondCount: second.count,
    orders,
    ordersCount: parts.exact.length,
  });
}

function headerOf({
  sequence,
  issuedAt,
  groups,
  signer,
}: ListParts): Omit<ListHeader, 'kind' | 'previous' | 'riceBits'> {
  if (!Number.isInteger(sequence) || sequence < 1) throw new RangeError(`the sequence ${sequence}`);
  const validUntil = new Date(issuedAt.getTime() + LIST_LIFE_MS);
  return { sequence, issuedAt, validUntil, policies: groups, keyId: signer.keyId };
}

async function addAll(set: FingerprintSet, cises: readonly string[]): Promise<void> {
  for (let from = 0; from < cises.length; from += CODES_PER_TURN) {
    for (const cis of cises.slice(from, from + CODES_PER_TURN)) set.add(fingerprintOf(cis));
    await nextTurn();
  }
}

async function sortedSet(...lists: readonly (readonly string[])[]): Promise<SortedFingerprints> {
  const set = createFingerprintSet();
  for (const list of lists) await addAll(set, list);
  const sorted = await set.sort();
  assertAtMost(sorted.count, DELTA_VALUES_MAX, 'changes');
  return sorted;
}

function bytesOf({ count, parts }: SortedFingerprints): Buffer {
  const bytes = Buffer.alloc(count * FINGERPRINT_BYTES);
  let at = 0;
  for (const part of parts) for (const fingerprint of part) at = bytes.writeBigUInt64BE(fingerprint, at);
  return bytes;
}

/** In ascending order of their bytes. A cis holds printable ASCII only. */
function ordersOf(exact: readonly string[]): Buffer {
  assertAtMost(exact.length, ORDERS_MAX, 'codes named by orders');
  for (const cis of exact) {
    if (!/^[!-~]+$/.test(cis) || cis.length > CIS_MAX) throw new RangeError(`${JSON.stringify(cis)} is no cis`);
  }
  const sorted = [...exact].sort();
  const twice = sorted.find((cis, at) => cis === sorted[at + 1]);
  if (twice !== undefined) throw new RangeError(`${twice} is named twice`);
  return Buffer.from(sorted.map((cis) => `${cis}\n`).join(''), 'latin1');
}

function assertAtMost(count: number, limit: number, what: string): void {
  if (count > limit) throw new BlockListError('too_large', `${count} ${what}, at most ${limit}`);
}

async function signed(signer: ListSigner, header: ListHeader, sections: ListSections): Promise<Buffer> {
  const bytes = writeUnsigned(header, sections);
  const signatureAt = bytes.length - SIGNATURE_BYTES;
  const signature = await signer.sign(bytes.subarray(0, signatureAt));
  if (signature.length !== SIGNATURE_BYTES) throw new RangeError(`a signature of ${signature.length} bytes`);
  bytes.set(signature, signatureAt);
  return bytes.subarray(SIGNING_DOMAIN.length);
}
