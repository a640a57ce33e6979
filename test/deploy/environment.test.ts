import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

describe('the secrets of docker-compose.yml', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tanba-env-'));
    await mkdir(join(folder, 'deploy'));
    for (const file of ['make-env.sh', '.env.example'])
      await copyFile(join('deploy', file), join(folder, 'deploy', file));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const makeEnv = () => execute('sh', [join(folder, 'deploy', 'make-env.sh')]);
  const settings = async (file: string) =>
    new Map(
      (await readFile(file, 'utf8')).split('\n').flatMap((line) => {
        const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value] as const];
      }),
    );

  it('are all named in .env.example, and nothing else is', async () => {
    const used = (await readFile('docker-compose.yml', 'utf8')).matchAll(/\$\{([A-Z_]+)/g);
    const names = new Set(Array.from(used, ([, name]) => name));
    assert.deepEqual([...names].sort(), [...(await settings('deploy/.env.example')).keys()].sort());
  });

  it('are 256 random bits each, for nobody else to read', async () => {
    await makeEnv();
    const made = await settings(join(folder, '.env'));
    const secrets = [...made].filter(([name]) => /PASSWORD|KEY/.test(name)).map(([, value]) => value);
    assert.equal(secrets.length, 4);
    assert.equal(new Set(secrets).size, 4);
    for (const secret of secrets) assert.match(secret, /^[0-9a-f]{64}$/);
    assert.equal((await stat(join(folder, '.env'))).mode & 0o777, 0o600);
  });

  it('are never overwritten: the master key may be in use', async () => {
    await makeEnv();
    const before = await readFile(join(folder, '.env'), 'utf8');
    await assert.rejects(makeEnv(), /exists already/);
    assert.equal(await readFile(join(folder, '.env'), 'utf8'), before);
  });
});
