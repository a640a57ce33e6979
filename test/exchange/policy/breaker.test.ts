import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BreakerState } from '../../../src/exchange/policy/breaker.ts';
import { afterOutcomes, CLOSED_BREAKER, mayPass, probeSent } from '../../../src/exchange/policy/breaker.ts';
import { GENERAL_POLICY } from '../../../src/exchange/policy/policy.ts';
import { movableClock } from '../../support/clock.ts';

const policy = { minimumAttempts: 4, failurePercent: 50, windowSeconds: 60, openSeconds: 10, openSecondsMax: 35 };
const PROBE_SECONDS = 20;

describe('the breaker of a partner', () => {
  const clock = movableClock();
  const now = () => clock.now();
  const later = (seconds: number): Date => new Date(now().getTime() + seconds * 1_000);
  const played = (state: BreakerState, succeeded: number, failed: number): BreakerState =>
    afterOutcomes(state, policy, { succeeded, failed }, now());
  const open = (): BreakerState => played(CLOSED_BREAKER, 0, 4);

  it('stays closed below the least number of attempts', () => {
    const state = played(CLOSED_BREAKER, 0, 3);
    assert.deepEqual([state.breaker, mayPass(state, now())], ['closed', 'all']);
  });

  it('stays closed below the share of failures', () => {
    assert.equal(played(played(CLOSED_BREAKER, 3, 0), 0, 2).breaker, 'closed');
  });

  it('opens at the share of failures', () => {
    const state = played(played(CLOSED_BREAKER, 2, 0), 0, 2);
    assert.deepEqual([state.breaker, state.breakerUntil, state.trips], ['open', later(10), 1]);
    assert.equal(mayPass(state, now()), 'none');
  });

  it('forgets a window that is over', () => {
    const state = played(CLOSED_BREAKER, 0, 3);
    clock.advance({ seconds: 60 });
    assert.equal(played(state, 0, 3).breaker, 'closed');
  });

  it('lets one probe through when its time is over, and no second one', () => {
    const state = open();
    clock.advance({ seconds: 10 });
    assert.equal(mayPass(state, now()), 'one');
    const probing = probeSent(state, later(PROBE_SECONDS));
    assert.deepEqual([probing.breaker, mayPass(probing, now())], ['half_open', 'none']);
  });

  it('lets another probe through when the first one was lost', () => {
    const probing = probeSent(open(), later(PROBE_SECONDS));
    clock.advance({ seconds: PROBE_SECONDS });
    assert.equal(mayPass(probing, now()), 'one');
  });

  it('closes when the probe succeeds, and forgets its trips', () => {
    assert.deepEqual(played(probeSent(open(), later(PROBE_SECONDS)), 1, 0), CLOSED_BREAKER);
  });

  it('opens again when the probe fails, twice as long, up to the longest', () => {
    let state = open();
    const seconds = [1, 2, 3, 4].map(() => {
      state = played(probeSent(state, later(PROBE_SECONDS)), 0, 1);
      return ((state.breakerUntil?.getTime() ?? 0) - now().getTime()) / 1_000;
    });
    assert.deepEqual(seconds, [20, 35, 35, 35]);
    assert.equal(state.trips, 5);
  });

  it('does not take attempts that began before for a probe', () => {
    const state = open();
    assert.deepEqual(played(state, 5, 5), state);
  });

  it('takes an outcome after its time for that of a probe', () => {
    const state = open();
    clock.advance({ seconds: 10 });
    assert.equal(played(state, 1, 0).breaker, 'closed');
  });

  it('is not changed by nothing', () => {
    const state = played(CLOSED_BREAKER, 1, 1);
    clock.advance({ seconds: 100 });
    assert.equal(played(state, 0, 0), state);
  });
});

describe('any course of a breaker', () => {
  const step = fc.record({
    seconds: fc.integer({ min: 0, max: 40 }),
    succeeded: fc.integer({ min: 0, max: 3 }),
    failed: fc.integer({ min: 0, max: 6 }),
    answers: fc.boolean(),
  });

  it('never has two probes under way, and passes nothing while it is open', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = movableClock();
        let state: BreakerState = CLOSED_BREAKER;
        /** When the probe under way is given up. */
        let probe: Date | null = null;
        for (const { seconds, succeeded, failed, answers } of steps) {
          clock.advance({ seconds });
          const now = clock.now();
          const passes = mayPass(state, now);
          if (passes === 'one') {
            assert.ok(probe === null || probe <= now, 'one probe at a time');
            probe = new Date(now.getTime() + PROBE_SECONDS * 1_000);
            state = probeSent(state, probe);
            assert.equal(mayPass(state, now), 'none');
            if (!answers) continue;
            state = afterOutcomes(state, policy, { succeeded: 1, failed: 0 }, now);
            assert.equal(state.breaker, 'closed');
            probe = null;
          } else if (passes === 'all') {
            state = afterOutcomes(state, policy, { succeeded, failed }, now);
            const lasts = (state.breakerUntil?.getTime() ?? 0) - now.getTime();
            assert.ok(state.breaker === 'closed' || (lasts >= 10_000 && lasts <= 35_000));
          }
        }
      }),
    );
  });

  it('never opens for a partner that always succeeds, and opens at last for one that never does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 10, maxLength: 40 }), (batches) => {
        const clock = movableClock();
        const play = (succeeds: boolean): BreakerState =>
          batches.reduce<BreakerState>((state, count) => {
            const outcomes = succeeds ? { succeeded: count, failed: 0 } : { succeeded: 0, failed: count };
            return afterOutcomes(state, GENERAL_POLICY.breaker, outcomes, clock.now());
          }, CLOSED_BREAKER);
        assert.equal(play(true).breaker, 'closed');
        assert.equal(play(false).breaker, 'open');
      }),
    );
  });
});
