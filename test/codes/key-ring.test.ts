import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeyRing, openKeyRing, ROTATION_DELAY_MS } from '../../src/core/codes/key-ring.ts';
import { createTailMaker } from '../../src/core/codes/tail.ts';
import { ALGORITHMS, algorithmOf, type CodeTemplate, TAIL_FORMS } from '../../src/core/codes/template.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { type MovableClock, movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const CIS = '010487000000001221aB3dE6gH9jKlM';
const MASTER_KEY = Buffer.alloc(32, 7);
const TEMPLATES = TAIL_FORMS.map((tail): CodeTemplate => ({ name: tail, serialLength: 13, tail }));

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof TanbaError && error.code === code;
}

describe('the key ring', () => {
  let database: TestDatabase;
  let folder: string;
  let keyFile: string;
  let clock: MovableClock;

  before(async () => {
    database = await createTestDatabase();
  });

  after(async () => {
    await database.drop();
  });

  beforeEach(async () => {
    await database.db.query('TRUNCATE signing_key CASCADE');
    folder = await mkdtemp(join(tmpdir(), 'tanba-keys-'));
    keyFile = join(folder, 'deep', 'keys.json');
    clock = movableClock();
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const open = (masterKey = MASTER_KEY): Promise<KeyRing> =>
    openKeyRing({ db: database.db, clock, keyFile, masterKey });

  function tailOf(ring: KeyRing, template: CodeTemplate) {
    return createTailMaker(template, ring.currentKey(algorithmOf(template)))(CIS);
  }

  async function tableKeyIds(): Promise<readonly string[]> {
    const { rows } = await database.db.query<{ id: string }>('SELECT key_id AS id FROM signing_key ORDER BY key_id');
    return rows.map(({ id }) => id);
  }

  function ringKeyIds(ring: KeyRing): readonly string[] {
    return ALGORITHMS.map((algorithm) => ring.currentKey(algorithm).keyId).sort();
  }

  describe('when it is opened', () => {
    it('makes one key of each algorithm where there is none', async () => {
      const ring = await open();
      assert.deepEqual(await tableKeyIds(), ringKeyIds(ring));
    });

    it('finds the same keys again', async () => {
      const first = await open();
      const second = await open();
      assert.deepEqual(
        ALGORITHMS.map((algorithm) => second.currentKey(algorithm)),
        ALGORITHMS.map((algorithm) => first.currentKey(algorithm)),
      );
    });

    it('ends with one ring when several hubs open an empty one at once', async () => {
      const rings = await Promise.all([open(), open(), open(), open()]);
      const ids = await tableKeyIds();
      assert.deepEqual(
        rings.map(ringKeyIds),
        rings.map(() => ids),
      );
    });

    it('refuses an absent file while the table has keys', async () => {
      await open();
      await rm(keyFile);
      await assert.rejects(open(), hasCode('keys.file_missing'));
    });

    it('makes no file when it refuses', async () => {
      await open();
      await rm(keyFile);
      await open().catch(() => {});
      assert.deepEqual(await readdir(join(folder, 'deep')), []);
    });

    it('refuses a file that lacks a key of the table', async () => {
      const ring = await open();
      const old = await readFile(keyFile);
      await ring.rotate('mac-24');
      await writeFile(keyFile, old);
      await assert.rejects(open(), hasCode('keys.file_incomplete'));
    });

    it('teaches a database restored to an earlier day the later keys', async () => {
      const ring = await open();
      await ring.rotate('ed25519');
      const ids = await tableKeyIds();
      await database.db.query('DELETE FROM signing_key WHERE valid_from > $1', [clock.now()]);
      await database.db.query('UPDATE signing_key SET valid_to = NULL');
      await open();
      const { rows } = await database.db.query('SELECT key_id FROM signing_key WHERE valid_to IS NOT NULL');
      assert.deepEqual([await tableKeyIds(), rows.length], [ids, 1]);
    });

    it('says so when the master key is another one', async () => {
      await open();
      await assert.rejects(open(Buffer.alloc(32, 8)), hasCode('keys.wrong_master_key'));
    });

    for (const [name, damage] of [
      ['cut in half', (text: string) => text.slice(0, text.length / 2)],
      ['of another shape', () => '{"format":"tanba-keys-1"}'],
      ['with a key renamed', (text: string) => text.replace(/"keyId": "...."/, '"keyId": "0000"')],
      ['with a key under another algorithm', (text: string) => text.replace('"hmac-sha256"', '"mac-24"')],
    ] as const) {
      it(`says so when the file is damaged: ${name}`, async () => {
        await open();
        await writeFile(keyFile, damage(await readFile(keyFile, 'utf8')));
        await assert.rejects(open(), hasCode('keys.file_damaged'));
      });
    }
  });

  describe('its file', () => {
    it('holds no secret in clear, in any usual spelling', async () => {
      const ring = await open();
      const content = await readFile(keyFile);
      const leaked = ALGORITHMS.flatMap((algorithm) => {
        // The last 32 bytes of the PKCS #8 form are the Ed25519 seed.
        const secret = Buffer.from(ring.currentKey(algorithm).secret).subarray(-32);
        const spellings = [secret, secret.toString('hex'), secret.toString('base64'), secret.toString('base64url')];
        return spellings.filter((spelling) => content.includes(spelling));
      });
      assert.deepEqual(leaked, []);
    });

    it('is readable by its owner alone', async () => {
      await open();
      assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
    });

    it('leaves nothing unfinished beside it', async () => {
      await (await open()).rotate('ed25519');
      assert.deepEqual(await readdir(join(folder, 'deep')), ['keys.json']);
    });
  });

  describe('after a rotation', () => {
    for (const template of TEMPLATES) {
      it(`goes on verifying old codes ${template.tail}`, async () => {
        const ring = await open();
        const old = tailOf(ring, template);
        await ring.rotate(algorithmOf(template));
        clock.advance({ days: 400 });
        assert.equal(await (await open()).verifyTail(CIS, template, old), true);
      });

      it(`verifies new codes ${template.tail} in another hub that has refreshed`, async () => {
        const [ring, other] = [await open(), await open()];
        await ring.rotate(algorithmOf(template));
        clock.advance({ seconds: ROTATION_DELAY_MS / 1_000 });
        await other.refresh();
        assert.equal(await other.verifyTail(CIS, template, tailOf(ring, template)), true);
      });
    }

    it('signs with the old key until the others have had time to learn the new one', async () => {
      const ring = await open();
      const old = ring.currentKey('ed25519').keyId;
      const { keyId } = await ring.rotate('ed25519');
      const signing = [ring.currentKey('ed25519').keyId];
      clock.advance({ seconds: ROTATION_DELAY_MS / 1_000 });
      signing.push(ring.currentKey('ed25519').keyId);
      assert.deepEqual(signing, [old, keyId]);
    });

    it('still hands out the old key for orders placed under it', async () => {
      const ring = await open();
      const old = ring.currentKey('hmac-sha256');
      await ring.rotate('hmac-sha256');
      clock.advance({ days: 1 });
      assert.deepEqual(ring.signingKey(old.keyId), old);
    });

    it('leaves the other algorithms as they were', async () => {
      const ring = await open();
      const before = ring.currentKey('mac-24').keyId;
      await ring.rotate('ed25519');
      clock.advance({ days: 1 });
      assert.equal(ring.currentKey('mac-24').keyId, before);
    });

    it('has lost no key when several hubs rotated at once', async () => {
      const rings = await Promise.all([open(), open()]);
      const made = await Promise.all(rings.map((ring) => ring.rotate('ed25519')));
      const ring = await open();
      assert.deepEqual(
        made.map(({ keyId }) => ring.signingKey(keyId).keyId),
        made.map(({ keyId }) => keyId),
      );
    });
  });

  describe('verifyTail', () => {
    for (const template of TEMPLATES) {
      it(`accepts a right tail ${template.tail}`, async () => {
        const ring = await open();
        assert.equal(await ring.verifyTail(CIS, template, tailOf(ring, template)), true);
      });

      it(`refuses a tail of every other form for ${template.tail}`, async () => {
        const ring = await open();
        const others = TEMPLATES.filter((other) => other !== template);
        assert.deepEqual(
          await Promise.all(others.map((other) => ring.verifyTail(CIS, template, tailOf(ring, other)))),
          [false, false],
        );
      });
    }

    it('refuses a key id that is not in the ring', async () => {
      const ring = await open();
      const template = TEMPLATES[0] ?? assert.fail();
      const right = tailOf(ring, template);
      assert.equal(await ring.verifyTail(CIS, template, { kind: 'key', keyId: '----', value: right.value }), false);
    });
  });

  it('tells when no key signs at this time', async () => {
    const ring = await open();
    clock.set('2020-01-01T00:00:00Z');
    assert.throws(() => ring.currentKey('ed25519'), hasCode('keys.none_current'));
  });

  it('tells when a key is not in the ring', async () => {
    const ring = await open();
    assert.throws(() => ring.signingKey('----'), hasCode('keys.unknown'));
  });

  it('hands out signing keys that survive the way to a worker thread', async () => {
    const ring = await open();
    const key = ring.currentKey('ed25519');
    const template = TEMPLATES[0] ?? assert.fail();
    assert.equal(await ring.verifyTail(CIS, template, createTailMaker(template, structuredClone(key))(CIS)), true);
  });

  describe('publicKeys', () => {
    it('let anyone verify a signature offline', async () => {
      const ring = await open();
      const { keyId, value } = { keyId: '', ...tailOf(ring, TEMPLATES[0] ?? assert.fail()) };
      const [published] = ring.publicKeys();
      const signed = Buffer.from(`tanba:tail:v1\0ed25519\0${keyId}\0${CIS}`);
      assert.equal(
        verify(null, signed, createPublicKey(published?.publicKey ?? ''), Buffer.from(value, 'base64')),
        true,
      );
    });

    it('hold nothing of the symmetric keys', async () => {
      const ring = await open();
      assert.deepEqual(
        ring.publicKeys().map(({ keyId }) => keyId),
        [ring.currentKey('ed25519').keyId],
      );
    });
  });

  describe('seal', () => {
    const secret = Buffer.from('a seed of an order line');

    it('opens again, also in another hub', async () => {
      const sealed = (await open()).seal(secret, 'order 1');
      assert.deepEqual((await open()).unseal(sealed, 'order 1'), secret);
    });

    it('does not open under another context', async () => {
      const ring = await open();
      const sealed = ring.seal(secret, 'order 1');
      assert.throws(() => ring.unseal(sealed, 'order 2'), hasCode('keys.seal_broken'));
    });

    it('does not open with any one bit changed', async () => {
      const ring = await open();
      const sealed = ring.seal(secret, 'order 1');
      for (let bit = 0; bit < sealed.length * 8; bit += 1) {
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.throws(() => ring.unseal(changed, 'order 1'), hasCode('keys.seal_broken'));
      }
    });

    it('does not open cut short', async () => {
      const ring = await open();
      const sealed = ring.seal(secret, 'order 1');
      for (let length = 0; length < sealed.length; length += 1) {
        assert.throws(() => ring.unseal(sealed.subarray(0, length), 'order 1'), hasCode('keys.seal_broken'));
      }
    });
  });
});
