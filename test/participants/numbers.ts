import assert from 'node:assert/strict';
import { isValidBin } from '../../src/core/participants/bin.ts';

/** Eleven digits with their check digit. */
export function numbered(eleven: string): string {
  const digit = [...'0123456789'].find((last) => isValidBin(eleven + last));
  return digit === undefined ? assert.fail(`${eleven} has no check digit`) : eleven + digit;
}

/** BINs that no other test of a database has, one after the other. */
export function binsFrom(first: number): () => string {
  let next = first;
  return () => {
    for (;;) {
      const eleven = `220440${String(next).padStart(5, '0')}`;
      next += 1;
      const digit = [...'0123456789'].find((last) => isValidBin(eleven + last));
      if (digit !== undefined) return eleven + digit;
    }
  };
}
