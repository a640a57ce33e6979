import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { TanbaError } from '../errors.ts';

/** Encrypts and authenticates small secrets at rest. What was sealed under one context opens under that one only. */
export interface Sealer {
  seal(plain: Uint8Array, context: string): Buffer;
  /** Throws `keys.seal_broken`. */
  unseal(sealed: Uint8Array, context: string): Buffer;
}

export const MASTER_KEY_BYTES = 32;

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
/** Random nonces of 96 bits under one key are safe up to 2^32 values (NIST SP 800-38D, 8.3): far beyond all orders. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** A key of 32 bytes for this purpose alone, the same ever again. */
export function deriveKey(masterKey: Buffer, purpose: string): Buffer {
  if (masterKey.length !== MASTER_KEY_BYTES) throw new RangeError(`a master key has ${MASTER_KEY_BYTES} bytes`);
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `tanba:${purpose}:v1`, MASTER_KEY_BYTES));
}

/** Version, nonce, tag, then AES-256-GCM under a key that HKDF derives from the master key for this purpose alone. */
export function createSealer(masterKey: Buffer, purpose: string): Sealer {
  const key = deriveKey(masterKey, purpose);
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), encrypted]);
    },
    unseal(sealed, context) {
      if (sealed.length < HEADER_BYTES || sealed[0] !== VERSION) throw new TanbaError('keys.seal_broken');
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(context))
        .setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]);
      } catch (cause) {
        throw new TanbaError('keys.seal_broken', { cause });
      }
    },
  };
}
