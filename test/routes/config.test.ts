import assert from 'node:assert/strict';
import { resolve } from 'node:path';
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

  it('let webhooks reach this machine in the demo, and no private network in production', () => {
    assert.deepEqual(loadConfig({}).webhookNetworks, ['127.0.0.0/8', '::1/128']);
    assert.deepEqual(loadConfig(PRODUCTION).webhookNetworks, []);
    const given = loadConfig({ ...PRODUCTION, TANBA_WEBHOOK_NETWORKS: '10.1.0.0/16, fd00::/8,' });
    assert.deepEqual(given.webhookNetworks, ['10.1.0.0/16', 'fd00::/8']);
  });

  for (const network of ['10.0.0.0', '10.0.0.0/33', '::1/129', 'example.kz/8', '10.0.0.0/8/8', '10.0.0.0/-1']) {
    it(`refuse the network ${network} for webhooks`, () => {
      const problems = problemsOf({ TANBA_WEBHOOK_NETWORKS: `::1/128,${network}` });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^TANBA_WEBHOOK_NETWORKS/);
    });
  }

  it('tell all problems at once', () => {
    const problems = problemsOf({
      PORT: '99999',
      TANBA_ROLES: 'boss',
      TANBA_LOG: 'loud',
      TANBA_TRUST_PROXY: '-1',
      TANBA_WEBHOOK_NETWORKS: '10/8',
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
      'TANBA_WEBHOOK_NETWORKS',
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
