import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SHIPPED = [
  'bin',
  'config',
  'migrations',
  'schemas',
  'src',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

describe('the command tanba', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tanba-launcher-'));
    for (const path of SHIPPED) await cp(path, join(folder, path), { recursive: true });
  });
  after(() => rm(folder, { recursive: true }));

  const tanba = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'bin/tanba.js'), ...args], { encoding: 'utf8' });

  it('says what to do where it is neither built nor can be', () => {
    const { status, stderr } = tanba('help');
    assert.equal(status, 1);
    assert.match(stderr, /npm ci && npm run build/);
  });

  describe('with the compiler at hand', () => {
    let first: ReturnType<typeof tanba>;
    before(async function () {
      this.timeout(60_000);
      await symlink(resolve('node_modules'), join(folder, 'node_modules'));
      first = tanba('help');
    });

    it('builds the program once, and runs it', () => {
      assert.equal(first.status, 0, first.stderr);
      assert.match(first.stderr, /Building/);
      assert.match(first.stdout, /Usage: tanba <command>/);
    });

    it('runs what is built at once from then on', () => {
      const { stderr, stdout } = tanba('help');
      assert.equal(stderr, '');
      assert.equal(stdout, first.stdout);
    });

    it('ends with the exit code of the command', () => {
      assert.equal(tanba('no-such-command').status, 2);
    });
  });
});
