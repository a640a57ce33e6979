import assert from 'node:assert/strict';
import { newSeed } from '../support/random.ts';
import { runDay } from './run.ts';

describe('a day of cash registers', () => {
  it('ends with every ticket in its place, whatever happens to hub and network', async function () {
    this.timeout(120_000);
    const seed = newSeed();
    const { violations, faults, refused, tickets } = await runDay({
      receipts: 1_500,
      tills: 20,
      seed,
      faultEveryMs: 3_000,
      tell: () => {},
    });
    const none = { lost: 0, unprinted: 0, appliedTwice: 0, notTheirHistory: 0, miscounted: 0, missingCodes: 0 };
    assert.deepEqual(violations, none, `TANBA_SEED=${seed}`);
    assert.equal(refused, 0, `TANBA_SEED=${seed}`);
    assert.ok(tickets >= 1_500 && (faults['hub killed'] ?? 0) > 0);
  });
});
