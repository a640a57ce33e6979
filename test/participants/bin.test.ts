import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isValidBin, kindOfNumber, SYSTEM_ACTOR } from '../../src/core/participants/bin.ts';
import { numbered } from './numbers.ts';

describe('a BIN', () => {
  for (const bin of ['150340001236', '850101300124', '211241012349', '900101300811']) {
    it(`is valid by its check digit: ${bin}`, () => {
      assert.ok(isValidBin(bin));
    });
  }

  it('has no check digit where both passes leave ten', () => {
    for (let digit = 0; digit <= 9; digit += 1) assert.ok(!isValidBin(`90010130080${digit}`));
  });

  for (const bin of ['', '15034000123', '1503400012360', '15034000123x', ' 150340001236', '１50340001236']) {
    it(`is twelve digits, not "${bin}"`, () => {
      assert.ok(!isValidBin(bin));
    });
  }

  it('is not the technical number of the system, whose check digit would be right', () => {
    assert.ok(!isValidBin(SYSTEM_ACTOR));
  });

  it('has at most one check digit', () => {
    const digits = fc.stringMatching(/^[0-9]{11}$/);
    fc.assert(
      fc.property(digits, (base) => {
        const valid = [...'0123456789'].filter((digit) => isValidBin(base + digit));
        assert.ok(valid.length <= 1);
      }),
    );
  });
});

describe('the kind of a number', () => {
  for (const [kind, what, eleven] of [
    ['legal_entity', 'a resident of January', '22014000001'],
    ['legal_entity', 'a non-resident', '22015000001'],
    ['legal_entity', 'a joint enterprise of December', '22126000001'],
    ['individual', 'somebody born on 31 January 1990', '90013130001'],
    ['individual', 'a man born in 1899', '99123110001'],
    ['individual', 'a woman born on 29 February 2000', '00022960001'],
    [null, 'the month 0', '22004000001'],
    [null, 'the month 13, as a legal entity', '22134000001'],
    [null, 'the month 13, as a date of birth', '90130130001'],
    [null, 'the day 0', '90010030001'],
    [null, 'the 31st of April', '90043130001'],
    [null, '29 February 1900, which had none', '00022930001'],
    [null, 'the century 0', '90010100001'],
    [null, 'the century 7', '90010170001'],
    [null, 'the kind of organisation 7', '22017000001'],
  ] as const) {
    it(`is ${kind ?? 'none'} for ${what}`, () => assert.equal(kindOfNumber(numbered(eleven)), kind));
  }

  it('is none for what is no number', () => {
    for (const text of ['', '22014000001', '2201400000123', '22014000001x']) assert.equal(kindOfNumber(text), null);
  });
});
