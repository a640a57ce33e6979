import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly name?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const YEAR_MS = 365 * 86_400_000;

/** A certificate that signs itself, so that it is trusted by being named as the only authority. */
export function makeCertificate(options: CertificateOptions = {}): Certificate {
  const { name = 'localhost', notBefore = new Date(Date.now() - YEAR_MS) } = options;
  const { notAfter = new Date(Date.now() + YEAR_MS) } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = sequence(set(sequence(COMMON_NAME, utf8(name))));
  const toBeSigned = sequence(
    tagged(0xa0, integer(2)),
    integer(1),
    ECDSA_SHA256,
    subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    tagged(0xa3, sequence(sequence(SUBJECT_ALT_NAME, octets(sequence(tagged(0x82, Buffer.from(name))))))),
  );
  return { cert: pem(toBeSigned, privateKey), key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
}

function pem(toBeSigned: Buffer, key: KeyObject): string {
  const signature = tagged(0x03, Buffer.from([0]), sign('sha256', toBeSigned, key));
  const text = sequence(toBeSigned, ECDSA_SHA256, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
}

/** DER: a tag, the length, and what is inside. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const sizes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...sizes]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts);
const set = (...parts: readonly Buffer[]): Buffer => tagged(0x31, ...parts);
const octets = (...parts: readonly Buffer[]): Buffer => tagged(0x04, ...parts);
const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
const integer = (below128: number): Buffer => tagged(0x02, Buffer.from([below128]));
const objectId = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const time = (at: Date): Buffer => tagged(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\..*/g, '')}Z`));

const ECDSA_SHA256 = sequence(objectId('2a8648ce3d040302'));
const COMMON_NAME = objectId('550403');
const SUBJECT_ALT_NAME = objectId('551d11');
