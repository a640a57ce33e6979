import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DELIVERY_STATES, DELIVERY_TRANSITIONS, type DeliveryState } from '../../src/exchange/delivery-states.ts';
import { settleAttempt } from '../../src/exchange/outbound/verdict.ts';
import { GENERAL_POLICY } from '../../src/exchange/policy/policy.ts';

describe('the states of a delivery', () => {
  it('lead from each one to some end', () => {
    const ends: readonly DeliveryState[] = ['delivered', 'cancelled'];
    for (const start of DELIVERY_STATES) {
      const reached = new Set<DeliveryState>([start]);
      for (const state of reached) for (const next of DELIVERY_TRANSITIONS[state]) reached.add(next);
      assert.ok(
        ends.some((end) => reached.has(end)),
        start,
      );
    }
  });

  it('are left by an attempt only as the table allows', () => {
    const outcomes = fc.constantFrom('delivered', 'rejected', 'failed', 'uncertain', 'infrastructure');
    fc.assert(
      fc.property(
        outcomes,
        fc.nat(20),
        fc.nat(2_000),
        fc.double({ min: 0, max: 0.999 }),
        (outcome, attempts, losses, random) => {
          const before = { attempts, losses };
          const settled = settleAttempt(before, { outcome }, GENERAL_POLICY, random);
          assert.ok(DELIVERY_TRANSITIONS.sending.includes(settled.state), settled.state);
          assert.equal(settled.attempts - attempts, outcome === 'infrastructure' ? 0 : 1);
          assert.equal(settled.restMs === null, settled.state === 'delivered' || settled.state === 'parked');
        },
      ),
    );
  });
});
