import assert from 'node:assert/strict';
import { createSlowLane, type SlowLane } from '../../src/core/receipts/slow-lane.ts';
import { type MovableClock, movableClock } from '../support/clock.ts';

describe('the slow lane', () => {
  let clock: MovableClock;
  let lane: SlowLane<string>;
  let begun: string[];
  let finish: Map<string, () => void>;

  beforeEach(() => {
    clock = movableClock();
    begun = [];
    finish = new Map();
    lane = createSlowLane({
      clock,
      atOnce: 2,
      waitingMax: 2,
      patienceMs: 5_000,
      work: (entry, leftMs) => {
        begun.push(`${entry} ${leftMs}`);
        return new Promise((resolve) => finish.set(entry, resolve));
      },
    });
  });

  async function finished(entry: string): Promise<void> {
    finish.get(entry)?.();
    await new Promise(setImmediate);
  }

  it('works on some at a time and then on the next, in order', async () => {
    for (const entry of ['a', 'b', 'c']) assert.ok(lane.add(entry));
    assert.deepEqual(begun, ['a 5000', 'b 5000']);
    await finished('b');
    assert.deepEqual(begun, ['a 5000', 'b 5000', 'c 5000']);
  });

  it('takes the time of waiting for a turn off the time for the work', async () => {
    for (const entry of ['a', 'b', 'c']) lane.add(entry);
    clock.advance({ seconds: 3 });
    await finished('a');
    assert.equal(begun.at(-1), 'c 2000');
  });

  it('takes no more than may wait', () => {
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e'].map((entry) => lane.add(entry)),
      [true, true, true, true, false],
    );
  });

  it('is idle when all work is done', async () => {
    assert.ok(lane.idle);
    lane.add('a');
    assert.ok(!lane.idle);
    await finished('a');
    assert.ok(lane.idle);
  });
});
