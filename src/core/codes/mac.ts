import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** A cis has at most 38 characters; the domain, algorithm and key id before it stay below 64. */
const TEXT_MAX = 256;

/**
 * HMAC-SHA-256 (RFC 2104) of short ASCII texts under one key, in base64. The pads are laid out once and the texts written
 * behind them: 1.4–1.9 µs a text where `createHmac` takes 3.3–4.3 µs, which is a second of CPU for a million codes.
 */
export function createMac(secret: Uint8Array, prefix: string): (text: string) => string {
  if (secret.length > BLOCK_BYTES) throw new RangeError('a key longer than a block would have to be hashed first');
  const inner = padded(secret, INNER_PAD, BLOCK_BYTES + TEXT_MAX);
  const outer = padded(secret, OUTER_PAD, BLOCK_BYTES + DIGEST_BYTES);
  const start = BLOCK_BYTES + inner.write(prefix, BLOCK_BYTES, 'latin1');
  return (text) => {
    if (start + text.length > inner.length) throw new RangeError(`a code of ${text.length} characters`);
    const end = start + inner.write(text, start, 'latin1');
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1');
    return hash('sha256', outer, 'base64');
  };
}

function padded(secret: Uint8Array, pad: number, bytes: number): Buffer {
  const block = Buffer.alloc(bytes);
  for (let index = 0; index < BLOCK_BYTES; index++) block[index] = (secret[index] ?? 0) ^ pad;
  return block;
}
