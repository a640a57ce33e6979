import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import {
  DOCUMENT_KINDS,
  RETURN_REASONS,
  WITHDRAWAL_REASONS,
  WRITE_OFF_REASONS,
} from '../../src/core/documents/kinds.ts';
import { loadClassifiers } from '../../src/core/reference/classifiers.ts';
import { PRODUCT_GROUPS } from './support.ts';

const FOLDER = new URL('../../config/reference/', import.meta.url);
/** Behind every version. */
const LATEST = new Date('2100-01-01T00:00:00Z');

describe('the classifiers that are shipped', () => {
  const classifiers = loadClassifiers(FOLDER, PRODUCT_GROUPS);
  const codes = (name: string, date = LATEST): string[] => [...classifiers.at(name, date).entries.keys()];

  it('are those of the files, and the product groups', () => {
    const names = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
    assert.deepEqual(
      classifiers.list().map(({ name }) => name),
      [...names, 'product-groups'].sort(),
    );
  });

  const arrays: readonly (readonly [string, readonly string[]])[] = [
    ['document-kinds', DOCUMENT_KINDS],
    ['withdrawal-reasons', WITHDRAWAL_REASONS],
    ['write-off-reasons', WRITE_OFF_REASONS],
    ['return-reasons', RETURN_REASONS],
  ];
  for (const [name, checked] of arrays) {
    it(`name in ${name} exactly what documents are checked against`, () => {
      assert.deepEqual(codes(name).sort(), [...checked].sort());
    });
  }

  it('name the 249 countries of ISO 3166-1 by two letters', () => {
    assert.equal(codes('countries').filter((code) => /^[A-Z]{2}$/.test(code)).length, 249);
  });

  it('name no country twice, in any language', () => {
    const entries = [...classifiers.at('countries', LATEST).entries.values()];
    for (const language of ['kk', 'ru', 'en'] as const) {
      assert.equal(new Set(entries.map(({ names }) => names[language])).size, entries.length);
    }
  });

  it('name 17 regions and 3 cities, three of them since 8 June 2022', () => {
    const counts = ['2022-06-07T23:59:59+06:00', '2022-06-08T00:00:00+06:00'].map((at) => {
      const kinds = [...classifiers.at('regions', new Date(at)).entries.values()].map(
        (one) => one.attributes?.['kind'],
      );
      return [kinds.filter((kind) => kind === 'region').length, kinds.filter((kind) => kind === 'city').length];
    });
    assert.deepEqual(counts, [
      [14, 3],
      [17, 3],
    ]);
  });

  it('give regions KATO codes of nine digits', () => {
    assert.deepEqual(
      codes('regions').filter((code) => !/^[1-9]\d0{7}$/.test(code)),
      [],
    );
  });

  it('give each unit of measure a numeric code of its own, three digits with the leading zeros', () => {
    const numbers = [...classifiers.at('units', LATEST).entries.values()].map((unit) => unit.attributes?.['numeric']);
    assert.deepEqual(
      numbers.filter((number) => typeof number !== 'string' || !/^\d{3}$/.test(number)),
      [],
    );
    assert.equal(new Set(numbers).size, numbers.length);
  });

  it('refer from HS codes to product groups that there are', () => {
    const groups = [...classifiers.at('hs-codes', LATEST).entries.values()].map(
      ({ attributes }) => attributes?.['productGroup'],
    );
    const unknown = groups.filter(
      (group) => group !== undefined && !classifiers.has('product-groups', String(group), LATEST),
    );
    assert.deepEqual(unknown, []);
  });

  it('name brake fluids among the marked goods from 1 September 2026', () => {
    const known = ['2026-08-31T23:59:59+05:00', '2026-09-01T00:00:00+05:00'].map((at) =>
      classifiers.has('hs-codes', '3819', new Date(at)),
    );
    assert.deepEqual(known, [false, true]);
  });

  it('say of HS codes that they alone do not decide', () => {
    assert.match(classifiers.get('hs-codes').note?.en ?? '', /code alone does not decide/);
  });

  it('mix no Latin letters into Kazakh and Russian words', () => {
    const mixed = /\p{Script=Cyrillic}\p{Script=Latin}|\p{Script=Latin}\p{Script=Cyrillic}/u;
    const wrong = classifiers
      .list()
      .flatMap(({ versions }) => versions.flatMap(({ entries }) => [...entries.values()]))
      .filter(({ names }) => mixed.test(names.kk) || mixed.test(names.ru));
    assert.deepEqual(wrong, []);
  });
});
