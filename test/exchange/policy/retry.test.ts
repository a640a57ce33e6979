import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GENERAL_POLICY } from '../../../src/exchange/policy/policy.ts';
import type { FailedAttempt } from '../../../src/exchange/policy/retry.ts';
import { infrastructureRest, nextRest } from '../../../src/exchange/policy/retry.ts';

const policy = { retrySeconds: [5, 300], overloadSeconds: 30 };

describe('the rest after a failed attempt', () => {
  const rests: [string, Omit<FailedAttempt, 'policy'>, number | null][] = [
    ['the plan', { attempts: 1, random: 0.5 }, 5_000],
    ['a fifth less', { attempts: 2, random: 0 }, 240_000],
    ['almost a fifth more', { attempts: 2, random: 0.999999 }, 360_000],
    ['out of attempts', { attempts: 3, random: 0.5 }, null],
    ['out of attempts, whatever the partner wishes', { attempts: 3, retryAfterSeconds: 1, random: 0.5 }, null],
    ['a wish within the bounds', { attempts: 1, retryAfterSeconds: 7, random: 0 }, 7_000],
    ['a wish for less than the plan', { attempts: 1, retryAfterSeconds: 1, random: 0 }, 5_000],
    ['a wish for more than twice the plan', { attempts: 1, retryAfterSeconds: 86_400, random: 0.9 }, 10_000],
    ['overload', { attempts: 1, overloaded: true, random: 0 }, 30_000],
    ['overload, where the plan is longer', { attempts: 2, overloaded: true, random: 0.5 }, 300_000],
  ];
  for (const [name, failed, expected] of rests) {
    it(`is ${expected} ms: ${name}`, () => assert.equal(nextRest({ policy, ...failed }), expected));
  }

  it('is about 28 hours in all by the general schedule', () => {
    const rest = GENERAL_POLICY.retrySeconds.map(
      (_, index) => nextRest({ policy: GENERAL_POLICY, attempts: index + 1, random: 0.5 }) ?? assert.fail(),
    );
    assert.equal(Math.round(rest.reduce((sum, each) => sum + each, 0) / 3_600_000), 28);
  });

  it('always lies within its bounds', () => {
    const failed = fc.record({
      policy: fc.record({
        retrySeconds: fc.array(fc.integer({ min: 1, max: 2_592_000 }), { maxLength: 10 }),
        overloadSeconds: fc.integer({ min: 1, max: 86_400 }),
      }),
      attempts: fc.integer({ min: 1, max: 12 }),
      retryAfterSeconds: fc.option(fc.double({ min: 0, noNaN: true }), { nil: undefined }),
      overloaded: fc.boolean(),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(failed, (each) => {
        const rest = nextRest(each);
        const planned = (each.policy.retrySeconds[each.attempts - 1] ?? Number.NaN) * 1_000;
        assert.equal(rest === null, Number.isNaN(planned));
        if (rest === null) return;
        const overload = each.overloaded ? each.policy.overloadSeconds * 1_000 : 0;
        const wished = each.retryAfterSeconds !== undefined;
        assert.ok(Number.isInteger(rest));
        assert.ok(rest >= Math.max(planned * (wished ? 1 : 0.8), overload));
        assert.ok(rest <= Math.max(planned * (wished ? 2 : 1.2), overload * 1.2));
      }),
    );
  });
});

describe('the rest after a failure of ours', () => {
  it('doubles from a second to a minute', () => {
    const rests = [1, 2, 3, 6, 7, 1_000, 1_000_000].map((failures) => infrastructureRest(failures, 0.5));
    assert.deepEqual(rests, [1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('varies by a fifth', () => {
    assert.deepEqual([infrastructureRest(1, 0), infrastructureRest(1, 1)], [800, 1_200]);
  });
});
