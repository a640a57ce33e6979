import assert from 'node:assert/strict';
import { createTurns } from '../../src/core/codes/turns.ts';

describe('turns', () => {
  it('run one piece of work after another, in the order of asking', async () => {
    const turns = createTurns();
    const told: string[] = [];
    const work = (name: string) => async () => {
      told.push(`${name} begins`);
      await new Promise(setImmediate);
      told.push(`${name} ends`);
      return name;
    };
    assert.deepEqual(await Promise.all([turns(work('a')), turns(work('b'))]), ['a', 'b']);
    assert.deepEqual(told, ['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('go on after a failure, which is told to whoever asked', async () => {
    const turns = createTurns();
    const failed = turns(() => Promise.reject(new RangeError('no')));
    const next = turns(async () => 'fine');
    await assert.rejects(failed, RangeError);
    assert.equal(await next, 'fine');
  });
});
