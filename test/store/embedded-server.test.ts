import assert from 'node:assert/strict';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountOf } from '../../src/store/embedded/account.ts';
import { findBinaries } from '../../src/store/embedded/binaries.ts';
import { maintenanceConnection } from '../../src/store/embedded/connect.ts';
import { pgDataOf, readInstance } from '../../src/store/embedded/instance.ts';
import { launchPostmaster } from '../../src/store/embedded/launch.ts';
import { npmFolder } from '../../src/store/embedded/npm-binaries.ts';
import { runningPostmaster } from '../../src/store/embedded/postmaster.ts';
import { isAlive } from '../../src/store/process-identity.ts';
import {
  asRoot,
  createDataPlace,
  type DataPlace,
  type HubProcess,
  nobodyCanRunThis,
  query,
} from './support/hub-process.ts';

describe('the embedded PostgreSQL, once started,', function () {
  this.timeout(60_000);
  let place: DataPlace;
  let hub: HubProcess;

  before(async () => {
    place = await createDataPlace();
    hub = await place.startHub();
  });

  after(async () => {
    await place.clear();
  });

  it('serves a data folder in a folder that only its owner can enter', async () => {
    assert.deepEqual(await query(hub.connection, 'select current_database()'), ['tanba']);
  });

  it('sorts bytewise and checks its pages', async () => {
    const { connection } = hub;
    const settings = `select datcollate, pg_encoding_to_char(encoding), current_setting('data_checksums'),
      current_setting('fsync'), current_setting('listen_addresses') from pg_database where datname = 'tanba'`;
    assert.deepEqual(await query(connection, settings), ['C.UTF-8', 'UTF8', 'on', 'on', '']);
  });

  it('leaves the data folder of root alone: its mode and owner stay', async function () {
    if (!asRoot) this.skip();
    const { mode, uid } = await stat(join(place.dataFolder, '..'));
    assert.deepEqual({ mode: mode & 0o777, uid }, { mode: 0o700, uid: 0 });
  });

  it('says at a second start who is running', async () => {
    const second = await place.startHub();
    assert.equal(second.error, `Tanba is already running here: pid ${hub.pid}`);
  });
});

describe('the embedded PostgreSQL', function () {
  this.timeout(60_000);
  let place: DataPlace;

  beforeEach(async () => {
    place = await createDataPlace();
  });

  afterEach(async () => {
    await place.clear();
  });

  async function pgData(): Promise<string> {
    const instance = await readInstance(place.dataFolder);
    assert.ok(instance !== null);
    return pgDataOf(place.dataFolder, instance);
  }

  async function postmasterPid(): Promise<number> {
    const running = await runningPostmaster(await pgData());
    assert.ok(running !== null);
    return running.pid;
  }

  it("starts with npm's binaries", async () => {
    const hub = await place.startHub({ env: { TANBA_PG_BIN: npmFolder() ?? '' } });
    assert.deepEqual(await query(hub.connection, `select current_setting('server_version_num')::int / 10000`), [18]);
  });

  it('keeps everything below the data folder of an ordinary user', async function () {
    if (!asRoot || !nobodyCanRunThis()) this.skip();
    const own = await createDataPlace({ asNobody: true });
    try {
      const hub = await own.startHub({ asNobody: true });
      assert.deepEqual([hub.error, hub.connection.host], [undefined, join(own.dataFolder, 'run')]);
    } finally {
      await own.clear();
    }
  });

  it('takes a short folder for its socket where the path is too long', async function () {
    if (!asRoot || !nobodyCanRunThis()) this.skip();
    const own = await createDataPlace({ asNobody: true, below: 'a-long-name/'.repeat(8) });
    try {
      const hub = await own.startHub({ asNobody: true });
      assert.deepEqual(await query(hub.connection, 'select 1'), [1]);
    } finally {
      await own.clear();
    }
  });

  it('stops with its hub', async () => {
    const hub = await place.startHub();
    const pid = await postmasterPid();
    await hub.kill('SIGTERM');
    assert.equal(isAlive(pid), false);
  });

  it('has every committed row after kill -9 of its hub', async () => {
    const killed = await place.startHub();
    await query(killed.connection, 'create table kept as select 7 as n');
    await killed.kill('SIGKILL');
    const next = await place.startHub();
    assert.deepEqual(await query(next.connection, 'select n from kept'), [7]);
  });

  it('has one server after kill -9 of its hub, not an orphan beside it', async () => {
    const killed = await place.startHub();
    const orphan = await postmasterPid();
    await killed.kill('SIGKILL');
    await place.startHub();
    assert.ok((await postmasterPid()) === orphan || !isAlive(orphan));
  });

  it('takes over a server that runs without a hub', async () => {
    await (await place.startHub()).kill('SIGTERM');
    const running = await launchAlone(place.dataFolder, await pgData());
    await place.startHub();
    assert.equal(await postmasterPid(), running);
  });

  it('comes back when PostgreSQL itself was killed', async () => {
    const hub = await place.startHub();
    const before = await postmasterPid();
    process.kill(before, 'SIGKILL');
    assert.deepEqual(await queryUntilAnswered(hub.connection), [1]);
  });

  it('says who is running to a second start that found no lock file', async () => {
    const first = await place.startHub();
    await rm(join(place.dataFolder, 'hub.lock'));
    const second = await place.startHub();
    assert.equal(second.error, `Tanba is already running here: pid ${first.pid}`);
  });

  it('says what to do about data of a major version that is not installed', async () => {
    await pretendCluster(place.dataFolder, '9');
    const { error } = await place.startHub();
    assert.match(error ?? '', /was made by PostgreSQL 9[\s\S]*pg_upgrade/);
  });

  it('never makes a fresh cluster over data of another major version', async () => {
    await pretendCluster(place.dataFolder, '9');
    await place.startHub();
    assert.deepEqual(await readdir(join(place.dataFolder, 'postgres')), ['PG_VERSION']);
  });

  it('never makes a fresh cluster where the old one is missing', async () => {
    await (await place.startHub()).kill('SIGTERM');
    const folder = await pgData();
    await rename(folder, `${folder}.gone`);
    const { error } = await place.startHub();
    assert.match(error ?? '', /it is not there/);
  });

  it('refuses a cluster that is not the one of the data folder', async () => {
    await (await place.startHub()).kill('SIGTERM');
    const path = join(place.dataFolder, 'instance.json');
    const changed = (await readFile(path, 'utf8')).replace(/("systemIdentifier": )"\d+"/, '$1"1"');
    await writeFile(path, changed);
    const { error } = await place.startHub();
    assert.match(error ?? '', /is another one/);
  });
});

async function launchAlone(dataFolder: string, pgData: string): Promise<number> {
  const account = await accountOf(pgData);
  const search = await findBinaries(account, null, process.env);
  assert.ok('found' in search);
  const socketFolder = join(pgData, '..', 'run');
  await mkdir(socketFolder, { mode: 0o700 });
  await chown(socketFolder, account.uid, account.gid);
  const launch = { pgData, account, binaries: search.found, socketFolder, logFile: join(dataFolder, 'postgres.log') };
  return (await launchPostmaster(launch, maintenanceConnection(socketFolder))).pid;
}

async function pretendCluster(dataFolder: string, major: string): Promise<void> {
  const folder = join(dataFolder, 'postgres');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'PG_VERSION'), `${major}\n`);
  // Root's own would be refused for its owner.
  if (asRoot) await chown(folder, 65_534, 65_534);
}

async function queryUntilAnswered(connection: Parameters<typeof query>[0]): Promise<unknown[]> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      return await query(connection, 'select 1');
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
