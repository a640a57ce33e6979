import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createBatchQueue, type Keyed } from '../../src/core/receipts/batch-queue.ts';

interface Numbered extends Keyed {
  readonly number: number;
}

const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 });
const step = fc.oneof(
  fc.record({ does: fc.constant('push' as const), keys }),
  fc.record({ does: fc.constant('take' as const), size: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ does: fc.constant('release' as const), which: fc.nat(20) }),
);

describe('the queue of batches', () => {
  it('has no two entries of one key under way, keeps their order, and loses none, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = createBatchQueue<Numbered>();
        const underWay: Numbered[] = [];
        const lastOf = new Map<string, number>();
        let pushed = 0;
        let taken = 0;
        const takeAll = (entries: readonly Numbered[]): void => {
          for (const entry of entries) {
            for (const key of entry.keys) {
              assert.ok(!underWay.some((other) => other.keys.includes(key)), `${key} is under way twice`);
              assert.ok((lastOf.get(key) ?? -1) < entry.number, `${key} was overtaken`);
              lastOf.set(key, entry.number);
            }
            underWay.push(entry);
            taken += 1;
          }
        };
        for (const each of steps) {
          if (each.does === 'push') queue.push({ number: pushed++, keys: each.keys });
          else if (each.does === 'take') {
            const batch = queue.take(each.size);
            assert.ok(batch.length <= each.size);
            takeAll(batch);
          } else {
            const [done] = underWay.splice(each.which, 1);
            if (done !== undefined) queue.release(done);
          }
          assert.equal(queue.length, pushed - taken);
        }
        while (queue.length > 0) {
          for (const done of underWay.splice(0)) queue.release(done);
          takeAll(queue.take(100));
        }
        assert.equal(taken, pushed);
      }),
      { numRuns: 500 },
    );
  });

  it('lets an entry go ahead of one that has to wait', () => {
    const queue = createBatchQueue<Numbered>();
    for (const [number, key] of ['a', 'a', 'b'].entries()) queue.push({ number, keys: [key] });
    assert.deepEqual(
      queue.take(10).map(({ number }) => number),
      [0, 2],
    );
  });
});
