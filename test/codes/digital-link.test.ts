import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCode } from '../../src/core/codes/gs1.ts';
import { isErrorCode } from '../../src/core/errors.ts';
import { elementsOf, type Sample, samples, ssccs } from './code-samples.ts';

const GTIN = '04870000000012';
const SERIAL = 'aB3dE6gH9jKlM';
const CIS = `01${GTIN}21${SERIAL}`;
const thirteen = () => 13;

function digitalLink({ gtin, serial, tail }: Sample, base: string): string {
  const query = elementsOf(tail).map(([ai, value]) => `${ai}=${encodeURIComponent(value)}`);
  return `${base}/01/${gtin}/21/${encodeURIComponent(serial)}?${query.join('&')}`;
}

describe('GS1 Digital Link', () => {
  it('gives the same code as the element string, for every serial and tail', () => {
    const bases = fc.constantFrom(
      'https://id.gs1.org',
      'http://tanba.kz:8080',
      'HTTPS://EXAMPLE.KZ/01/check',
      'https://e.kz/a/b',
    );
    fc.assert(
      fc.property(samples, bases, (sample, base) => {
        const { cis, gtin, serial, tail } = sample;
        const expected = { ok: true, code: { cis, gtin, serial, tail } };
        assert.deepEqual(parseCode(digitalLink(sample, base), sample.serialLengthOf), expected);
      }),
    );
  });

  it('reads an SSCC', () => {
    fc.assert(
      fc.property(ssccs, (sscc) => {
        const expected = { ok: true, code: { cis: `00${sscc}`, gtin: null, serial: null, tail: null } };
        assert.deepEqual(parseCode(`https://id.gs1.org/00/${sscc}`, thirteen), expected);
      }),
    );
  });

  const same: readonly (readonly [string, string])[] = [
    ['a batch before the serial', `https://e.kz/01/${GTIN}/10/LOT/21/${SERIAL}`],
    ['a slash at the end', `https://e.kz/01/${GTIN}/21/${SERIAL}/`],
    ['foreign parameters', `https://e.kz/01/${GTIN}/21/${SERIAL}?utm_source=x&17=271231&&=`],
    ['a fragment', `https://e.kz/01/${GTIN}/21/${SERIAL}#91=abcd`],
    ['a symbology identifier', `]Q1https://e.kz/01/${GTIN}/21/${SERIAL}`],
  ];
  for (const [name, uri] of same) {
    it(`reads the code with ${name}`, () => {
      const result = parseCode(uri, thirteen);
      assert.equal(result.ok && result.code.cis, CIS);
    });
  }

  it('reads a base64 code whose plus signs were not escaped', () => {
    const value = `${'+/'.repeat(21)}A=`;
    const result = parseCode(`https://e.kz/01/${GTIN}/21/${SERIAL}?91=abcd&92=${value}`, thirteen);
    assert.deepEqual(result.ok && result.code.tail, { kind: 'key', keyId: 'abcd', value });
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ['no path', 'https://e.kz', 'code.malformed'],
    ['no serial', `https://e.kz/01/${GTIN}`, 'code.malformed'],
    ['a qualifier without value', `https://e.kz/01/${GTIN}/21`, 'code.malformed'],
    ['a broken escape', `https://e.kz/01/${GTIN}/21/abc%ZZ`, 'code.malformed'],
    ['invalid UTF-8 in an escape', `https://e.kz/01/${GTIN}/21/abc%ff`, 'code.malformed'],
    ['a wrong check digit', `https://e.kz/01/04870000000099/21/${SERIAL}`, 'code.gtin_check_digit'],
    ['a serial of another length', `https://e.kz/01/${GTIN}/21/abc`, 'code.serial_length'],
    ['a NUL in the serial', `https://e.kz/01/${GTIN}/21/abcdefghijkl%00`, 'code.serial_alphabet'],
    ['one tail element twice', `https://e.kz/01/${GTIN}/21/${SERIAL}?93=abcd&93=abcd`, 'code.malformed'],
    ['half a tail', `https://e.kz/01/${GTIN}/21/${SERIAL}?91=abcd`, 'code.tail_malformed'],
  ];
  for (const [name, uri, code] of bad) {
    it(`refuses ${name}`, () => {
      const result = parseCode(uri, thirteen);
      assert.equal(!result.ok && result.error, code);
    });
  }

  it('answers any address whatever with a code or an error code', () => {
    const segments = fc.oneof(
      fc.constantFrom('01', '21', '00', GTIN, SERIAL, '', '%', '..', '?', '#'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(segments, { maxLength: 12 }), fc.string({ unit: 'binary' }), (path, query) => {
        const result = parseCode(`https://e.kz/${path.join('/')}?${query}`, thirteen);
        assert.ok(result.ok || isErrorCode(result.error));
      }),
      { numRuns: 1_000 },
    );
  });
});
