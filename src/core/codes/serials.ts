import { createCipheriv } from 'node:crypto';

/** In ASCII order, so that a serial's rank in this alphabet sorts like its bytes. */
const ALPHABET = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 'latin1');

export const SEED_BYTES = 32;

/** Keystream per position: enough for 20 characters, and two AES blocks, so that any position is reached at once. */
const STRIDE = 32;
const AES_BLOCK = 16;

/** 248 = 4 × 62: bytes below it, taken mod 62, are uniform. */
const UNIFORM_BELOW = 248;

export interface SerialTemplate {
  readonly serialLength: number;
  readonly serialPrefix?: string;
}

/** How many different serials the template has. */
export function serialSpace(template: SerialTemplate): number {
  return ALPHABET.length ** randomLength(template);
}

export function randomLength(template: SerialTemplate): number {
  return template.serialLength - (template.serialPrefix?.length ?? 0);
}

/**
 * The serials at positions `first` … `first + count - 1` of the seed's stream. AES-256-CTR under the seed is a keyed
 * pseudo-random function of the position: unguessable without the seed, the same for ever with it. Measured: 1 GB/s,
 * against 1.5 µs per HMAC.
 */
export function serialRange(seed: Uint8Array, template: SerialTemplate, first: number, count: number): string[] {
  const random = randomLength(template);
  const prefix = template.serialPrefix ?? '';
  const stream = keystream(seed, first, count);
  const characters = Buffer.allocUnsafe(random);
  return Array.from({ length: count }, (_, i) => {
    writeSerial(stream, i, characters, 0, random);
    return prefix + characters.toString('latin1', 0, random);
  });
}

export function serialAt(seed: Uint8Array, template: SerialTemplate, position: number): string {
  return serialRange(seed, template, position, 1)[0] ?? '';
}

/** The stream's bytes for `count` positions from `first` on; hand it to writeSerial. */
export function keystream(seed: Uint8Array, first: number, count: number): Buffer {
  if (seed.length !== SEED_BYTES) throw new RangeError(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const counter = Buffer.alloc(AES_BLOCK);
  counter.writeBigUInt64BE(BigInt(first) * BigInt(STRIDE / AES_BLOCK), AES_BLOCK - 8);
  return createCipheriv('aes-256-ctr', seed, counter).update(Buffer.alloc(count * STRIDE));
}

/** Writes the random characters of the i-th position of `stream` to `target` at `at`. */
export function writeSerial(stream: Buffer, i: number, target: Uint8Array, at: number, length: number): void {
  const end = (i + 1) * STRIDE;
  let written = 0;
  for (let j = i * STRIDE; written < length && j < end; j += 1) {
    const byte = stream[j] ?? 0;
    if (byte < UNIFORM_BELOW) {
      target[at + written] = ALPHABET[byte % ALPHABET.length] ?? 0;
      written += 1;
    }
  }
  // Fewer than 20 of 32 bytes below 248: once in 10^11 positions. The bytes left out then serve after all.
  for (let j = i * STRIDE; written < length; j += 1) {
    const byte = stream[j] ?? 0;
    if (byte >= UNIFORM_BELOW) {
      target[at + written] = ALPHABET[byte % ALPHABET.length] ?? 0;
      written += 1;
    }
  }
}

/** Where a character stands in the alphabet, by its ASCII number. */
export const RANKS: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, ascii) =>
  Math.max(0, ALPHABET.indexOf(ascii)),
);

/** What a sealed seed is bound to: it opens for its own order line only. */
export function seedContext(orderId: string, gtin: string): string {
  return `tanba:seed:v1:${orderId}:${gtin}`;
}
