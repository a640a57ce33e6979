import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { startHub } from '../../src/hub.ts';
import { type AdaptersFile, makeAdaptersFile, plainAdapter } from '../adapters/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Json, newDataFolder, startTestHub, type TestHub } from '../support/hub.ts';

/** Writes down what is done to it, and what of the hub is at work then. */
function recording(name: string): string {
  return `
    import { appendFileSync, existsSync, readFileSync } from 'node:fs';
    ${plainAdapter(
      name,
      `
      capabilities: ['serves', 'schedules'],
      settings: { type: 'object', properties: { file: { type: 'string' }, demo: { type: 'string' } } },
      open: async ({ settings, db, listens, works }) => {
        const note = async (what) => {
          const { rows } = await db.query("select count(*)::int as n from participant");
          const ready = existsSync(settings.demo)
            ? (await fetch(JSON.parse(readFileSync(settings.demo, 'utf8')).baseUrl + '/health/ready')).status
            : 'none';
          appendFileSync(settings.file, ['${name}', what, 'participants ' + (rows[0].n > 0), ready].join(' ') + '\\n');
        };
        appendFileSync(settings.file, '${name} open listens ' + listens + ' works ' + works + '\\n');
        return {
          routes: [{
            method: 'get', path: '/api/v1/${name}/:what', operationId: '${name}What', tag: '${name}', summary: 'Echo',
            access: 'exchange', params: { type: 'object', properties: { what: { type: 'string', maxLength: 3 } } },
            responses: { 200: { description: 'The same', schema: { type: 'object' } } },
            handle: async ({ params }) => ({ status: 200, body: { what: params.what } }),
          }],
          jobs: [{
            name: '${name}-sweep', schedule: '0 3 * * *', timeZone: 'Asia/Almaty', describe: 'Sweeps.', leaseSeconds: 60,
            run: async () => ({ swept: 7 }),
          }],
          health: async () => ({ state: 'degraded', finding: 'Half of it works.', details: { half: true } }),
          start: () => note('start'),
          stop: () => note('stop'),
        };
      },`,
    )}`;
}

function opening(changes: string): string {
  return `open: async () => ({ health: async () => 0, start: async () => 0, stop: async () => 0, ${changes} })`;
}

describe('a hub with adapters of others', () => {
  let database: TestDatabase;
  let given: AdaptersFile;
  let dataFolder: string;
  let record: string;

  before(async () => {
    database = await createTestDatabase();
    // Keys stay with the database.
    dataFolder = await newDataFolder();
  });
  after(async () => {
    await rm(dataFolder, { recursive: true });
    await database.drop();
  });

  beforeEach(async () => {
    given = await makeAdaptersFile();
    record = join(given.folder, 'record.txt');
    await given.adapter('one', recording('one'));
    await given.adapter('two', recording('two'));
    const settings = { file: record, demo: join(dataFolder, 'demo.json') };
    await given.write({ one: { folder: 'one', settings }, two: { folder: 'two', settings } });
  });
  afterEach(() => given.remove());

  const start = (env: NodeJS.ProcessEnv = {}): Promise<TestHub> =>
    startTestHub({ databaseUrl: database.url, dataFolder, env: { TANBA_ADAPTERS: given.file, ...env } });
  const recorded = async () => (await readFile(record, 'utf8')).trim().split('\n');

  it('opens their doors after everything else, and shuts them before, in the opposite order', async () => {
    const hub = await start();
    await hub.stop();
    assert.deepEqual(await recorded(), [
      'one open listens true works true',
      'two open listens true works true',
      'one start participants true 503',
      'two start participants true 503',
      'two stop participants true 503',
      'one stop participants true 503',
    ]);
  });

  it('opens no doors in a worker', async () => {
    const env = { DATABASE_URL: database.url, TANBA_DATA: dataFolder, PORT: '0', OFD_PORT: '0', TANBA_LOG: 'silent' };
    const hub = await startHub(loadConfig({ ...env, TANBA_ROLES: 'worker', TANBA_ADAPTERS: given.file }));
    await hub.stop();
    assert.deepEqual(await recorded(), ['one open listens false works true', 'two open listens false works true']);
  });

  it('serves their operations, runs their jobs, and shows how they are', async () => {
    const hub = await start();
    try {
      const call = (method: 'GET' | 'POST', path: string) => hub.call(method, path, { as: 'operator' });
      assert.deepEqual((await call('GET', '/api/v1/two/abc')).body, { what: 'abc' });
      assert.equal((await call('GET', '/api/v1/two/abcd')).status, 400);
      assert.equal((await hub.call('GET', '/api/v1/two/abc')).status, 401);
      const { body: api } = await hub.call('GET', '/api/openapi.json');
      assert.equal(api.paths['/api/v1/one/{what}'].get.operationId, 'oneWhat');

      const { jobs } = (await call('GET', '/api/v1/exchange/jobs')).body;
      assert.ok(jobs.some(({ name }: Json) => name === 'one-sweep'));
      assert.equal((await call('POST', '/api/v1/exchange/jobs/one-sweep/runs')).status, 202);

      const { status, body } = await call('GET', '/api/v1/adapters/one');
      assert.equal(status, 200);
      assert.deepEqual(body.jobs, ['one-sweep']);
      assert.deepEqual(body.health, { state: 'degraded', finding: 'Half of it works.', details: { half: true } });
      assert.match((await hub.call('GET', '/metrics')).text, /tanba_adapter_health\{adapter="two"\} 1/);
    } finally {
      await hub.stop();
    }
  });

  it('shows adapters to the operator alone, and says which it has not', async () => {
    const hub = await start();
    try {
      assert.equal((await hub.call('GET', '/api/v1/adapters', { as: 'manufacturer' })).status, 403);
      const answer = await hub.call('GET', '/api/v1/adapters/webhook', { as: 'operator' });
      assert.deepEqual([answer.status, answer.body.code], [404, 'adapters.not_found']);
    } finally {
      await hub.stop();
    }
  });

  it('stops what it has started when a door does not open', async () => {
    await given.adapter('three', plainAdapter('three', opening("start: () => Promise.reject(new Error('in use'))")));
    const settings = { file: record, demo: join(dataFolder, 'demo.json') };
    await given.write({ one: { folder: 'one', settings }, three: { folder: 'three' } });
    await assert.rejects(start(), /in use/);
    assert.match((await recorded()).at(-1) ?? '', /^one stop/);
  });

  for (const [what, opened, told] of [
    ['has no health', 'health: undefined', /opens without health$/],
    ['has jobs that it does not declare', "jobs: [{ name: 'x' }]", /does not declare that it schedules/],
    ['delivers and does not declare it', "delivery: { name: 'three' }", /does not declare that it delivers/],
  ] as const) {
    it(`does not start with one that ${what}`, async () => {
      await given.adapter('three', plainAdapter('three', opening(opened)));
      await given.write({ three: { folder: 'three' } });
      await assert.rejects(start(), told);
    });
  }

  it('does not start with two jobs, or operations, of one name', async () => {
    const source = recording('two').replaceAll('two-sweep', 'one-sweep');
    await given.adapter('twin', source.replaceAll("name: 'two'", "name: 'twin'"));
    const settings = { file: record, demo: join(dataFolder, 'demo.json') };
    await given.write({ one: { folder: 'one', settings }, twin: { folder: 'twin', settings } });
    await assert.rejects(start(), /there are two of the job one-sweep/);
  });
});
