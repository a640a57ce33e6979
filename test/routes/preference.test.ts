import assert from 'node:assert/strict';
import { preferred } from '../../src/routes/preference.ts';

describe('what a header likes best', () => {
  const type = (header: string | undefined) => preferred(header, ['application/xml', 'application/pdf']);
  const language = (header: string | undefined) => preferred(header, ['ru', 'kk']);

  for (const [header, expected] of [
    [undefined, 'application/xml'],
    ['*/*', 'application/xml'],
    ['application/*', 'application/xml'],
    ['application/pdf', 'application/pdf'],
    ['Application/PDF', 'application/pdf'],
    ['application/pdf, */*;q=0.5', 'application/pdf'],
    ['application/pdf;q=0.4, application/xml;q=0.5', 'application/xml'],
    ['application/xml;q=0.4, application/pdf ; q=0.5', 'application/pdf'],
    ['application/xml;q=0, */*', 'application/pdf'],
    ['application/pdf;q=0.1, application/xml;q=nonsense', 'application/pdf'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/xml'],
    ['application/json', 'application/xml'],
    ['', 'application/xml'],
    [',;,q=', 'application/xml'],
  ] as const) {
    it(`is ${expected} for Accept: ${header}`, () => assert.equal(type(header), expected));
  }

  for (const [header, expected] of [
    [undefined, 'ru'],
    ['kk', 'kk'],
    ['kk-KZ,kk;q=0.9,ru;q=0.8', 'kk'],
    ['ru-RU,ru;q=0.9,kk;q=0.8', 'ru'],
    ['en,kk;q=0.5', 'kk'],
    ['en-GB', 'ru'],
    ['ru;q=0, *', 'kk'],
  ] as const) {
    it(`is ${expected} for Accept-Language: ${header}`, () => assert.equal(language(header), expected));
  }
});
