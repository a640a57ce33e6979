import { setImmediate as nextTurn } from 'node:timers/promises';
import { BlockListError } from './errors.ts';
import type { SortedFingerprints } from './fingerprint-set.ts';

/** One false hit in 2^19 codes, at 19 + 1.6 bits a code. */
export const RICE_BITS = 19;
export const RICE_BITS_MAX = 20;
export const BLOCK_VALUES = 128;
/** First value (48 bits) and byte offset (32 bits) of a block. */
export const INDEX_ENTRY_BYTES = 10;
/** With it, a value stays below 2^46 and an offset below 2^32. */
export const FILTER_VALUES_MAX = 2 ** 26;

const VALUE_BYTES = 6;

/** From the range of a fingerprint to that of the filter; keeps the order. */
function reduce(fingerprint: bigint, range: bigint): number {
  return Number((fingerprint * range) >> 64n);
}

function rangeOf(count: number, riceBits: number): bigint {
  return BigInt(count) << BigInt(riceBits);
}

/**
 * A Golomb-Rice coded set as in BIP-158, in blocks of 128 values that can be decoded alone: first the index, then the
 * blocks. The first value of a block stands in the index only, the others as differences to the one before: quotient by
 * 2^P as that many 1 bits and a 0 bit, remainder in P bits. A block begins with a byte of its own.
 */
export async function encodeFilter({ count, parts }: SortedFingerprints, riceBits: number): Promise<Buffer> {
  const range = rangeOf(count, riceBits);
  const blocks = Math.ceil(count / BLOCK_VALUES);
  const bitsFrom = blocks * INDEX_ENTRY_BYTES;
  // The quotients add up to no more than the number of values.
  const bytes = Buffer.alloc(bitsFrom + Math.ceil((count * (riceBits + 2)) / 8) + blocks);
  const bits = createBitWriter(bytes, bitsFrom);
  let written = 0;
  let before = 0;
  for (const part of parts) {
    for (const fingerprint of part) {
      const value = reduce(fingerprint, range);
      if (written % BLOCK_VALUES === 0) {
        const entry = (written / BLOCK_VALUES) * INDEX_ENTRY_BYTES;
        bytes.writeUIntBE(value, entry, VALUE_BYTES);
        bytes.writeUInt32BE(bits.startByte() - bitsFrom, entry + VALUE_BYTES);
      } else {
        bits.write(value - before, riceBits);
      }
      before = value;
      written += 1;
    }
    await nextTurn();
  }
  return bytes.subarray(0, bits.startByte());
}

interface BitWriter {
  /** Fills the byte begun with 0 bits and answers where the next one stands. */
  startByte(): number;
  write(difference: number, riceBits: number): void;
}

function createBitWriter(bytes: Buffer, from: number): BitWriter {
  let at = from * 8;
  const setBit = (): void => {
    const byte = at >>> 3;
    bytes[byte] = (bytes[byte] ?? 0) | (0x80 >> (at & 7));
  };
  return {
    startByte: () => {
      at = Math.ceil(at / 8) * 8;
      return at / 8;
    },
    write: (difference, riceBits) => {
      const size = 2 ** riceBits;
      for (let quotient = Math.floor(difference / size); quotient > 0; quotient -= 1) {
        setBit();
        at += 1;
      }
      at += 1;
      const remainder = difference % size;
      for (let bit = riceBits - 1; bit >= 0; bit -= 1) {
        if ((remainder >>> bit) & 1) setBit();
        at += 1;
      }
    },
  };
}

export interface Filter {
  /** True for each fingerprint of the set, and for one other in 2^P. */
  has(fingerprint: bigint): boolean;
}

/** Reads nothing but the index beforehand; a question decodes one block where it stands. */
export function openFilter(section: Buffer, count: number, riceBits: number): Filter {
  const blocks = Math.ceil(count / BLOCK_VALUES);
  const bitsFrom = blocks * INDEX_ENTRY_BYTES;
  if (section.length < bitsFrom) throw new BlockListError('inconsistent', 'the filter is shorter than its index');
  const range = rangeOf(count, riceBits);
  const firstOf = (block: number): number => section.readUIntBE(block * INDEX_ENTRY_BYTES, VALUE_BYTES);
  const startOf = (block: number): number =>
    block === blocks ? section.length : bitsFrom + section.readUInt32BE(block * INDEX_ENTRY_BYTES + VALUE_BYTES);
  checkIndex(blocks, firstOf, startOf, { from: bitsFrom, range: Number(range) });
  return {
    has: (fingerprint) => {
      const value = reduce(fingerprint, range);
      const block = lastAtMost(blocks, firstOf, value);
      if (block < 0) return false;
      const values = Math.min(BLOCK_VALUES, count - block * BLOCK_VALUES);
      return blockHas(section.subarray(startOf(block), startOf(block + 1)), value - firstOf(block), values, riceBits);
    },
  };
}

function checkIndex(
  blocks: number,
  firstOf: (block: number) => number,
  startOf: (block: number) => number,
  { from, range }: { readonly from: number; readonly range: number },
): void {
  if (startOf(0) !== from) throw new BlockListError('inconsistent', 'the first block does not follow the index');
  for (let block = 0; block < blocks; block += 1) {
    const ordered = startOf(block) <= startOf(block + 1) && (block === 0 || firstOf(block - 1) <= firstOf(block));
    if (!ordered || firstOf(block) >= range) throw new BlockListError('inconsistent', 'the index is out of order');
  }
}

/** The last block that begins with `value` or less, or -1. */
function lastAtMost(blocks: number, firstOf: (block: number) => number, value: number): number {
  let low = 0;
  let high = blocks;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (firstOf(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Whether one of the sums of the block's differences is `wanted`; the first sum, before any difference, is 0. */
function blockHas(block: Buffer, wanted: number, values: number, riceBits: number): boolean {
  const end = block.length * 8;
  let at = 0;
  let sum = 0;
  for (let left = values - 1; sum < wanted && left > 0; left -= 1) {
    for (; bitsAt(block, at) >>> 31 === 1; at += 1) sum += 2 ** riceBits;
    at += 1;
    sum += bitsAt(block, at) >>> (32 - riceBits);
    at += riceBits;
    if (at > end) throw new BlockListError('inconsistent', 'a block of the filter ends before its values');
  }
  return sum === wanted;
}

/** At least 25 bits from a bit on, in the highest places; after the end there are only 0 bits. */
function bitsAt(block: Buffer, at: number): number {
  const byte = at >>> 3;
  const word =
    ((block[byte] ?? 0) << 24) |
    ((block[byte + 1] ?? 0) << 16) |
    ((block[byte + 2] ?? 0) << 8) |
    (block[byte + 3] ?? 0);
  return word << (at & 7);
}
