import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataFolder } from '../../src/store/data-lock.ts';
import { startToken } from '../../src/store/process-identity.ts';
import { AlreadyRunningError } from '../../src/store/start-error.ts';

// Above the largest process number Linux gives out.
const NOBODYS_PID = 2 ** 22 + 1;

describe('lockDataFolder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tanba-lock-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const leaveLock = (content: string) => writeFile(join(folder, 'hub.lock'), content);

  it('refuses a second holder and names the first', async () => {
    await lockDataFolder(folder);
    await assert.rejects(lockDataFolder(folder), new AlreadyRunningError(process.pid));
  });

  it('lets the next one in after a release', async () => {
    await (await lockDataFolder(folder)).release();
    await lockDataFolder(folder);
  });

  it('leaves nothing behind after a release', async () => {
    await (await lockDataFolder(folder)).release();
    assert.deepEqual(await readdir(folder), []);
  });

  it('takes a lock whose process is gone', async () => {
    await leaveLock(JSON.stringify({ pid: NOBODYS_PID, token: null }));
    await lockDataFolder(folder);
  });

  it('takes a lock whose number belongs to another process by now', async function () {
    if (startToken(process.pid) === null) this.skip();
    await leaveLock(JSON.stringify({ pid: process.pid, token: 'another boot:1' }));
    await lockDataFolder(folder);
  });

  it('takes a lock that was cut off while it was written', async () => {
    await leaveLock('{"pid":');
    await lockDataFolder(folder);
  });

  it('lets one of many in when all find a stale lock', async () => {
    await leaveLock(JSON.stringify({ pid: NOBODYS_PID, token: null }));
    const starts = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataFolder(folder)));
    assert.equal(starts.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('does not remove the lock of another on its own release', async () => {
    const first = await lockDataFolder(folder);
    await leaveLock(JSON.stringify({ pid: process.pid, token: startToken(process.pid) }));
    await first.release();
    await assert.rejects(lockDataFolder(folder), AlreadyRunningError);
  });
});
