import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Bucket } from '../../../src/exchange/policy/rate.ts';
import { availableTokens, nextTokenAt, takeTokens } from '../../../src/exchange/policy/rate.ts';

const NOW = new Date('2026-11-24T09:00:00Z');
const EMPTY: Bucket = { tokens: 0, tokensAt: NOW };
const UNUSED: Bucket = { tokens: null, tokensAt: null };
const msLater = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds);

describe('the rate of a partner', () => {
  it('is without bounds where there is none', () => {
    assert.equal(availableTokens(EMPTY, null, NOW), Number.POSITIVE_INFINITY);
    assert.equal(nextTokenAt(EMPTY, null, NOW), NOW);
    assert.deepEqual(takeTokens(EMPTY, null, 7, NOW), UNUSED);
  });

  it('begins with the tokens of a second, at least one', () => {
    assert.deepEqual([availableTokens(UNUSED, 20, NOW), availableTokens(UNUSED, 0.1, NOW)], [20, 1]);
  });

  it('adds tokens with time, up to those of a second', () => {
    assert.equal(availableTokens(EMPTY, 20, msLater(250)), 5);
    assert.equal(availableTokens(EMPTY, 20, msLater(60_000)), 20);
  });

  it('takes nothing back where another clock was ahead', () => {
    const ahead: Bucket = { tokens: 3, tokensAt: msLater(500) };
    assert.equal(availableTokens(ahead, 20, NOW), 3);
    assert.deepEqual(takeTokens(ahead, 20, 1, NOW), { tokens: 2, tokensAt: msLater(500) });
  });

  it('says when the next one may go', () => {
    assert.equal(nextTokenAt(UNUSED, 1, NOW), NOW);
    assert.deepEqual(nextTokenAt(EMPTY, 0.1, NOW), msLater(10_001));
    assert.deepEqual(nextTokenAt({ tokens: 0, tokensAt: msLater(500) }, 0.1, NOW), msLater(10_501));
  });
});

describe('any use of a rate', () => {
  const rate = fc.double({ min: 0.001, max: 10_000, noNaN: true });

  it('never gives more than rate × time + burst', () => {
    const steps = fc.array(fc.record({ rest: fc.nat(5_000), wanted: fc.nat(2_000) }), { maxLength: 50 });
    fc.assert(
      fc.property(rate, steps, (perSecond, takes) => {
        let bucket = UNUSED;
        let [time, given] = [0, 0];
        for (const { rest, wanted } of takes) {
          time += rest;
          const count = Math.min(wanted, Math.floor(availableTokens(bucket, perSecond, msLater(time))));
          bucket = takeTokens(bucket, perSecond, count, msLater(time));
          given += count;
          assert.ok(given <= (perSecond * time) / 1_000 + Math.max(1, perSecond) + 1e-6);
        }
      }),
    );
  });

  it('has a token when it said so, and not a millisecond or two before', () => {
    fc.assert(
      fc.property(rate, fc.double({ min: 0, max: 0.999, noNaN: true }), (perSecond, tokens) => {
        const bucket: Bucket = { tokens, tokensAt: NOW };
        const next = nextTokenAt(bucket, perSecond, NOW);
        assert.ok(availableTokens(bucket, perSecond, next) >= 1);
        const before = new Date(next.getTime() - 2);
        assert.ok(before < NOW || availableTokens(bucket, perSecond, before) < 1);
      }),
    );
  });
});
