import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkLibraries } from '../../src/store/embedded/npm-binaries.ts';

const LINKS = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];

describe("linkLibraries, in place of the npm package's install script", () => {
  let native: string;

  beforeEach(async () => {
    native = await mkdtemp(join(tmpdir(), 'tanba-native-'));
    await mkdir(join(native, 'lib'));
    await writeFile(join(native, 'lib', 'libpq.so.5.18'), 'the library');
  });

  afterEach(async () => {
    await rm(native, { recursive: true });
  });

  it('makes the links that are missing', async () => {
    await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(LINKS));
    await linkLibraries(join(native, 'bin'));
    assert.equal(await readFile(join(native, 'lib', 'libpq.so.5'), 'utf8'), 'the library');
  });

  it('may be repeated, also by two at once', async () => {
    await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(LINKS));
    await Promise.all([linkLibraries(join(native, 'bin')), linkLibraries(join(native, 'bin'))]);
    await linkLibraries(join(native, 'bin'));
    assert.equal(await readFile(join(native, 'lib', 'libpq.so.5'), 'utf8'), 'the library');
  });

  it('leaves a PostgreSQL of the system alone', async () => {
    await assert.doesNotReject(linkLibraries(join(native, 'bin')));
  });
});
