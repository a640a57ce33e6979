import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keys } from '../../src/cli/keys.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { openKeyRing, ROTATION_DELAY_MS } from '../../src/core/codes/key-ring.ts';
import { loadMasterKey } from '../../src/core/codes/master-key.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof TanbaError && error.code === code;
}

describe('the files of the keys', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tanba-keys-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  describe('loadMasterKey', () => {
    const options = (more: object = {}) => ({
      production: false,
      dataFolder: join(folder, 'data'),
      keyFile: join(folder, 'data', 'keys.json'),
      ...more,
    });
    const HEX = 'ab'.repeat(32);

    it('takes the one that is set', async () => {
      assert.deepEqual(await loadMasterKey(options({ masterKey: HEX })), Buffer.alloc(32, 0xab));
    });

    it('makes one at the first start and finds it at the second', async () => {
      assert.deepEqual(await loadMasterKey(options()), await loadMasterKey(options()));
    });

    it('makes it readable by its owner alone', async () => {
      await loadMasterKey(options());
      assert.equal((await stat(join(folder, 'data', 'master.key'))).mode & 0o777, 0o600);
    });

    it('makes one only when several hubs start at once', async () => {
      const made = await Promise.all(Array.from({ length: 5 }, () => loadMasterKey(options())));
      assert.equal(new Set(made.map((key) => key.toString('hex'))).size, 1);
    });

    it('makes none up in production', async () => {
      await assert.rejects(loadMasterKey(options({ production: true })), hasCode('keys.master_key_missing'));
    });

    it('makes none up beside a key file that another one opens', async () => {
      const { keyFile } = options();
      await loadMasterKey(options());
      await rm(join(folder, 'data', 'master.key'));
      await writeFile(keyFile, '{}');
      await assert.rejects(loadMasterKey(options()), hasCode('keys.master_key_missing'));
    });

    it('refuses one that was cut short', async () => {
      await loadMasterKey(options());
      await writeFile(join(folder, 'data', 'master.key'), 'abcd');
      await assert.rejects(loadMasterKey(options()), hasCode('keys.master_key_malformed'));
    });
  });

  describe('tanba keys', () => {
    let database: TestDatabase;
    let config: Config;

    before(async () => {
      database = await createTestDatabase();
    });

    after(async () => {
      await database.drop();
    });

    beforeEach(async () => {
      await database.db.query('TRUNCATE signing_key CASCADE');
      config = loadConfig({ TANBA_DATA: join(folder, 'data'), DATABASE_URL: database.url });
    });

    async function ring() {
      const { keyFile } = config;
      return await openKeyRing({
        db: database.db,
        clock: systemClock,
        keyFile,
        masterKey: await loadMasterKey(config),
      });
    }

    /** What the command writes to standard output. */
    async function run(...args: readonly string[]): Promise<string> {
      const { write } = process.stdout;
      let said = '';
      process.stdout.write = (text: string | Uint8Array) => {
        said += String(text);
        return true;
      };
      try {
        await keys(config, args);
      } finally {
        process.stdout.write = write;
      }
      return said;
    }

    it('list names each key once', async () => {
      const { keyId } = (await ring()).currentKey('ed25519');
      assert.equal((await run('list')).split('\n').filter((line) => line.startsWith(`${keyId}  ed25519`)).length, 1);
    });

    it('backup and restore bring back a lost key file', async () => {
      const { keyId } = (await ring()).currentKey('ed25519');
      await run('backup', join(folder, 'kept.json'));
      await rm(config.keyFile);
      await run('restore', join(folder, 'kept.json'));
      assert.equal((await ring()).currentKey('ed25519').keyId, keyId);
    });

    it('backup never overwrites', async () => {
      await ring();
      await writeFile(join(folder, 'kept.json'), 'precious');
      await assert.rejects(run('backup', join(folder, 'kept.json')), hasCode('keys.backup_exists'));
      assert.equal(await readFile(join(folder, 'kept.json'), 'utf8'), 'precious');
    });

    it('backup is readable by its owner alone', async () => {
      await ring();
      await run('backup', join(folder, 'kept.json'));
      assert.equal((await stat(join(folder, 'kept.json'))).mode & 0o777, 0o600);
    });

    it('restore refuses a backup older than the last rotation', async () => {
      await ring();
      await run('backup', join(folder, 'kept.json'));
      await run('rotate', 'ed25519');
      await assert.rejects(run('restore', join(folder, 'kept.json')), hasCode('keys.restore_would_lose'));
    });

    it('restore refuses what the master key does not open', async () => {
      await ring();
      await run('backup', join(folder, 'kept.json'));
      config = loadConfig({ TANBA_DATA: join(folder, 'other'), TANBA_MASTER_KEY: 'cd'.repeat(32) });
      await assert.rejects(run('restore', join(folder, 'kept.json')), hasCode('keys.wrong_master_key'));
    });

    it('restore refuses a backup that is not there', async () => {
      await ring();
      await assert.rejects(run('restore', join(folder, 'absent.json')), hasCode('keys.file_missing'));
    });

    it('rotate makes a key that a running hub learns of', async () => {
      const running = await ring();
      const old = running.currentKey('mac-24').keyId;
      const keyId = (await run('rotate', 'mac-24')).slice(0, 4);
      assert.notEqual(keyId, old);
      await running.refresh();
      assert.equal(running.signingKey(keyId).algorithm, 'mac-24');
    });

    it('rotate closes the old key’s period where the new one’s begins', async () => {
      await ring();
      await run('rotate', 'ed25519');
      const { rows } = await database.db.query(
        `SELECT FROM signing_key old JOIN signing_key new ON old.valid_to = new.valid_from
          WHERE old.algorithm = 'ed25519' AND new.algorithm = 'ed25519' AND new.valid_to IS NULL
            AND new.valid_from > now() AND new.valid_from < now() + make_interval(secs => $1)`,
        [ROTATION_DELAY_MS / 1_000 + 1],
      );
      assert.equal(rows.length, 1);
    });
  });
});
