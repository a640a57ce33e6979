import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { exportCommand } from '../../src/cli/export.ts';
import { importCommand } from '../../src/cli/import.ts';
import { loadConfig } from '../../src/config.ts';
import { type ImportDesk, openImportDesk, packageOf, unit } from './import-desk.ts';

describe('the commands import and export', () => {
  let desk: ImportDesk;

  beforeEach(async () => {
    desk = await openImportDesk();
  });
  afterEach(() => desk.close());

  const config = () => loadConfig({ DATABASE_URL: desk.database.url, TANBA_DATA: desk.base });

  /** What a command says, and its exit code. */
  async function run(command: typeof importCommand, args: readonly string[]) {
    const said: string[] = [];
    const before = process.exitCode;
    const write = process.stderr.write;
    process.stderr.write = () => true;
    process.exitCode = undefined;
    try {
      await command(config(), args, (line) => void said.push(line));
      return { said, code: process.exitCode ?? 0 };
    } finally {
      process.exitCode = before;
      process.stderr.write = write;
    }
  }

  it('end with 0 where everything came in, the second time too', async () => {
    const folder = await desk.folderOf({ codes: [unit(1)] });
    const first = await run(importCommand, [folder]);
    assert.equal(first.code, 0);
    assert.match(first.said.join('\n'), /2 participants, 2 products, 1 codes/);
    const second = await run(importCommand, [folder]);
    assert.deepEqual([second.code, /nothing to do/.test(second.said[0] ?? '')], [0, true]);
  });

  it('name each wrong line and end with 1, or with 3 where it was left out', async () => {
    const folder = await desk.folderOf({ codes: [unit(1), unit(2, { parent: packageOf(1) })] });
    const refused = await run(importCommand, [folder]);
    assert.equal(refused.code, 1);
    assert.match(refused.said[0] ?? '', /^codes\.ndjson:2 {2}import\.parent_missing {2}01/);
    const checked = await run(importCommand, [folder, '--check']);
    assert.deepEqual([checked.code, await desk.count('code')], [1, 0]);
    const partly = await run(importCommand, [folder, '--skip-bad', '--name', 'xTrace']);
    assert.deepEqual([partly.code, await desk.count('code')], [3, 1]);
    const { rows } = await desk.db.query<{ name: string }>('select name from foreign_code_origin');
    assert.deepEqual(rows, [{ name: 'xTrace' }]);
  });

  it('export what was imported', async () => {
    await run(importCommand, [await desk.folderOf({ codes: [unit(1)] })]);
    const target = join(desk.base, 'out');
    const { code, said } = await run(exportCommand, [target]);
    assert.deepEqual([code, /rows in 14 files/.test(said[0] ?? '')], [0, true]);
    await rename(target, join(desk.base, 'moved'));
  });

  for (const [args, because] of [
    [[], 'without a folder'],
    [['--check'], 'with an option in place of a folder'],
    [['a', 'b'], 'with two folders'],
  ] as const) {
    it(`end with 2 ${because}`, async () => {
      assert.equal((await run(importCommand, args)).code, 2);
      assert.equal((await run(exportCommand, args)).code, 2);
    });
  }

  it('end with 2 on an option that does not exist', async () => {
    assert.equal((await run(importCommand, ['folder', '--skipbad'])).code, 2);
  });
});
