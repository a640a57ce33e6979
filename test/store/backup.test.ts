import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDataPlace, type DataPlace, query } from './support/hub-process.ts';

const TIMELINE = `select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int`;

function backUp(place: DataPlace): string {
  const { status, output } = place.runTanba(['backup', join(place.dataFolder, '..', 'backups')]);
  assert.equal(status, 0, output);
  return /^Backup: (\S+)/m.exec(output)?.[1] ?? '';
}

function restore(place: DataPlace, folder: string): void {
  const { status, output } = place.runTanba(['restore', folder]);
  assert.equal(status, 0, output);
}

describe('the database in tanba backup and restore', function () {
  this.timeout(60_000);
  let place: DataPlace;

  beforeEach(async () => {
    place = await createDataPlace();
  });

  afterEach(async () => {
    await place.clear();
  });

  /** Rows before and after the backup; the hub stands still at the end. */
  async function backUpBetweenRows({ running }: { running: boolean }): Promise<string> {
    let hub = await place.startHub();
    await query(hub.connection, 'create table goods as select n from generate_series(1, 20000) as n');
    if (!running) await hub.kill('SIGTERM');
    const folder = backUp(place);
    if (!running) hub = await place.startHub();
    await query(hub.connection, 'insert into goods select n from generate_series(20001, 30000) as n');
    await hub.kill('SIGTERM');
    return folder;
  }

  for (const running of [true, false]) {
    it(`has the rows of the time of the backup, made while the hub ${running ? 'ran' : 'stood still'}`, async () => {
      restore(place, await backUpBetweenRows({ running }));
      const hub = await place.startHub();
      const answer = await query(hub.connection, `select count(*)::int, max(n), (${TIMELINE}) from goods`);
      // The new timeline is how the hub recognises a store that has forgotten something.
      assert.deepEqual(answer, [20_000, 20_000, 2]);
    });
  }

  it('comes back after the whole data folder was lost', async () => {
    const folder = await backUpBetweenRows({ running: true });
    await place.forgetData();
    restore(place, folder);
    const hub = await place.startHub();
    assert.deepEqual(await query(hub.connection, 'select count(*)::int from goods'), [20_000]);
  });

  it('is not exchanged while the hub runs', async () => {
    const hub = await place.startHub();
    const { output } = place.runTanba(['restore', backUp(place)]);
    assert.match(output, new RegExp(`already running here: pid ${hub.pid}`));
  });
});

describe('the files in tanba backup and restore', function () {
  this.timeout(60_000);
  let place: DataPlace;
  let keyFile: string;
  let journal: string;

  before(async () => {
    place = await createDataPlace();
    await (await place.startHub()).kill('SIGTERM');
    keyFile = join(place.dataFolder, 'keys.json');
    journal = join(place.dataFolder, 'issue-journal', 'journal.ndjson');
  });

  beforeEach(async () => {
    await writeFile(keyFile, 'older');
    await mkdir(dirname(journal), { recursive: true });
    await writeFile(journal, 'before\n');
    await writeFile(join(place.dataFolder, 'master.key'), 'secret');
  });

  after(async () => {
    await place.clear();
  });

  it('are the issue journal and the key file, but not the master key', async () => {
    const content = await readdir(backUp(place));
    assert.deepEqual(content.sort(), ['issue-journal', 'keys.json', 'manifest.json', 'postgres']);
  });

  it('are of no use without the manifest, which is written last', async () => {
    const folder = backUp(place);
    await rm(join(folder, 'manifest.json'));
    assert.match(place.runTanba(['restore', folder]).output, /not finished/);
  });

  it('never come in the place of the issue journal', async () => {
    const folder = backUp(place);
    await appendFile(journal, 'after\n');
    restore(place, folder);
    assert.equal(await readFile(journal, 'utf8'), 'before\nafter\n');
  });

  it('do not come in the place of a key file that is there', async () => {
    const folder = backUp(place);
    await writeFile(keyFile, 'younger');
    restore(place, folder);
    assert.equal(await readFile(keyFile, 'utf8'), 'younger');
  });

  it('give a lost key file back', async () => {
    const folder = backUp(place);
    await rm(keyFile);
    restore(place, folder);
    assert.equal(await readFile(keyFile, 'utf8'), 'older');
  });

  it('are kept aside by a restore, never deleted', async () => {
    const countAside = async () =>
      (await readdir(await place.instanceFolder())).filter((name) => name.includes('before-restore')).length;
    const earlier = await countAside();
    restore(place, backUp(place));
    assert.equal(await countAside(), earlier + 1);
  });
});
