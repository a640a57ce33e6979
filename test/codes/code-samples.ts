import fc from 'fast-check';
import { CSET_82, GS } from '../../src/core/codes/charset.ts';
import type { Tail } from '../../src/core/codes/code-parts.ts';
import { type CodeTemplate, SERIAL_LENGTHS, TAIL_FORMS } from '../../src/core/codes/template.ts';

export function withCheckDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

const digits = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });

export const gtins = digits(13).map(withCheckDigit);
export const ssccs = digits(17).map(withCheckDigit);

/** Whole alphabet, and pieces that look like the fields around them. */
const pieces = fc.constantFrom(
  '91',
  '92',
  '93',
  '21',
  '01',
  '00',
  '8005',
  '(91)',
  '(21)',
  '(92)',
  '%2F',
  '..',
  ...CSET_82,
);

export function cset82(length: number): fc.Arbitrary<string> {
  return fc
    .array(pieces, { minLength: length, maxLength: length })
    .chain((parts) => fc.nat({ max: 3 }).map((skip) => (parts.join('').slice(skip) + parts.join('')).slice(0, length)));
}

export const templates: fc.Arbitrary<CodeTemplate> = fc.record({
  name: fc.constant('sample'),
  serialLength: fc.constantFrom(...SERIAL_LENGTHS),
  tail: fc.constantFrom(...TAIL_FORMS),
});

function tailFor(template: CodeTemplate): fc.Arbitrary<Tail> {
  if (template.tail === 'code-4') return cset82(4).map((value) => ({ kind: 'code', value }));
  const length = template.tail === 'key-and-code-44' ? 44 : 88;
  return fc.tuple(cset82(4), cset82(length)).map(([keyId, value]) => ({ kind: 'key', keyId, value }));
}

export interface Sample {
  readonly gtin: string;
  readonly serial: string;
  readonly cis: string;
  readonly tail: Tail;
  readonly serialLengthOf: () => number;
}

export const samples: fc.Arbitrary<Sample> = templates.chain((template) =>
  fc
    .record({ gtin: gtins, serial: cset82(template.serialLength), tail: tailFor(template) })
    .map(({ gtin, serial, tail }) => ({
      gtin,
      serial,
      tail,
      cis: `01${gtin}21${serial}`,
      serialLengthOf: () => template.serialLength,
    })),
);

/** The tail's elements: AI and value. */
export function elementsOf(tail: Tail): readonly (readonly [string, string])[] {
  return tail.kind === 'key'
    ? [
        ['91', tail.keyId],
        ['92', tail.value],
      ]
    : [['93', tail.value]];
}

export function elementString({ cis, tail }: Pick<Sample, 'cis' | 'tail'>, separator: string = GS): string {
  return (
    cis +
    elementsOf(tail)
      .map(([ai, value]) => `${separator}${ai}${value}`)
      .join('')
  );
}

export function humanReadable({ gtin, serial, tail }: Sample): string {
  return `(01)${gtin}(21)${serial}${elementsOf(tail)
    .map(([ai, value]) => `(${ai})${value}`)
    .join('')}`;
}
