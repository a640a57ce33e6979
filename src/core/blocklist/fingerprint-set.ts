import { setImmediate as nextTurn } from 'node:timers/promises';

const BUCKETS = 256;
const BUCKET_SHIFT = 56n;
const FIRST_ROOM = 64;

/** Fingerprints in ascending order, each once: the parts follow each other. */
export interface SortedFingerprints {
  readonly count: number;
  readonly parts: readonly BigUint64Array[];
}

export interface FingerprintSet {
  add(fingerprint: bigint): void;
  /** Nothing can be added after. */
  sort(): Promise<SortedFingerprints>;
}

interface Bucket {
  values: BigUint64Array;
  length: number;
}

/**
 * A bucket for each first byte: what grows and what is sorted at once is a 256th of the whole, so that ten million take
 * 80 to 160 MB and nobody waits for their sorting.
 */
export function createFingerprintSet(): FingerprintSet {
  const buckets: Bucket[] = Array.from({ length: BUCKETS }, () => ({ values: new BigUint64Array(0), length: 0 }));
  return {
    add: (fingerprint) => {
      const bucket = buckets[Number(fingerprint >> BUCKET_SHIFT)];
      if (bucket === undefined) throw new RangeError('a fingerprint of more than 64 bits');
      if (bucket.length === bucket.values.length) bucket.values = doubled(bucket.values);
      bucket.values[bucket.length] = fingerprint;
      bucket.length += 1;
    },
    sort: async () => {
      const parts: BigUint64Array[] = [];
      let count = 0;
      for (const { values, length } of buckets) {
        const part = eachOnce(values.subarray(0, length).sort());
        parts.push(part);
        count += part.length;
        if (length > FIRST_ROOM) await nextTurn();
      }
      return { count, parts };
    },
  };
}

function doubled(values: BigUint64Array): BigUint64Array {
  const larger = new BigUint64Array(Math.max(FIRST_ROOM, values.length * 2));
  larger.set(values);
  return larger;
}

function eachOnce(sorted: BigUint64Array): BigUint64Array {
  let kept = 0;
  for (const value of sorted) {
    if (kept > 0 && sorted[kept - 1] === value) continue;
    sorted[kept] = value;
    kept += 1;
  }
  return sorted.subarray(0, kept);
}
