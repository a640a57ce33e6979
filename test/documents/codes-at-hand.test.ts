import assert from 'node:assert/strict';
import { createCodesAtHand } from '../../src/core/documents/codes-at-hand.ts';

describe('the codes at hand', () => {
  it('are given once', () => {
    const atHand = createCodesAtHand(10);
    atHand.put('a', ['1', '2']);
    assert.deepEqual(atHand.take('a'), ['1', '2']);
    assert.equal(atHand.take('a'), undefined);
  });

  it('make room for later ones, the oldest first', () => {
    const atHand = createCodesAtHand(4);
    atHand.put('a', ['1', '2']);
    atHand.put('b', ['3', '4']);
    atHand.put('c', ['5']);
    assert.deepEqual(['a', 'b', 'c'].map(atHand.take), [undefined, ['3', '4'], ['5']]);
  });

  it('are not those of a document that is larger than all the room', () => {
    const atHand = createCodesAtHand(2);
    atHand.put('a', ['1']);
    atHand.put('b', ['2', '3', '4']);
    assert.deepEqual(['a', 'b'].map(atHand.take), [['1'], undefined]);
  });
});
