import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fingerprintOf } from '../../src/core/blocklist/fingerprint.ts';
import { createFingerprintSet, type SortedFingerprints } from '../../src/core/blocklist/fingerprint-set.ts';
import {
  BLOCK_VALUES,
  encodeFilter,
  INDEX_ENTRY_BYTES,
  openFilter,
  RICE_BITS,
} from '../../src/core/blocklist/golomb.ts';
import { codes, refusedAs } from './lists.ts';

const HALF_INDEX_ENTRY = 6;

async function sorted(fingerprints: Iterable<bigint>): Promise<SortedFingerprints> {
  const set = createFingerprintSet();
  for (const fingerprint of fingerprints) set.add(fingerprint);
  return await set.sort();
}

const fingerprints = fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 600 });

describe('a fingerprint', () => {
  it('is what docs/block-list.md says', () => {
    assert.equal(fingerprintOf('010487000010001921abcdefghijk01').toString(16), 'c4374da756cd111f');
  });
});

describe('a set of fingerprints', () => {
  it('is sorted and has each once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), async (given) => {
        const { count, parts } = await sorted([...given, ...given]);
        const expected = [...new Set(given)].sort((a, b) => (a < b ? -1 : 1));
        assert.deepEqual(
          parts.flatMap((part) => [...part]),
          expected,
        );
        assert.equal(count, expected.length);
      }),
    );
  });
});

describe('a filter', () => {
  it('has everything that was put into it, for every P', async () => {
    await fc.assert(
      fc.asyncProperty(fingerprints, fc.integer({ min: 1, max: 20 }), async (given, riceBits) => {
        const set = await sorted(given);
        const filter = openFilter(await encodeFilter(set, riceBits), set.count, riceBits);
        return given.every((fingerprint) => filter.has(fingerprint));
      }),
    );
  });

  it('has what lies next to each other, and the ends of the range', async () => {
    const given = [0n, 1n, 2n, 2n ** 63n, 2n ** 63n + 1n, 2n ** 64n - 2n, 2n ** 64n - 1n];
    const set = await sorted(given);
    const filter = openFilter(await encodeFilter(set, RICE_BITS), set.count, RICE_BITS);
    assert.ok(given.every((fingerprint) => filter.has(fingerprint)));
    assert.equal(filter.has(2n ** 62n), false);
  });

  it('of nothing has nothing', async () => {
    const set = await sorted([]);
    const section = await encodeFilter(set, RICE_BITS);
    assert.equal(section.length, 0);
    assert.equal(openFilter(section, 0, RICE_BITS).has(5n), false);
  });

  it('takes less than 22 bits a code', async () => {
    const set = await sorted(codes(50_000).map(fingerprintOf));
    const section = await encodeFilter(set, RICE_BITS);
    assert.ok((section.length * 8) / set.count < 22, `${(section.length * 8) / set.count}`);
  });

  it('has about one in 2^P of the codes that are not in it', async () => {
    const set = await sorted(codes(20_000).map(fingerprintOf));
    const filter = openFilter(await encodeFilter(set, 8), set.count, 8);
    const hits = codes(100_000, 1_000_000).filter((cis) => filter.has(fingerprintOf(cis))).length;
    assert.ok(hits > 300 && hits < 480, `${hits} of 100,000, where 390 are expected`);
  });

  it('of 2^19 has at most 3 of 100,000 codes that are not in it', async () => {
    const set = await sorted(codes(20_000).map(fingerprintOf));
    const filter = openFilter(await encodeFilter(set, RICE_BITS), set.count, RICE_BITS);
    const hits = codes(100_000, 1_000_000).filter((cis) => filter.has(fingerprintOf(cis))).length;
    assert.ok(hits <= 3, `${hits} hits`);
  });
});

describe('a filter that was not written as it should', () => {
  const CODES = BLOCK_VALUES * 3;
  let section: Buffer;
  let count: number;

  beforeEach(async () => {
    const set = await sorted(codes(CODES).map(fingerprintOf));
    section = await encodeFilter(set, RICE_BITS);
    count = set.count;
  });

  const openIt = (): unknown => openFilter(section, count, RICE_BITS);

  it('is refused when it is shorter than its index', () => {
    section = section.subarray(0, INDEX_ENTRY_BYTES * 3 - 1);
    assert.throws(openIt, refusedAs('inconsistent'));
  });

  it('is refused when the first block does not follow the index', () => {
    section.writeUInt32BE(1, HALF_INDEX_ENTRY);
    assert.throws(openIt, refusedAs('inconsistent'));
  });

  it('is refused when a block lies behind the end', () => {
    section.writeUInt32BE(section.length, INDEX_ENTRY_BYTES * 2 + HALF_INDEX_ENTRY);
    assert.throws(openIt, refusedAs('inconsistent'));
  });

  it('is refused when the first values are out of order', () => {
    section.copy(section, INDEX_ENTRY_BYTES, INDEX_ENTRY_BYTES * 2, INDEX_ENTRY_BYTES * 2 + HALF_INDEX_ENTRY);
    section.writeUIntBE(0, INDEX_ENTRY_BYTES * 2, HALF_INDEX_ENTRY);
    assert.throws(openIt, refusedAs('inconsistent'));
  });

  it('is refused when a value is out of its range', () => {
    section.writeUIntBE(2 ** 48 - 1, INDEX_ENTRY_BYTES * 2, HALF_INDEX_ENTRY);
    assert.throws(openIt, refusedAs('inconsistent'));
  });

  it('ends a question that runs out of its block', () => {
    const filter = openFilter(section.subarray(0, -200), count, RICE_BITS);
    const ask = (): unknown => codes(CODES).map((cis) => filter.has(fingerprintOf(cis)));
    assert.throws(ask, refusedAs('inconsistent'));
  });

  it('ends every question, whatever its bits are', () => {
    fc.assert(
      fc.property(fc.nat({ max: section.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const changed = Buffer.from(section);
        changed[at] = byte;
        try {
          const filter = openFilter(changed, count, RICE_BITS);
          for (const cis of codes(20)) filter.has(fingerprintOf(cis));
        } catch (error) {
          assert.ok(refusedAs('inconsistent')(error), String(error));
        }
      }),
    );
  });
});
