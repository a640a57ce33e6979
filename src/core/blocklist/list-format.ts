import { type KeyObject, verify } from 'node:crypto';
import { BlockListError } from './errors.ts';
import { FILTER_VALUES_MAX, RICE_BITS_MAX } from './golomb.ts';

// docs/block-list.md describes the bytes; numbers are big-endian.

export const SIGNING_DOMAIN = Buffer.from('tanba:block-list:v1\n');
export const SIGNATURE_BYTES = 64;
/** A till that has had no newer list for so long does not answer from the old one. */
export const LIST_LIFE_MS = 72 * 3_600_000;
export const ORDERS_MAX = 100_000;
export const CIS_MAX = 64;
export const DELTA_VALUES_MAX = 1_000_000;
export const FINGERPRINT_BYTES = 8;

const MAGIC = Buffer.from('TNBL');
const VERSION = 1;
const HEADER_BYTES = 64;
const GROUPS_MAX = 100;
const GROUP_NAME = /^[a-z]{1,20}$/;
const KEY_ID = /^[0-9A-Za-z]{4}$/;
const KEY_ID_AT = 32;
const LATEST_TIME = 8_640_000_000_000_000n;

export type Policy = 'open' | 'closed';
/** Number in the file = position here. */
const POLICIES: readonly Policy[] = ['open', 'closed'];

export type ListKind = 'base' | 'delta';
const KIND_NUMBERS: Readonly<Record<ListKind, number>> = { base: 1, delta: 2 };

export interface GroupPolicies {
  /** By product group. */
  readonly byGroup: ReadonlyMap<string, Policy>;
  /** For a group that is not in the table, or not known to the till. */
  readonly otherwise: Policy;
}

export interface ListHeader {
  readonly kind: ListKind;
  readonly sequence: number;
  /** Of the list that a delta goes on from; 0 in a base. */
  readonly previous: number;
  readonly issuedAt: Date;
  readonly validUntil: Date;
  readonly keyId: string;
  readonly policies: GroupPolicies;
  /** P of the filter; 0 in a delta. */
  readonly riceBits: number;
}

export interface ListSections {
  /** Base: the filter. Delta: fingerprints added. */
  readonly first: Buffer;
  readonly firstCount: number;
  /** Delta: fingerprints removed. */
  readonly second: Buffer;
  readonly secondCount: number;
  /** Codes that an order of an authority names, each with a newline after it. */
  readonly orders: Buffer;
  readonly ordersCount: number;
}

export interface BlockListFile {
  readonly header: ListHeader;
  readonly sections: ListSections;
}

/** The signing domain, the file, and room for its signature, in one piece: what is signed need not be copied for it. */
export function writeUnsigned(header: ListHeader, sections: ListSections): Buffer {
  const groups = groupTable(header.policies);
  const { first, second, orders } = sections;
  const fixed = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(fixed);
  fixed.writeUInt8(VERSION, 4);
  fixed.writeUInt8(KIND_NUMBERS[header.kind], 5);
  fixed.writeUInt8(header.riceBits, 6);
  fixed.writeUInt8(POLICIES.indexOf(header.policies.otherwise), 7);
  fixed.writeUInt32BE(header.sequence, 8);
  fixed.writeUInt32BE(header.previous, 12);
  fixed.writeBigUInt64BE(BigInt(header.issuedAt.getTime()), 16);
  fixed.writeBigUInt64BE(BigInt(header.validUntil.getTime()), 24);
  fixed.write(keyIdOf(header.keyId), KEY_ID_AT, 'latin1');
  fixed.writeUInt32BE(sections.firstCount, 36);
  fixed.writeUInt32BE(sections.secondCount, 40);
  fixed.writeUInt32BE(sections.ordersCount, 44);
  fixed.writeUInt16BE(header.policies.byGroup.size, 48);
  fixed.writeUInt16BE(groups.length, 50);
  fixed.writeUInt32BE(first.length, 52);
  fixed.writeUInt32BE(second.length, 56);
  fixed.writeUInt32BE(orders.length, 60);
  return Buffer.concat([SIGNING_DOMAIN, fixed, groups, first, second, orders, Buffer.alloc(SIGNATURE_BYTES)]);
}

function keyIdOf(keyId: string): string {
  if (!KEY_ID.test(keyId)) throw new RangeError(`the key id ${keyId} is not of 4 letters and digits`);
  return keyId;
}

function groupTable({ byGroup }: GroupPolicies): Buffer {
  if (byGroup.size > GROUPS_MAX) throw new BlockListError('too_large', `${byGroup.size} product groups`);
  const entries = [...byGroup].sort().flatMap(([name, policy]) => {
    if (!GROUP_NAME.test(name)) throw new RangeError(`"${name}" is no name of a product group`);
    return [Buffer.of(name.length), Buffer.from(name), Buffer.of(POLICIES.indexOf(policy))];
  });
  return Buffer.concat(entries);
}

/**
 * Reads a file whose signature is right. Nothing of its content is looked at before the signature, but for what is needed
 * to find it: the key id and the lengths.
 */
export function readBlockListFile(bytes: Buffer, publicKeys: ReadonlyMap<string, KeyObject>): BlockListFile {
  if (bytes.length < HEADER_BYTES) throw new BlockListError('truncated', `${bytes.length} bytes`);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new BlockListError('wrong_version', 'not a block list');
  const version = bytes.readUInt8(4);
  if (version !== VERSION) throw new BlockListError('wrong_version', `version ${version}`);
  const lengths = lengthsOf(bytes);
  const keyId = bytes.toString('latin1', KEY_ID_AT, KEY_ID_AT + 4);
  assertSigned(bytes, keyId, publicKeys.get(keyId));
  const groupsEnd = HEADER_BYTES + lengths.groups;
  const firstEnd = groupsEnd + lengths.first;
  const secondEnd = firstEnd + lengths.second;
  const sections = {
    first: bytes.subarray(groupsEnd, firstEnd),
    firstCount: bytes.readUInt32BE(36),
    second: bytes.subarray(firstEnd, secondEnd),
    secondCount: bytes.readUInt32BE(40),
    orders: bytes.subarray(secondEnd, secondEnd + lengths.orders),
    ordersCount: bytes.readUInt32BE(44),
  };
  const header = readHeader(bytes, keyId, bytes.subarray(HEADER_BYTES, groupsEnd));
  assertFits(header, sections);
  return { header, sections };
}

interface Lengths {
  readonly groups: number;
  readonly first: number;
  readonly second: number;
  readonly orders: number;
}

function lengthsOf(bytes: Buffer): Lengths {
  const lengths = {
    groups: bytes.readUInt16BE(50),
    first: bytes.readUInt32BE(52),
    second: bytes.readUInt32BE(56),
    orders: bytes.readUInt32BE(60),
  };
  const told = HEADER_BYTES + lengths.groups + lengths.first + lengths.second + lengths.orders + SIGNATURE_BYTES;
  if (bytes.length < told) throw new BlockListError('truncated', `${bytes.length} bytes of ${told}`);
  if (bytes.length > told) throw new BlockListError('inconsistent', `${bytes.length} bytes instead of ${told}`);
  return lengths;
}

function assertSigned(bytes: Buffer, keyId: string, publicKey: KeyObject | undefined): void {
  if (publicKey === undefined || publicKey.asymmetricKeyType !== 'ed25519') {
    throw new BlockListError('unknown_key', `no Ed25519 key ${JSON.stringify(keyId)}`);
  }
  const signatureAt = bytes.length - SIGNATURE_BYTES;
  const signed = Buffer.concat([SIGNING_DOMAIN, bytes.subarray(0, signatureAt)]);
  if (!verify(null, signed, publicKey, bytes.subarray(signatureAt))) {
    throw new BlockListError('bad_signature', `not signed by the key ${keyId}`);
  }
}

function readHeader(bytes: Buffer, keyId: string, groups: Buffer): ListHeader {
  const kind = bytes.readUInt8(5) === KIND_NUMBERS.base ? 'base' : 'delta';
  if (bytes.readUInt8(5) !== KIND_NUMBERS[kind]) throw new BlockListError('inconsistent', 'neither base nor delta');
  return {
    kind,
    riceBits: bytes.readUInt8(6),
    sequence: bytes.readUInt32BE(8),
    previous: bytes.readUInt32BE(12),
    issuedAt: timeAt(bytes, 16),
    validUntil: timeAt(bytes, 24),
    keyId,
    policies: {
      byGroup: readGroups(groups, bytes.readUInt16BE(48)),
      otherwise: policyOf(bytes[7]),
    },
  };
}

function timeAt(bytes: Buffer, at: number): Date {
  const ms = bytes.readBigUInt64BE(at);
  if (ms > LATEST_TIME) throw new BlockListError('inconsistent', 'a time that no calendar has');
  return new Date(Number(ms));
}

function policyOf(number: number | undefined): Policy {
  const policy = POLICIES[number ?? -1];
  if (policy === undefined) throw new BlockListError('inconsistent', `policy ${number}`);
  return policy;
}

function readGroups(table: Buffer, count: number): Map<string, Policy> {
  const byGroup = new Map<string, Policy>();
  let at = 0;
  for (let group = 0; group < count; group += 1) {
    const nameEnd = at + 1 + (table[at] ?? 0);
    const name = table.toString('latin1', at + 1, nameEnd);
    if (!GROUP_NAME.test(name) || byGroup.has(name)) {
      throw new BlockListError('inconsistent', 'the table of product groups');
    }
    byGroup.set(name, policyOf(table[nameEnd]));
    at = nameEnd + 1;
  }
  if (at !== table.length) throw new BlockListError('inconsistent', 'the table of product groups');
  return byGroup;
}

function assertFits({ kind, ...header }: ListHeader, sections: ListSections): void {
  const { first, firstCount, second, secondCount, orders, ordersCount } = sections;
  const firstMax = kind === 'base' ? FILTER_VALUES_MAX : DELTA_VALUES_MAX;
  if (firstCount > firstMax || secondCount > DELTA_VALUES_MAX || ordersCount > ORDERS_MAX) {
    throw new BlockListError('too_large', `${firstCount} + ${secondCount} fingerprints, ${ordersCount} orders`);
  }
  if (orders.length > ordersCount * (CIS_MAX + 1)) throw new BlockListError('too_large', 'the texts of the orders');
  if (header.validUntil.getTime() - header.issuedAt.getTime() !== LIST_LIFE_MS) {
    throw new BlockListError('inconsistent', 'valid for other than 72 hours');
  }
  const fits =
    kind === 'base'
      ? header.previous === 0 && secondCount === 0 && header.riceBits >= 1 && header.riceBits <= RICE_BITS_MAX
      : header.previous < header.sequence && header.riceBits === 0 && first.length === firstCount * FINGERPRINT_BYTES;
  if (!fits || header.sequence === 0 || second.length !== secondCount * FINGERPRINT_BYTES) {
    throw new BlockListError('inconsistent', `a ${kind} with such a header`);
  }
}
