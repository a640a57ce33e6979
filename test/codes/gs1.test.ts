import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GS } from '../../src/core/codes/charset.ts';
import type { ParseResult } from '../../src/core/codes/code-parts.ts';
import { formatCode, gtinProblem, parseCode, serialProblem, ssccProblem } from '../../src/core/codes/gs1.ts';
import { isErrorCode } from '../../src/core/errors.ts';
import { elementString, gtins, humanReadable, samples, ssccs, templates } from './code-samples.ts';

const GTIN = '04870000000012';
const CIS = `01${GTIN}21aB3dE6gH9jKlM`;
const KEY_TAIL = { kind: 'key', keyId: 'k9Zx', value: 'v'.repeat(44) } as const;
const unknownGtin = () => undefined;
const thirteen = () => 13;

function cisOf(result: ParseResult): string | undefined {
  return result.ok ? result.code.cis : undefined;
}

function errorOf(result: ParseResult): string | undefined {
  return result.ok ? undefined : result.error;
}

describe('parseCode', () => {
  it('gives back what formatCode was given, for every template and serial', () => {
    fc.assert(
      fc.property(samples, ({ cis, gtin, serial, tail, serialLengthOf }) => {
        const expected = { ok: true, code: { cis, gtin, serial, tail } };
        assert.deepEqual(parseCode(formatCode(cis, tail), serialLengthOf), expected);
      }),
    );
  });

  it('needs no serial length where GS separates', () => {
    fc.assert(
      fc.property(samples, ({ cis, gtin, serial, tail }) => {
        assert.deepEqual(parseCode(formatCode(cis, tail), unknownGtin), {
          ok: true,
          code: { cis, gtin, serial, tail },
        });
      }),
    );
  });

  const forms: readonly (readonly [string, (sample: Parameters<typeof elementString>[0]) => string])[] = [
    ['symbology ]d2', (sample) => `]d2${elementString(sample)}`],
    ['symbology ]C1', (sample) => `]C1${elementString(sample)}`],
    ['symbology ]e0', (sample) => `]e0${elementString(sample)}`],
    ['symbology ]Q3', (sample) => `]Q3${elementString(sample)}`],
    ['symbology and FNC1 as GS', (sample) => `]d2${GS}${elementString(sample)}`],
    ['FNC1 as GS', (sample) => `${GS}${elementString(sample)}`],
    ['FNC1 as codeword 232', (sample) => `\u00e8${elementString(sample, '\u00e8')}`],
    ['no separators at all', (sample) => elementString(sample, '')],
    ['GS at the end', (sample) => `${elementString(sample)}${GS}`],
    ['the scanner’s Enter', (sample) => `${elementString(sample)}\r\n`],
  ];
  for (const [name, form] of forms) {
    it(`reads the same code with ${name}`, () => {
      fc.assert(
        fc.property(samples, (sample) => {
          assert.deepEqual(
            parseCode(form(sample), sample.serialLengthOf),
            parseCode(formatCode(sample.cis, sample.tail), sample.serialLengthOf),
          );
        }),
      );
    });
  }

  it('reads the human-readable form, whatever stands inside the serial', () => {
    fc.assert(
      fc.property(
        samples.filter(({ tail }) => tail.kind === 'code' || !/\(\d{2,4}\)/.test(tail.value)),
        (sample) => {
          const { cis, gtin, serial, tail } = sample;
          const expected = { ok: true, code: { cis, gtin, serial, tail } };
          assert.deepEqual(parseCode(humanReadable(sample), sample.serialLengthOf), expected);
        },
      ),
    );
  });

  it('takes a serial that begins with a parenthesis for a serial', () => {
    const cis = `01${GTIN}21(01)(91)(92)9`;
    assert.equal(cisOf(parseCode(formatCode(cis, KEY_TAIL), thirteen)), cis);
  });

  it('reads an SSCC in its three spellings', () => {
    fc.assert(
      fc.property(ssccs, (sscc) => {
        for (const text of [`00${sscc}`, `]C100${sscc}`, `(00)${sscc}`]) {
          const expected = { ok: true, code: { cis: `00${sscc}`, gtin: null, serial: null, tail: null } };
          assert.deepEqual(parseCode(text, unknownGtin), expected);
        }
      }),
    );
  });

  it('finds no tail on an identification part alone', () => {
    const expected = { ok: true, code: { cis: CIS, gtin: GTIN, serial: CIS.slice(18), tail: null } };
    assert.deepEqual(parseCode(CIS, thirteen), expected);
  });

  it('takes all that follows AI 21 for the serial when the GTIN is not known and no GS stands there', () => {
    assert.equal(cisOf(parseCode(`${CIS}93abcd`, unknownGtin)), `${CIS}93abcd`);
  });

  const extras: readonly (readonly [string, string])[] = [
    ['a tobacco price closed by GS', `${GS}8005123456${GS}93abcd`],
    ['a tobacco price not closed', `${GS}800512345693abcd`],
    ['a tobacco price without any GS', `800512345693abcd`],
    ['a date of predefined length', `${GS}1727123193abcd`],
    ['a batch closed by GS', `${GS}10LOT-93x${GS}93abcd`],
    ['an additional product number', `${GS}240article${GS}93abcd`],
    ['something after the tail', `${GS}93abcd${GS}10LOT`],
  ];
  for (const [name, rest] of extras) {
    it(`passes over ${name}`, () => {
      const expected = {
        ok: true,
        code: { cis: CIS, gtin: GTIN, serial: CIS.slice(18), tail: { kind: 'code', value: 'abcd' } },
      };
      assert.deepEqual(parseCode(CIS + rest, thirteen), expected);
    });
  }

  it('passes over attributes between GTIN and serial', () => {
    const text = `01${GTIN}1727123110LOT7${GS}21${CIS.slice(18)}${GS}93abcd`;
    assert.equal(cisOf(parseCode(text, thirteen)), CIS);
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ['an empty string', '', 'code.malformed'],
    ['a text', 'hello', 'code.malformed'],
    ['a GTIN alone', `01${GTIN}`, 'code.malformed'],
    ['a short GTIN', '0104870000', 'code.gtin_malformed'],
    ['letters in a GTIN', '010487000000001X21abc', 'code.gtin_malformed'],
    ['a wrong check digit of a GTIN', `010487000000009921${CIS.slice(18)}`, 'code.gtin_check_digit'],
    ['a short SSCC', '00348700000000000', 'code.sscc_malformed'],
    ['a wrong check digit of an SSCC', '00348700000000000019', 'code.sscc_check_digit'],
    ['no serial', `01${GTIN}21`, 'code.serial_length'],
    ['a serial one shorter', `${CIS.slice(0, -1)}${GS}93abcd`, 'code.serial_length'],
    ['a serial one longer', `${CIS}x${GS}93abcd`, 'code.serial_length'],
    ['a longer serial without GS', `${CIS}10LOT`, 'code.serial_length'],
    ['a space in a serial', `01${GTIN}21abc defghi123`, 'code.serial_alphabet'],
    ['Cyrillic in a serial', `01${GTIN}21абвгдежзиклмн`, 'code.serial_alphabet'],
    ['a key id without a code', `${CIS}${GS}91k9Zx`, 'code.tail_malformed'],
    ['a code without a key id', `${CIS}${GS}92${'v'.repeat(44)}`, 'code.tail_malformed'],
    ['a code of 43 characters', `${CIS}${GS}91k9Zx${GS}92${'v'.repeat(43)}`, 'code.tail_malformed'],
    ['two tails', `${CIS}${GS}91k9Zx${GS}92${'v'.repeat(44)}${GS}93abcd`, 'code.tail_malformed'],
    ['one tail element twice', `${CIS}${GS}93abcd${GS}93abce`, 'code.tail_malformed'],
    ['a second serial', `${CIS}${GS}21other${GS}93abcd`, 'code.tail_malformed'],
    ['more than 512 characters', CIS.padEnd(513, 'x'), 'code.too_long'],
    ['an empty human-readable group', '(01)', 'code.gtin_malformed'],
    ['a human-readable group twice', `(01)${GTIN}(21)${CIS.slice(18)}(93)abcd(93)abcd`, 'code.malformed'],
    ['a human-readable short code one longer', `(01)${GTIN}(21)${CIS.slice(18)}(93)abcde`, 'code.tail_malformed'],
    ['a human-readable serial one longer', `(01)${GTIN}(21)${CIS.slice(18)}x(93)abcd`, 'code.serial_length'],
  ];
  for (const [name, text, code] of bad) {
    it(`refuses ${name}`, () => {
      assert.equal(errorOf(parseCode(text, thirteen)), code);
    });
  }

  it('refuses every GTIN of which one digit was changed', () => {
    fc.assert(
      fc.property(gtins, fc.nat({ max: 13 }), fc.integer({ min: 1, max: 9 }), (gtin, at, by) => {
        const digit = (Number(gtin[at]) + by) % 10;
        const changed = gtin.slice(0, at) + digit + gtin.slice(at + 1);
        assert.equal(errorOf(parseCode(`01${changed}21${'x'.repeat(13)}`, thirteen)), 'code.gtin_check_digit');
      }),
    );
  });

  it('answers any text whatever with a code or an error code', () => {
    const prefixes = fc.constantFrom(
      '',
      ']d2',
      GS,
      '01',
      `01${GTIN}21`,
      CIS,
      CIS + GS,
      '(01)',
      `(01)${GTIN}(21)`,
      '00',
      '(00)',
      '(',
    );
    const bodies = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.string({
        unit: fc.constantFrom('0', '1', '2', '9', '(', ')', GS, '\u00e8', 'x', '91', '92', '93', '21', '8005'),
        maxLength: 200,
      }),
    );
    fc.assert(
      fc.property(prefixes, bodies, fc.constantFrom(undefined, 6, 7, 13, 20), (prefix, body, length) => {
        const result = parseCode(prefix + body, () => length);
        assert.ok(
          result.ok ? /^(01[0-9]{14}21[!-z]{1,20}|00[0-9]{18})$/.test(result.code.cis) : isErrorCode(result.error),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads its own cis again', () => {
    fc.assert(
      fc.property(samples, ({ cis, serialLengthOf }) => {
        assert.equal(cisOf(parseCode(cis, serialLengthOf)), cis);
      }),
    );
  });
});

describe('gtinProblem and ssccProblem', () => {
  it('accept what carries its check digit', () => {
    fc.assert(
      fc.property(gtins, ssccs, (gtin, sscc) => {
        assert.deepEqual([gtinProblem(gtin), ssccProblem(sscc)], [undefined, undefined]);
      }),
    );
  });

  it('refuse digits of other scripts', () => {
    assert.equal(gtinProblem('٠٤٨٧٠٠٠٠٠٠٠٠١٣'), 'code.gtin_malformed');
  });
});

describe('serialProblem', () => {
  const template = { name: 'sample', serialLength: 13, serialPrefix: '3', tail: 'code-4' } as const;

  it('accepts a serial of exact length, alphabet and prefix', () => {
    assert.equal(serialProblem('3!"%&()*+,-./', template), undefined);
  });

  it('refuses any other length', () => {
    fc.assert(
      fc.property(templates, fc.string({ unit: fc.constantFrom('a', '0'), maxLength: 25 }), (other, serial) => {
        fc.pre(serial.length !== other.serialLength);
        assert.equal(serialProblem(serial, other), 'code.serial_length');
      }),
    );
  });

  it('refuses a character outside CSET 82', () => {
    assert.equal(serialProblem('3abcdefghijk#', template), 'code.serial_alphabet');
  });

  it('refuses SQL that fits the length', () => {
    assert.equal(serialProblem("3';drop x--;'", template), 'code.serial_alphabet');
  });

  it('refuses another prefix', () => {
    assert.equal(serialProblem('4abcdefghijkl', template), 'code.serial_prefix');
  });
});
