import assert from 'node:assert/strict';
import { classifierFile, entry, FIRST, type GivenVersion, loadFiles, loadVersions, SECOND } from './support.ts';

const good = { effectiveFrom: FIRST, entries: [entry('red')] };

describe('loadClassifiers', () => {
  it('takes a new classifier from a new file', async () => {
    const classifiers = await loadVersions([good]);
    assert.equal(classifiers.has('colours', 'red', new Date(FIRST)), true);
  });

  it('names every file that is wrong at once', async () => {
    const files = {
      'a.json': '{',
      'b.json': classifierFile([{ effectiveFrom: FIRST, entries: [{ code: 'red' }] }], { name: 'b' }),
      'c.json': classifierFile([good], { name: 'other' }),
      'colours.json': classifierFile([good]),
    };
    await assert.rejects(loadFiles(files), (error: Error) => {
      assert.match(error.message, /a\.json: SyntaxError/);
      assert.match(error.message, /b\.json: \/versions\/0\/entries\/0 .*names/);
      assert.match(error.message, /c\.json: its name is "other"/);
      assert.doesNotMatch(error.message, /colours\.json/);
      return true;
    });
  });

  it('names every fault of a file at once', async () => {
    const versions = [
      { effectiveFrom: FIRST, entries: [entry('red', { parent: 'dye' }), entry('red')], removed: ['blue'] },
    ];
    await assert.rejects(loadVersions(versions), /removes blue[\s\S]*names red twice/);
  });

  it('refuses an empty folder', async () => {
    await assert.rejects(loadFiles({}), /there is no classifier/);
  });

  it('refuses a second list of product groups', async () => {
    await assert.rejects(
      loadFiles({ 'product-groups.json': classifierFile([good], { name: 'product-groups' }) }),
      /product-groups\.json: this classifier is made of the rule sets/,
    );
  });

  const second = (more: Partial<GivenVersion>): GivenVersion[] => [
    good,
    { effectiveFrom: SECOND, entries: [], ...more },
  ];
  const faults: readonly (readonly [string, readonly GivenVersion[], RegExp])[] = [
    ['no version', [], /\/versions must not have fewer than 1/],
    ['a time without zone', [{ ...good, effectiveFrom: '2026-01-01T00:00:00' }], /\/versions\/0\/effectiveFrom/],
    ['a day that there is not', [{ ...good, effectiveFrom: '2026-02-30T00:00:00+05:00' }], /2026-02-30.* is no date/],
    ['an hour that there is not', [{ ...good, effectiveFrom: '2026-02-01T25:00:00+05:00' }], /T25.* is no date/],
    [
      'two versions of the same time',
      second({ effectiveFrom: FIRST, entries: [entry('blue')] }),
      /not in order of time/,
    ],
    ['an empty code', [{ ...good, entries: [entry('')] }], /\/versions\/0\/entries\/0\/code/],
    ['an empty name', [{ ...good, entries: [entry('red', { names: { kk: '', ru: 'а', en: 'a' } })] }], /names\/kk/],
    ['an attribute that is a list', [{ ...good, entries: [entry('red', { attributes: { a: [] } })] }], /attributes/],
    [
      'a field that it does not know',
      [{ ...good, entries: [entry('red', { colour: 1 })] }],
      /\/versions\/0\/entries\/0/,
    ],
    ['a code named twice in a version', [{ ...good, entries: [entry('red'), entry('red')] }], /names red twice/],
    ['a code both named and removed', second({ entries: [entry('red')], removed: ['red'] }), /names red twice/],
    ['the removal of what is not in force', second({ removed: ['blue'] }), /removes blue, which is not in force/],
    ['an entry repeated as it is', second({ entries: [entry('red')] }), /names red without changing it/],
    ['a version that changes nothing', second({}), /2026-07-01T00:00:00\+05:00: changes nothing/],
    ['an unknown parent', [{ ...good, entries: [entry('red', { parent: 'dye' })] }], /the parent dye of red is not/],
    [
      'a parent that is removed',
      [
        { effectiveFrom: FIRST, entries: [entry('dye'), entry('red', { parent: 'dye' })] },
        { effectiveFrom: SECOND, entries: [], removed: ['dye'] },
      ],
      /2026-07-01T00:00:00\+05:00: the parent dye of red is not in force/,
    ],
    [
      'entries that stand under each other',
      [{ ...good, entries: [entry('red', { parent: 'dye' }), entry('dye', { parent: 'red' })] }],
      /red stands under itself/,
    ],
  ];
  for (const [what, versions, message] of faults) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(loadVersions(versions), message);
    });
  }

  it('takes a parent of the same version, and one of an earlier one', async () => {
    const versions = [
      { effectiveFrom: FIRST, entries: [entry('red', { parent: 'dye' }), entry('dye')] },
      { effectiveFrom: SECOND, entries: [entry('blue', { parent: 'dye' })] },
    ];
    assert.equal((await loadVersions(versions)).at('colours', new Date(SECOND)).entries.size, 3);
  });
});
