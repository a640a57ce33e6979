import assert from 'node:assert/strict';
import fc from 'fast-check';
import { serialProblem } from '../../src/core/codes/gs1.ts';
import { cisRange, lineCodes, positionOf } from '../../src/core/codes/line-codes.ts';
import { serialAt, serialRange, serialSpace } from '../../src/core/codes/serials.ts';
import type { CodeTemplate } from '../../src/core/codes/template.ts';

const GTIN = '04870000000129';
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const templates: fc.Arbitrary<CodeTemplate> = fc.constantFrom(
  { name: 'a', serialLength: 6, tail: 'code-4' },
  { name: 'b', serialLength: 7, tail: 'code-4' },
  { name: 'c', serialLength: 13, serialPrefix: '3', tail: 'key-and-code-44' },
  { name: 'd', serialLength: 20, tail: 'key-and-signature-88' },
);

function cisOfRows(rows: Buffer): string[] {
  return rows
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
    .map((row) => row.split('\t')[0] ?? '');
}

describe('operator serials', () => {
  it('are the same for the same seed, wherever in the stream the reading begins', () => {
    fc.assert(
      fc.property(seeds, templates, fc.nat(5_000), fc.integer({ min: 1, max: 40 }), (seed, template, first, count) => {
        const range = serialRange(seed, template, first, count);
        assert.deepEqual(range, serialRange(seed, template, 0, first + count).slice(first));
        assert.equal(serialAt(seed, template, first), range[0]);
      }),
      { numRuns: 50 },
    );
  });

  it('fit their template', () => {
    fc.assert(
      fc.property(seeds, templates, (seed, template) => {
        for (const serial of serialRange(seed, template, 0, 50))
          assert.equal(serialProblem(serial, template), undefined);
      }),
      { numRuns: 50 },
    );
  });

  it('never change: a stream of 2026 gives these codes for ever', () => {
    const seed = Uint8Array.from({ length: 32 }, (_, i) => i);
    assert.deepEqual(serialRange(seed, { serialLength: 13 }, 0, 2), ['uK0wgBZMjvUiZ', 'E2vavi738ijrO']);
    assert.deepEqual(serialRange(seed, { serialLength: 6, serialPrefix: '3' }, 1_000_000, 2), ['3rnmZS', '3A8eXr']);
  });

  it('use every character of the alphabet about equally often', () => {
    const serials = serialRange(Buffer.alloc(32, 9), { serialLength: 20 }, 0, 20_000).join('');
    const counts = new Map<string, number>();
    for (const character of serials) counts.set(character, (counts.get(character) ?? 0) + 1);
    const expected = serials.length / 62;
    assert.equal(counts.size, 62);
    // Six standard deviations of a fair draw.
    for (const count of counts.values()) assert.ok(Math.abs(count - expected) < 6 * Math.sqrt(expected));
  });

  it('come out of a space that counts only their random characters', () => {
    assert.equal(serialSpace({ serialLength: 7, serialPrefix: '3' }), 62 ** 6);
  });
});

describe('the rows of an order line', () => {
  it('hold each code of the line once, in bytewise order', () => {
    fc.assert(
      fc.property(seeds, templates, fc.integer({ min: 1, max: 300 }), (seed, template, quantity) => {
        const source = { kind: 'stream', seed } as const;
        const { rows, skipped, consumed } = lineCodes(source, template, GTIN, quantity, '\tend\n');
        const codes = cisOfRows(rows);
        assert.deepEqual(codes, [...codes].sort());
        assert.equal(new Set(codes).size, quantity);
        assert.equal(consumed - skipped.length, quantity);
        assert.deepEqual(codes, cisRange(source, template, GTIN, skipped, 0, quantity).sort());
      }),
      { numRuns: 50 },
    );
  });

  it('leave out, and report, serials that the stream repeats', () => {
    // One random character: 62 serials, so that 40 of them are drawn with many repetitions.
    const template = { serialLength: 2, serialPrefix: '3' };
    const source = { kind: 'stream', seed: Buffer.alloc(32, 3) } as const;
    const { rows, skipped, consumed } = lineCodes(source, template, GTIN, 40, '\n');
    const stream = serialRange(source.seed, template, 0, consumed);
    const repeated = stream.flatMap((serial, i) => (stream.indexOf(serial) < i ? [i] : []));
    assert.ok(repeated.length > 0);
    assert.deepEqual(skipped, repeated);
    assert.equal(new Set(cisOfRows(rows)).size, 40);
  });

  it('are the participant’s own serials where these were given', () => {
    const source = { kind: 'own', serials: ['b"1', 'a,1'] } as const;
    const { rows } = lineCodes(source, { serialLength: 3 }, GTIN, 2, '\n');
    assert.deepEqual(cisOfRows(rows), [`01${GTIN}21a,1`, `01${GTIN}21b"1`]);
  });
});

describe('the position of a code in its stream', () => {
  it('counts the skipped positions before it', () => {
    const skips = fc.uniqueArray(fc.nat(60), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(skips, (skipped) => {
        const kept = Array.from({ length: 100 }, (_, i) => i).filter((i) => !skipped.includes(i));
        assert.deepEqual(
          kept.map((_, i) => positionOf(i, skipped)),
          kept,
        );
      }),
    );
  });
});
