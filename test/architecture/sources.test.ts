import assert from 'node:assert/strict';
import { readSource, sourceFiles } from './sql-in-sources.ts';

const MAX_LINES = 400;

describe('the source files', () => {
  it(`are shorter than ${MAX_LINES} lines, but for the error table`, async () => {
    const tooLong: string[] = [];
    for (const path of await sourceFiles('src', 'scripts', 'bench', 'test', 'docs')) {
      const lines = (await readSource(path)).split('\n').length;
      if (lines > MAX_LINES && path !== 'src/core/errors.ts') tooLong.push(`${path}: ${lines}`);
    }
    assert.deepEqual(tooLong, []);
  });
});
