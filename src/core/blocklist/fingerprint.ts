import { hash } from 'node:crypto';

const DOMAIN = 'tanba:block-list:v1\0';

/** The first 8 bytes of SHA-256 over the domain and the cis. */
export function fingerprintOf(cis: string): bigint {
  return hash('sha256', `${DOMAIN}${cis}`, 'buffer').readBigUInt64BE(0);
}
