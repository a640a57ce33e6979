import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sumsOfLine, totalOf } from '../../src/core/transfers/accompanying-sums.ts';
import { grouped, tenge } from '../../src/core/transfers/accompanying-values.ts';

const line = fc.record({
  quantity: fc.integer({ min: 1, max: 1_000_000 }),
  priceTiyn: fc.option(fc.integer({ min: 0, max: 1_000_000_000_000 })),
  vatPercent: fc.option(fc.integer({ min: 0, max: 100 })),
});

describe('the sums of an accompanying document', () => {
  const vatOf = (priceTiyn: number, vatPercent: number | null, quantity = 1): bigint | undefined =>
    sumsOfLine({ quantity, priceTiyn, vatPercent })?.vat;

  it('are quantity times price, VAT on top', () => {
    const sums = sumsOfLine({ quantity: 3, priceTiyn: 1_000, vatPercent: 16 });
    assert.deepEqual(sums, { withoutVat: 3_000n, vat: 480n, withVat: 3_480n });
  });

  it('round VAT of half a tiyn up', () => assert.equal(vatOf(50, 1), 1n));
  it('round VAT of less than half a tiyn down', () => assert.equal(vatOf(49, 1), 0n));
  it('round the VAT of a line, not of a piece', () => assert.equal(vatOf(30, 1, 2), 1n));
  it('have no VAT where the line is without', () => assert.equal(vatOf(1_000, null), 0n));
  it('are unknown without a price', () =>
    assert.equal(sumsOfLine({ quantity: 1, priceTiyn: null, vatPercent: 16 }), null));

  it('stay exact past the safe integers', () => {
    const sums = sumsOfLine({ quantity: 999_999, priceTiyn: 999_999_999_999, vatPercent: 100 });
    assert.equal(sums?.withVat, 1_999_997_999_998_000_002n);
  });

  it('never lose a tiyn: what a line and the total say adds up', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const sums = lines.map(sumsOfLine);
        const total = totalOf(sums);
        const added = (of: 'withoutVat' | 'vat' | 'withVat') => sums.reduce((sum, one) => sum + (one?.[of] ?? 0n), 0n);
        assert.deepEqual(total, { withoutVat: added('withoutVat'), vat: added('vat'), withVat: added('withVat') });
        assert.equal(total.withVat, total.withoutVat + total.vat);
      }),
    );
  });

  it('are off by half a tiyn of VAT a line at most, and by nothing else', () => {
    fc.assert(
      fc.property(line, (one) => {
        const sums = sumsOfLine(one);
        if (sums === null) return assert.equal(one.priceTiyn, null);
        assert.equal(sums.withoutVat, BigInt(one.quantity) * BigInt(one.priceTiyn ?? 0));
        const offInHundredths = sums.vat * 100n - sums.withoutVat * BigInt(one.vatPercent ?? 0);
        assert.ok(offInHundredths > -50n && offInHundredths <= 50n, String(offInHundredths));
      }),
    );
  });
});

describe('amounts on paper', () => {
  for (const [tiyn, shown] of [
    [0n, '0,00'],
    [5n, '0,05'],
    [100n, '1,00'],
    [99_999n, '999,99'],
    [123_456_705n, '1 234 567,05'],
  ] as const) {
    it(`are tenge: ${tiyn} tiyn is ${shown}`, () => assert.equal(tenge(tiyn), shown));
  }

  it('have their digits in groups', () => {
    assert.deepEqual([7, 999, 1_000, 1_000_000].map(grouped), ['7', '999', '1 000', '1 000 000']);
  });
});
