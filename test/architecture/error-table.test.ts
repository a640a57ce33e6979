import assert from 'node:assert/strict';
import { errorTable } from '../../src/core/errors.ts';

const LANGUAGES = ['kk', 'ru', 'en'] as const;
const entries: readonly (readonly [code: string, entry: Record<(typeof LANGUAGES)[number], string>])[] =
  Object.entries(errorTable);

describe('the error table', () => {
  it('has codes of the form area.snake_case, but for the fault of ours that has no area', () => {
    assert.deepEqual(
      entries
        .map(([code]) => code)
        .filter((code) => code !== 'internal' && !/^[a-z]+\.[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code)),
      [],
    );
  });

  it('has a text in each language for each code', () => {
    const empty = entries.filter(([, entry]) => LANGUAGES.some((language) => entry[language].trim() === ''));
    assert.deepEqual(namesOf(empty), []);
  });

  it('is written in Cyrillic in Kazakh and Russian, and in Latin letters in English', () => {
    const wrong = entries.filter(
      ([, { kk, ru, en }]) => !isCyrillic(kk) || !isCyrillic(ru) || /\p{Script=Cyrillic}/u.test(en),
    );
    assert.deepEqual(namesOf(wrong), []);
  });

  it('mixes no Latin letters into Cyrillic words', () => {
    const mixed = /\p{Script=Cyrillic}\p{Script=Latin}|\p{Script=Latin}\p{Script=Cyrillic}/u;
    const wrong = entries.filter(
      ([, { kk, ru }]) => mixed.test(withoutPlaceholders(kk)) || mixed.test(withoutPlaceholders(ru)),
    );
    assert.deepEqual(namesOf(wrong), []);
  });

  it('says the same thing differently in Kazakh and in Russian', () => {
    assert.deepEqual(namesOf(entries.filter(([, { kk, ru }]) => kk === ru)), []);
  });

  it('has the same placeholders in all three texts', () => {
    const unequal = entries.filter(
      ([, entry]) => new Set(LANGUAGES.map((language) => placeholders(entry[language]))).size > 1,
    );
    assert.deepEqual(namesOf(unequal), []);
  });
});

function namesOf(found: readonly (readonly [string, unknown])[]): string[] {
  return found.map(([code]) => code);
}

function placeholders(text: string): string {
  return (text.match(/\{\w+\}/g) ?? []).sort().join(' ');
}

function withoutPlaceholders(text: string): string {
  return text.replace(/\{\w+\}/g, ' ');
}

/** At least two words: names of formats and of HTTP headers stay in Latin letters. */
function isCyrillic(text: string): boolean {
  return (withoutPlaceholders(text).match(/\p{Script=Cyrillic}{2,}/gu)?.length ?? 0) >= 2;
}
