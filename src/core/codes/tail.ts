import { createPrivateKey, createPublicKey, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { TanbaError } from '../errors.ts';
import type { Tail } from './code-parts.ts';
import { createMac } from './mac.ts';
import { type Algorithm, algorithmOf, type CodeTemplate } from './template.ts';

/** Plain data, so that it can be handed to a worker thread. */
export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: Algorithm;
  /** Ed25519: PKCS #8 in DER. Otherwise 32 random bytes. */
  readonly secret: Uint8Array;
}

const DOMAIN = 'tanba:tail:v1';
const MAC_24_LENGTH = 4;
const ED25519_SIGNATURE_BYTES = 64;

/** What is signed, up to the cis: a key of one algorithm or domain never answers for another. */
function signedPrefix(key: SigningKey): string {
  return `${DOMAIN}\0${key.algorithm}\0${key.keyId}\0`;
}

/**
 * Makes the tails of one key. The key is read once here: reading an Ed25519 key costs as much as a signature, so make
 * one for many codes.
 */
export function createTailMaker(template: CodeTemplate, key: SigningKey): (cis: string) => Tail {
  const algorithm = algorithmOf(template);
  if (key.algorithm !== algorithm) {
    throw new TanbaError('keys.algorithm_differs', { details: { keyId: key.keyId, algorithm } });
  }
  const { keyId } = key;
  if (algorithm === 'ed25519') {
    const signature = createSigner(key);
    return (cis) => ({ kind: 'key', keyId, value: signature(cis) });
  }
  const mac = macOf(key);
  return algorithm === 'mac-24'
    ? (cis) => ({ kind: 'code', value: mac(cis) })
    : (cis) => ({ kind: 'key', keyId, value: mac(cis) });
}

/** A cis has at most 38 characters. */
const SIGNED_TEXT_MAX = 64;

/** Each cis is written behind the same prefix, in the same bytes: a buffer for each took a hundredth of the time. */
function createSigner(key: SigningKey): (cis: string) => string {
  const privateKey = ed25519PrivateKey(key);
  const prefix = signedPrefix(key);
  const message = Buffer.alloc(prefix.length + SIGNED_TEXT_MAX);
  const start = message.write(prefix, 'latin1');
  return (cis) => {
    if (cis.length > SIGNED_TEXT_MAX) throw new RangeError(`a cis of ${cis.length} characters`);
    const end = start + message.write(cis, start, 'latin1');
    return sign(null, message.subarray(0, end), privateKey).toString('base64');
  };
}

/** Whether `value` (AI 92 or 93) is right for the cis under one key: at once for a MAC, later for a signature. */
export type TailCheck = (cis: string, value: string) => boolean | Promise<boolean>;

export function createTailCheck(key: SigningKey): TailCheck {
  return key.algorithm === 'ed25519' ? createSignatureCheck(key) : createMacCheck(key);
}

/** In constant time. */
export function createMacCheck(key: SigningKey): (cis: string, value: string) => boolean {
  const mac = macOf(key);
  return (cis, value) => {
    const right = Buffer.from(mac(cis));
    const given = Buffer.from(value);
    return right.length === given.length && timingSafeEqual(right, given);
  };
}

/** In a thread of its own: 80 to 100 µs each, in which the process would answer nobody else. */
const verifyAside = promisify<null, Buffer, KeyObject, Buffer, boolean>(verify);

function createSignatureCheck(key: SigningKey): TailCheck {
  const prefix = signedPrefix(key);
  const publicKey = createPublicKey(ed25519PrivateKey(key));
  return async (cis, value) => {
    const signature = Buffer.from(value, 'base64');
    // Base64 leaves four bits of the last character unused and skips foreign characters: only one spelling is right.
    if (signature.length !== ED25519_SIGNATURE_BYTES || signature.toString('base64') !== value) return false;
    return verifyAside(null, Buffer.from(prefix + cis), publicKey, signature);
  };
}

/** A mac-24 is the beginning of the whole: four characters of base64 are its first three bytes. */
function macOf(key: SigningKey): (cis: string) => string {
  const mac = createMac(key.secret, signedPrefix(key));
  return key.algorithm === 'mac-24' ? (cis) => mac(cis).slice(0, MAC_24_LENGTH) : mac;
}

export function ed25519PrivateKey(key: SigningKey): KeyObject {
  return createPrivateKey({ key: Buffer.from(key.secret), format: 'der', type: 'pkcs8' });
}
