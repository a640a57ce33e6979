import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';

/** Standard Webhooks, symmetric: https://www.standardwebhooks.com. */
const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;
const VERSION = 'v1';
const TOLERANCE_SECONDS = 300;

export interface SignatureHeaders {
  readonly 'webhook-id': string;
  /** Unix seconds of the attempt. */
  readonly 'webhook-timestamp': string;
  /** One signature for each secret that is valid, separated by spaces. */
  readonly 'webhook-signature': string;
}

/** Also as node:http gives them. */
type GivenHeaders = SignatureHeaders | Readonly<NodeJS.Dict<string | string[]>>;

export function makeSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** A KeyObject rather than its bytes: it shows nothing in a log. */
export function keyOf(secret: string): KeyObject {
  if (!secret.startsWith(SECRET_PREFIX)) throw new RangeError(`a secret begins with ${SECRET_PREFIX}`);
  return createSecretKey(Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64'));
}

export function signatureHeaders(keys: readonly KeyObject[], id: string, at: Date, body: Buffer): SignatureHeaders {
  const timestamp = String(Math.trunc(at.getTime() / 1000));
  const signatures = keys.map((key) => `${VERSION},${hmac(key, id, timestamp, body).toString('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** What a receiver does: the right signature under any of its secrets, and not older than five minutes. */
export function verify(secrets: readonly string[], headers: GivenHeaders, body: Buffer, now: Date): boolean {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const wanted = secrets.map((secret) => hmac(keyOf(secret), id, timestamp, body));
  return signatures.split(' ').some((signature) => {
    const [version, text = ''] = signature.split(',');
    const given = Buffer.from(text, 'base64');
    return version === VERSION && wanted.some((one) => one.length === given.length && timingSafeEqual(one, given));
  });
}

function hmac(key: KeyObject, id: string, timestamp: string, body: Buffer): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}
