import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError, loadConfig } from '../../src/config.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  TANBA_MASTER_KEY: '0'.repeat(64),
  TANBA_ISSUE_JOURNAL: '/second/medium',
};

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

describe('the settings', () => {
  it('need nothing: a demo on the loopback address with its data in ./data', () => {
    const config = loadConfig({});
    assert.deepEqual(
      [config.host, config.port, config.dataFolder, config.keyFile, config.production],
      ['127.0.0.1', 8080, resolve('data'), resolve('data/keys.json'), false],
    );
  });

  it('take an empty variable for a missing one', () => {
    assert.equal(loadConfig({ PORT: '', DATABASE_URL: '', HOST: '' }).port, 8080);
  });

  it('may leave the port to the system', () => {
    assert.equal(loadConfig({ PORT: '0' }).port, 0);
  });

  for (const url of ['postgres://u:p@db/tanba', 'postgresql://root@%2Fvar%2Frun%2Fpostgresql/tanba']) {
    it(`take the database at ${url}`, () => {
      assert.equal(loadConfig({ DATABASE_URL: url }).databaseUrl, url);
    });
  }

  it('run the adapters of config/adapters.json, each with what the environment says', () => {
    const [webhook] = loadConfig({ TANBA_WEBHOOK_NETWORKS: '10.1.0.0/16' }).adapters;
    assert.equal(webhook?.name, 'webhook');
    assert.equal(webhook.file, resolve('config/adapters.json'));
    const variable = { setting: 'networks', variable: 'TANBA_WEBHOOK_NETWORKS' };
    assert.deepEqual(webhook.environment, [{ ...variable, value: '10.1.0.0/16' }]);
    assert.deepEqual(loadConfig({ TANBA_WEBHOOK_NETWORKS: '' }).adapters[0]?.environment, [variable]);
  });

  describe('with a file of adapters', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tanba-config-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    async function written(text: string): Promise<string> {
      const file = join(folder, 'adapters.json');
      await writeFile(file, text);
      return file;
    }

    it('take folders relative to the file', async () => {
      const file = await written('{ "one": { "folder": "here/one" }, "two": { "folder": "/opt/two" }, "three": {} }');
      const folders = loadConfig({ TANBA_ADAPTERS: file }).adapters.map((entry) => entry.folder);
      assert.deepEqual(folders, [join(folder, 'here/one'), '/opt/two', undefined]);
    });

    for (const [text, told] of [
      ['{', /cannot be read/],
      ['[]', /must be a JSON object/],
      ['{ "../one": {} }', /"\.\.\/one" is no name/],
      ['{ "One": {} }', /"One" is no name/],
      ['{ "one": { "setings": {} } }', /one: .*additional/],
      ['{ "one": { "settings": 5 } }', /one: \/settings must be object/],
      ['{ "one": { "environment": { "port": "port" } } }', /one: \/environment\/port/],
    ] as const) {
      it(`refuse ${text} there, and name the file`, async () => {
        const file = await written(text);
        const problems = problemsOf({ TANBA_ADAPTERS: file });
        assert.equal(problems.length, 1);
        assert.match(problems[0] ?? '', told);
        assert.ok(problems[0]?.includes(file));
      });
    }
  });

  it('tell all problems at once', () => {
    const problems = problemsOf({
      PORT: '99999',
      TANBA_ROLES: 'boss',
      TANBA_LOG: 'loud',
      TANBA_TRUST_PROXY: '-1',
      TANBA_ADAPTERS: '/nowhere/adapters.json',
      TANBA_MASTER_KEY: 'secret',
      AMQP_URL: 'http://x',
      REDIS_URL: 'nothing',
      HOST: '0.0.0.0',
    });
    const named = [
      'PORT',
      'TANBA_ROLES',
      'TANBA_LOG',
      'TANBA_TRUST_PROXY',
      'TANBA_ADAPTERS',
      'TANBA_MASTER_KEY',
      'AMQP_URL',
      'REDIS_URL',
      'HOST',
    ];
    for (const name of named)
      assert.ok(
        problems.some((problem) => problem.startsWith(name)),
        name,
      );
    assert.equal(problems.length, named.length);
  });

  it('never repeat a secret in a problem', () => {
    const problems = problemsOf({ DATABASE_URL: 'mysql://u:hunter2@db/x', TANBA_MASTER_KEY: 'hunter2' });
    assert.ok(!problems.join().includes('hunter2'));
  });

  it('are enough for production with a master key, a journal and a loopback address', () => {
    assert.deepEqual(problemsOf(PRODUCTION), []);
  });

  it('are enough for production on all addresses with a database of its own', () => {
    assert.deepEqual(problemsOf({ ...PRODUCTION, HOST: '0.0.0.0', DATABASE_URL: 'postgres://db/tanba' }), []);
  });

  for (const [missing, named] of [
    [{ TANBA_MASTER_KEY: '' }, 'TANBA_MASTER_KEY'],
    [{ TANBA_ISSUE_JOURNAL: '' }, 'TANBA_ISSUE_JOURNAL'],
    [{ HOST: '0.0.0.0' }, 'DATABASE_URL'],
  ] as const) {
    it(`are refused in production for want of ${named}`, () => {
      const problems = problemsOf({ ...PRODUCTION, ...missing });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', new RegExp(named));
    });
  }
});
