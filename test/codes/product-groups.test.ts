import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';

const shipped = new URL('../../config/product-groups/', import.meta.url);
const rules = {
  source: 'test',
  template: { name: 'test-13-4', serialLength: 13, tail: 'code-4' },
  saleByOtherOwner: 'flag',
  unusedCodeLifeDays: 30,
  retailPrice: null,
  offlineCheck: 'open',
};
const names = { kk: 'Сынақ', ru: 'Проба', en: 'Trial' };
const FROM = '2026-01-01T00:00:00+05:00';

describe('the product groups that are shipped', () => {
  const groups = loadProductGroups(shipped);

  it('are all read', async () => {
    const files = await readdir(shipped);
    assert.deepEqual(
      groups.list().map(({ productGroup }) => `${productGroup}.json`),
      files.sort(),
    );
  });

  const forms: readonly (readonly [string, number, string])[] = [
    ['shoes', 13, 'key-and-signature-88'],
    ['lp', 13, 'key-and-code-44'],
    ['tobacco', 7, 'code-4'],
    ['pharma', 13, 'key-and-code-44'],
    ['beer', 7, 'code-4'],
    ['water', 13, 'code-4'],
    ['milk', 6, 'code-4'],
    ['autofluids', 20, 'key-and-signature-88'],
  ];
  for (const [group, serialLength, tail] of forms) {
    it(`give ${group} serials of ${serialLength} characters and ${tail}`, () => {
      const template = groups.at(group, new Date('2026-11-24T09:00:00Z'))?.template;
      assert.deepEqual([template?.serialLength, template?.tail], [serialLength, tail]);
    });
  }

  it('mark serials of light industry goods with the state that emits them', () => {
    assert.equal(groups.at('lp', new Date('2026-11-24T09:00:00Z'))?.template.serialPrefix, '3');
  });

  it('refuse the till sale of another owner’s motor oil from the day the circulation chapter is in force', () => {
    const day = ['2027-01-31T23:59:59+05:00', '2027-02-01T00:00:00+05:00'].map((at) =>
      groups.at('autofluids', new Date(at)),
    );
    assert.deepEqual(
      day.map((set) => set?.saleByOtherOwner),
      ['flag', 'refuse'],
    );
  });

  it('annul an unused code of motor oil after the 30 days of order 44-н/қ, p.25', () => {
    assert.equal(groups.at('autofluids', new Date('2026-11-24T09:00:00Z'))?.unusedCodeLifeDays, 30);
  });

  it('keep the rules that a later version does not name', () => {
    assert.equal(groups.at('autofluids', new Date('2028-01-01'))?.template.name, 'autofluids-20-88');
  });

  it('have no rules before their first version', () => {
    assert.equal(groups.at('tobacco', new Date('2020-09-30T00:00:00Z')), undefined);
  });

  it('do not know an unknown group', () => {
    assert.equal(groups.at('__proto__', new Date()), undefined);
  });

  it('find a template by the name kept with an order line', () => {
    assert.equal(groups.template('milk-6-4')?.serialLength, 6);
  });
});

describe('loadProductGroups', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tanba-groups-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function load(files: Readonly<Record<string, unknown>>): Promise<ReturnType<typeof loadProductGroups>> {
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return loadProductGroups(folder);
  }

  it('takes a new group from a new file', async () => {
    const groups = await load({
      'trial.json': { productGroup: 'trial', names, versions: [{ effectiveFrom: FROM, rules }] },
    });
    assert.equal(groups.at('trial', new Date(FROM))?.template.serialLength, 13);
  });

  it('names every file that is wrong at once', async () => {
    const broken = {
      productGroup: 'b',
      names,
      versions: [{ effectiveFrom: FROM, rules: { ...rules, unusedCodeLifeDays: 0 } }],
    };
    await assert.rejects(
      load({ 'a.json': '{', 'b.json': broken }),
      /a\.json: [\s\S]*b\.json: \/versions\/0\/rules\/unusedCodeLifeDays/,
    );
  });

  it('refuses a first version that leaves a rule open', async () => {
    const { unusedCodeLifeDays: _, ...rest } = rules;
    const open = { productGroup: 'trial', names, versions: [{ effectiveFrom: FROM, rules: rest }] };
    await assert.rejects(load({ 'trial.json': open }), /unusedCodeLifeDays/);
  });

  it('refuses versions that are not in order of time', async () => {
    const versions = [
      { effectiveFrom: FROM, rules },
      { effectiveFrom: '2025-01-01T00:00:00+05:00', rules: {} },
    ];
    await assert.rejects(load({ 'trial.json': { productGroup: 'trial', names, versions } }), /order of time/);
  });

  it('refuses a version of a day that there is not', async () => {
    const versions = [{ effectiveFrom: '2026-02-30T00:00:00+05:00', rules }];
    await assert.rejects(load({ 'trial.json': { productGroup: 'trial', names, versions } }), /2026-02-30.* is no date/);
  });

  it('refuses one template name with two meanings', async () => {
    const second = { ...rules, template: { ...rules.template, serialLength: 20 } };
    await assert.rejects(
      load({
        'one.json': { productGroup: 'one', names, versions: [{ effectiveFrom: FROM, rules }] },
        'two.json': { productGroup: 'two', names, versions: [{ effectiveFrom: FROM, rules: second }] },
      }),
      /test-13-4 already means another template/,
    );
  });

  it('refuses a file named otherwise than its group', async () => {
    const group = { productGroup: 'trial', names, versions: [{ effectiveFrom: FROM, rules }] };
    await assert.rejects(load({ 'other.json': group }), /its productGroup is "trial"/);
  });

  it('refuses an empty folder', async () => {
    await assert.rejects(load({}), /there is no product group/);
  });
});
