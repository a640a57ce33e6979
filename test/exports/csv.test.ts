import assert from 'node:assert/strict';
import fc from 'fast-check';
import { csvLine } from '../../src/core/exports/csv.ts';
import { parseCsv } from './csv.ts';

describe('a line of CSV', () => {
  it('has quotes only where they are needed', () => {
    assert.equal(csvLine(['a', 'b c', '']), 'a,b c,\r\n');
    assert.equal(csvLine(['a,b', 'say "yes"', 'two\nlines']), '"a,b","say ""yes""","two\nlines"\r\n');
  });

  for (const first of ['=', '+', '-', '@', '\t', '\r']) {
    it(`is no formula where a cell begins with ${JSON.stringify(first)}`, () => {
      const [[cell] = []] = parseCsv(csvLine([`${first}cmd|' /C calc'!A0`]));
      assert.equal(cell, `'${first}cmd|' /C calc'!A0`);
    });
  }

  it('leaves such a character alone inside a cell', () => {
    assert.equal(csvLine(['a=b', '01+2']), 'a=b,01+2\r\n');
  });

  it('is read back as what was written, whatever it was', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '=', ' ', 'ә') });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, (written) => {
        const read = parseCsv(written.map(csvLine).join(''));
        const plain = read.map((row) => row.map((value) => value.replace(/^'(?=[=+\-@\t\r])/, '')));
        assert.deepEqual(plain, written);
      }),
    );
  });
});
