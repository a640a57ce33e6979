import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TanbaError } from '../../src/core/errors.ts';
import { loadClassifiers } from '../../src/core/reference/classifiers.ts';
import { entry, FIRST, type GivenVersion, loadVersions, PRODUCT_GROUPS, SECOND, TEXTS, THIRD } from './support.ts';

const RED = { ...TEXTS, en: 'Red' };
const HISTORY = [
  { effectiveFrom: FIRST, entries: [entry('red'), entry('green')] },
  { effectiveFrom: SECOND, entries: [entry('red', { names: RED }), entry('blue')] },
  { effectiveFrom: THIRD, entries: [], removed: ['green'] },
];

/** One millisecond before. */
function justBefore(time: string): Date {
  return new Date(new Date(time).getTime() - 1);
}

describe('a classifier', () => {
  const load = () => loadVersions(HISTORY);
  const codesAt = async (date: Date): Promise<string[]> => [...(await load()).at('colours', date).entries.keys()];

  it('holds nothing before its first version', async () => {
    assert.deepEqual(await codesAt(justBefore(FIRST)), []);
  });

  it('holds what its first version names from that very moment', async () => {
    assert.deepEqual(await codesAt(new Date(FIRST)), ['red', 'green']);
  });

  it('holds it to the last moment before the next version', async () => {
    assert.deepEqual(await codesAt(justBefore(SECOND)), ['red', 'green']);
  });

  it('keeps what a later version does not name', async () => {
    assert.deepEqual(await codesAt(new Date(SECOND)), ['red', 'green', 'blue']);
  });

  it('holds an entry as the latest version names it', async () => {
    const names = [justBefore(SECOND), new Date(SECOND)].map(async (date) =>
      (await load()).at('colours', date).entries.get('red'),
    );
    assert.deepEqual(
      (await Promise.all(names)).map((found) => found?.names.en),
      ['Trial', 'Red'],
    );
  });

  it('knows a code to the last moment before its removal', async () => {
    const classifiers = await load();
    const known = [justBefore(THIRD), new Date(THIRD)].map((date) => classifiers.has('colours', 'green', date));
    assert.deepEqual(known, [true, false]);
  });

  it('knows no code that is only a word of the language', async () => {
    assert.equal((await load()).has('colours', '__proto__', new Date(THIRD)), false);
  });

  it('has another digest with each version, the same one whenever it is loaded', async () => {
    const digests = async (): Promise<string[]> => {
      const classifiers = await load();
      return [justBefore(FIRST), FIRST, SECOND, THIRD].map((date) => classifiers.at('colours', new Date(date)).digest);
    };
    const found = await digests();
    assert.equal(new Set(found).size, 4);
    assert.deepEqual(await digests(), found);
  });

  for (const name of ['colors', '__proto__', '']) {
    it(`is refused under the name "${name}"`, async () => {
      const classifiers = await load();
      assert.throws(
        () => classifiers.at(name, new Date()),
        (error) => error instanceof TanbaError && error.code === 'reference.unknown_classifier',
      );
    });
  }
});

describe('the difference between two times of a classifier', () => {
  const diff = async (from: Date, to: Date) => {
    const { added, changed, removed } = (await loadVersions(HISTORY)).diff('colours', from, to);
    return { added: added.map(({ code }) => code), changed: changed.map(({ code }) => code), removed };
  };

  it('is nothing within one version', async () => {
    assert.deepEqual(await diff(new Date(FIRST), justBefore(SECOND)), { added: [], changed: [], removed: [] });
  });

  it('is everything since before the first version', async () => {
    assert.deepEqual((await diff(justBefore(FIRST), new Date(FIRST))).added, ['red', 'green']);
  });

  it('tells what was added, changed and removed over several versions', async () => {
    assert.deepEqual(await diff(new Date(FIRST), new Date(THIRD)), {
      added: ['blue'],
      changed: ['red'],
      removed: ['green'],
    });
  });

  it('leads back as well', async () => {
    assert.deepEqual(await diff(new Date(THIRD), new Date(FIRST)), {
      added: ['green'],
      changed: ['red'],
      removed: ['blue'],
    });
  });

  it('applied to what was makes what is, whatever the history', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat(7), fc.nat(7), async (history, one, other) => {
        const classifiers = await loadVersions(history);
        const [from, to] = [monthAfter(one), monthAfter(other)].map((time) => new Date(time));
        if (from === undefined || to === undefined) throw new Error('two times are needed');
        const { added, changed, removed } = classifiers.diff('colours', from, to);
        const entries = new Map(classifiers.at('colours', from).entries);
        for (const code of removed) assert.equal(entries.delete(code), true);
        for (const changing of changed) assert.equal(entries.has(changing.code), true);
        for (const adding of added) assert.equal(entries.has(adding.code), false);
        for (const given of [...changed, ...added]) entries.set(given.code, given);
        assert.deepEqual(entries, classifiers.at('colours', to).entries);
      }),
      { numRuns: 60 },
    );
  });
});

function monthAfter(months: number): string {
  return `2026-${String(months + 1).padStart(2, '0')}-01T00:00:00+05:00`;
}

/** States of up to six codes one after the other, each code absent or in one of two forms, as a file tells them. */
const histories = fc
  .array(fc.array(fc.constantFrom(null, 'one', 'other'), { minLength: 6, maxLength: 6 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((states) => states.map((state, at) => versionBetween(states[at - 1] ?? [], state, monthAfter(at + 1))))
  .map((versions) => versions.filter(({ entries, removed }) => entries.length + (removed?.length ?? 0) > 0))
  .filter((versions) => versions.length > 0);

function versionBetween(
  before: readonly (string | null)[],
  after: readonly (string | null)[],
  effectiveFrom: string,
): GivenVersion {
  const named = after.flatMap((form, at) =>
    form === null || form === before[at] ? [] : [entry(`c${at}`, { attributes: { form } })],
  );
  const removed = after.flatMap((form, at) => (form === null && (before[at] ?? null) !== null ? [`c${at}`] : []));
  return { effectiveFrom, entries: named, ...(removed.length === 0 ? {} : { removed }) };
}

describe('the product groups as a classifier', () => {
  const classifiers = loadClassifiers(new URL('../../config/reference/', import.meta.url), PRODUCT_GROUPS);

  it('are those of the rule sets, with their names', () => {
    const date = new Date('2026-11-24T09:00:00Z');
    assert.deepEqual(
      [...classifiers.at('product-groups', date).entries.values()].map(({ code, names }) => [code, names]),
      PRODUCT_GROUPS.list().map(({ productGroup, names }) => [productGroup, names]),
    );
  });

  it('are in force from the first version of their rules', () => {
    const known = ['2020-09-30T23:59:59+06:00', '2020-10-01T00:00:00+06:00'].map((at) =>
      classifiers.has('product-groups', 'tobacco', new Date(at)),
    );
    assert.deepEqual(known, [false, true]);
  });

  it('change with their rules', () => {
    const times = [justBefore('2027-02-01T00:00:00+05:00'), new Date('2027-02-01T00:00:00+05:00')] as const;
    const { changed } = classifiers.diff('product-groups', ...times);
    assert.deepEqual(
      changed.map(({ code, attributes }) => [code, attributes?.['saleByOtherOwner']]),
      [['autofluids', 'refuse']],
    );
  });
});
