import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadedAdapter, loadAdapters } from '../../src/adapters/load.ts';
import { shownSettings } from '../../src/adapters/settings.ts';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { type AdaptersFile, makeAdaptersFile, plainAdapter } from './support.ts';

const SETTINGS = `settings: {
  type: 'object',
  additionalProperties: false,
  properties: {
    port: { type: 'integer', minimum: 1, default: 7000 },
    fast: { type: 'boolean', default: false },
    hosts: { type: 'array', items: { type: 'string', minLength: 2 }, default: [] },
    ids: { type: 'array', items: { type: 'integer' } },
    limits: { type: 'object', properties: { lines: { type: 'integer', default: 9 } }, default: {} },
    token: { type: 'string', minLength: 8, writeOnly: true },
  },
}`;
const DEFAULTS = { port: 7_000, fast: false, hosts: [], limits: { lines: 9 } };

describe('the loading of adapters', () => {
  let given: AdaptersFile;
  beforeEach(async () => {
    given = await makeAdaptersFile();
  });
  afterEach(() => given.remove());

  async function load(entries: unknown, env: NodeJS.ProcessEnv = {}): Promise<readonly LoadedAdapter[]> {
    await given.write(entries);
    return await loadAdapters(given.entries(env));
  }

  async function problemsOf(entries: unknown, env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
    try {
      await load(entries, env);
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
      return error.problems;
    }
    return [];
  }

  it('finds an adapter in a folder beside the configuration, and nothing of the hub is needed for it', async () => {
    await given.adapter('one', plainAdapter('one'));
    const [one] = await load({ one: { folder: 'one' } });
    assert.deepEqual([one?.module.name, one?.settings], ['one', {}]);
  });

  it('keeps the order of the configuration', async () => {
    for (const name of ['one', 'two', 'three']) await given.adapter(name, plainAdapter(name));
    const entries = { two: { folder: 'two' }, three: { folder: 'three' }, one: { folder: 'one' } };
    const found = await load(entries);
    assert.deepEqual(
      found.map(({ module }) => module.name),
      ['two', 'three', 'one'],
    );
  });

  it('tells of a folder that has none', async () => {
    const [problem = ''] = await problemsOf({ nowhere: {} });
    assert.ok(problem.startsWith(`${given.file}: nowhere: there is no adapter.js or adapter.ts in `), problem);
    assert.ok(problem.includes(join('src', 'adapters', 'nowhere')), problem);
  });

  for (const [what, source, told] of [
    ['exports nothing', 'export {};', /there is none/],
    ['does not compile', 'export const adapter = {', /cannot be loaded/],
    ['throws', 'throw new Error("no licence");', /cannot be loaded: no licence/],
    ['has another name', plainAdapter('other'), /calls itself "other"/],
    ['cannot be opened', plainAdapter('one', 'open: 5'), /\/open must be function/],
    ['has an unknown capability', plainAdapter('one', "capabilities: ['flies']"), /\/capabilities\/0/],
    ['has no summary', plainAdapter('one', "summary: ''"), /\/summary/],
    ['receives what is no kind', plainAdapter('one', "receives: ['x']"), /\/receives\/0/],
    ['has settings that are no object', plainAdapter('one', "settings: { type: 'string' }"), /\/settings\/type/],
    ['checks by what is no function', plainAdapter('one', 'checkSettings: 1'), /\/checkSettings must be function/],
    ['has a schema with a slip', plainAdapter('one', "settings: { type: 'object', minumum: 1 }"), /minumum/],
  ] as const) {
    it(`refuses one that ${what}`, async () => {
      await given.adapter('one', source);
      const problems = await problemsOf({ one: { folder: 'one' } });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', told);
      assert.ok(problems[0]?.startsWith(`${given.file}: one: `), problems[0]);
    });
  }

  describe('of one with settings', () => {
    beforeEach(() => given.adapter('one', plainAdapter('one', SETTINGS)));
    const entry = (settings: object, environment: object = {}) => ({ one: { folder: 'one', settings, environment } });

    it('fills in the defaults', async () => {
      const [one] = await load(entry({ port: 7_001 }));
      assert.deepEqual(one?.settings, { ...DEFAULTS, port: 7_001 });
    });

    it('turns what the environment says into what the schema wants', async () => {
      const environment = { port: 'P', fast: 'F', hosts: 'H', ids: 'I', limits: 'L', token: 'T' };
      const env = { P: '81', F: 'true', H: ' a.kz, b.kz,', I: '1,2', L: '{"lines":3}', T: '12345678' };
      const [one] = await load(entry({ port: 80, fast: false }, environment), env);
      const wanted = { port: 81, fast: true, hosts: ['a.kz', 'b.kz'], ids: [1, 2], limits: { lines: 3 } };
      assert.deepEqual(one?.settings, { ...wanted, token: '12345678' });
    });

    it('leaves to the file what the environment does not say', async () => {
      const [one] = await load(entry({ port: 80 }, { port: 'P', fast: 'F' }), { P: '' });
      assert.deepEqual(one?.settings, { ...DEFAULTS, port: 80 });
    });

    for (const [setting, value, told] of [
      ['port', 'eighty', 'VARIABLE must be integer.'],
      ['port', '0', 'VARIABLE must be >= 1.'],
      ['port', '1e3', 'VARIABLE must be integer.'],
      ['fast', 'yes', 'VARIABLE must be boolean.'],
      ['hosts', 'a.kz,b', 'VARIABLE (/1) must NOT have fewer than 2 characters.'],
      ['limits', '{', 'VARIABLE must be object.'],
      ['token', 'secret', 'VARIABLE must NOT have fewer than 8 characters.'],
    ] as const) {
      it(`refuses ${setting} ${value} from the environment, and repeats it to nobody`, async () => {
        assert.deepEqual(await problemsOf(entry({}, { [setting]: 'VARIABLE' }), { VARIABLE: value }), [told]);
      });
    }

    it('tells all problems of all adapters at once', async () => {
      await given.adapter('two', plainAdapter('two', 'open: 5'));
      const entries = { ...entry({ port: 'x', fast: 1 }), two: { folder: 'two' }, three: { folder: 'three' } };
      const problems = await problemsOf(entries);
      assert.equal(problems.length, 4);
      assert.equal(problems[0], `${given.file}: one: port must be integer.`);
      assert.equal(problems[1], `${given.file}: one: fast must be boolean.`);
    });

    it('refuses a setting that there is not, also where only the environment would give it', async () => {
      assert.deepEqual(await problemsOf(entry({ prot: 1 }, { quick: 'Q' })), [
        `${given.file}: one: there is no setting "prot".`,
        `${given.file}: one: there is no setting "quick".`,
      ]);
    });
  });

  it('asks the adapter about settings that match its schema, and names the variable', async () => {
    const settings = "settings: { type: 'object', properties: { port: { type: 'integer' } } }";
    const check = "checkSettings: ({ port }) => port % 2 ? [{ setting: 'port', problem: 'must be even' }] : []";
    await given.adapter('one', plainAdapter('one', `${settings}, ${check}`));
    const entries = { one: { folder: 'one', settings: { port: 3 }, environment: { port: 'PORT_OF_ONE' } } };
    assert.deepEqual(await problemsOf(entries), [`${given.file}: one: port must be even.`]);
    assert.deepEqual(await problemsOf(entries, { PORT_OF_ONE: '5' }), ['PORT_OF_ONE must be even.']);
    assert.deepEqual(await problemsOf(entries, { PORT_OF_ONE: '4' }), []);
  });
});

describe('the adapters of the hub', () => {
  const names = readdirSync('src/adapters', { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );

  for (const name of names) {
    it(`${name} is complete, and needs no settings`, async () => {
      const entry = { name, file: 'config/adapters.json', settings: {}, environment: [] };
      const [loaded] = await loadAdapters([entry]);
      assert.equal(loaded?.module.name, name);
      assert.ok(existsSync(`src/adapters/${name}/README.md`), 'it has no README.md');
    });
  }

  it('are all in the configuration', async () => {
    const configured = loadConfig({}).adapters.map(({ name }) => name);
    assert.deepEqual([...configured].sort(), [...names].sort());
  });

  for (const network of ['10.0.0.0', '10.0.0.0/33', '::1/129', 'example.kz/8', '10.0.0.0/8/8', '10.0.0.0/-1']) {
    it(`refuse the network ${network} for webhooks`, async () => {
      const { adapters } = loadConfig({ TANBA_WEBHOOK_NETWORKS: `::1/128,${network}` });
      await assert.rejects(loadAdapters(adapters), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.problems, ['TANBA_WEBHOOK_NETWORKS must be networks as 10.1.0.0/16,fd00::/8.']);
        return true;
      });
    });
  }

  it('take the networks for webhooks from the environment', async () => {
    const { adapters } = loadConfig({ TANBA_WEBHOOK_NETWORKS: '10.1.0.0/16, fd00::/8,' });
    const webhook = (await loadAdapters(adapters)).find(({ module }) => module.name === 'webhook');
    assert.deepEqual(webhook?.settings, { networks: ['10.1.0.0/16', 'fd00::/8'] });
  });
});

describe('settings as they are shown', () => {
  const secret = { type: 'string', writeOnly: true };

  for (const [where, schema, value, shown] of [
    ['a property', { properties: { a: secret, b: { type: 'string' } } }, { a: 'x', b: 'y' }, { a: '***', b: 'y' }],
    ['an inner object', { properties: { o: { properties: { a: secret } } } }, { o: { a: 'x' } }, { o: { a: '***' } }],
    [
      'a list',
      { properties: { l: { items: { properties: { a: secret } } } } },
      { l: [{ a: 'x', b: 1 }] },
      { l: [{ a: '***', b: 1 }] },
    ],
    ['names of any kind', { additionalProperties: secret }, { x: 'y' }, { x: '***' }],
    ['names of a pattern', { patternProperties: { '^x': secret } }, { x: 'y' }, { x: '***' }],
    ['a branch of a union', { properties: { a: { anyOf: [{ type: 'null' }, secret] } } }, { a: 'x' }, { a: '***' }],
    ['a whole object', { properties: { o: { writeOnly: true } } }, { o: { a: 'x' } }, { o: '***' }],
  ] as const) {
    it(`hide a secret in ${where}`, () => {
      assert.deepEqual(shownSettings(schema, value), shown);
    });
  }
});
