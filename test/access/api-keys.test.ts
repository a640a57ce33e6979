import assert from 'node:assert/strict';
import { createApiKeys } from '../../src/access/api-keys.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { createParticipants } from '../../src/core/participants/participants.ts';
import type { Database } from '../../src/store/database.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const BIN = '080340002138';

describe('API keys', () => {
  let database: TestDatabase;

  before(async () => {
    database = await createTestDatabase();
    const participants = createParticipants({ db: database.db, clock: movableClock() });
    await participants.register({ bin: BIN, name: 'Maker', role: 'manufacturer' });
  });
  after(() => database.drop());

  const newKeys = (clock = movableClock()) => createApiKeys({ db: database.db, clock });

  it('tell who asks', async () => {
    const keys = newKeys();
    const key = await keys.issue(BIN, 'till', false);
    assert.match(key, /^tanba_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(await keys.authenticate(key), { bin: BIN, role: 'manufacturer', name: 'Maker' });
  });

  it('are kept as digests only', async () => {
    const key = await newKeys().issue(BIN, 'secret', false);
    const { rows } = await database.db.query('SELECT api_key::text AS stored FROM api_key');
    assert.ok(rows.every(({ stored }) => !stored.includes(key.slice(6))));
  });

  for (const wrong of [`tanba_${'A'.repeat(43)}`, '', 'tanba_', "' OR true --", 'x'.repeat(10_000)]) {
    it(`are not made up: ${wrong.slice(0, 20)}`, async () => {
      assert.equal(await newKeys().authenticate(wrong), null);
    });
  }

  it('stop working at once where they are revoked', async () => {
    const keys = newKeys();
    const key = await keys.issue(BIN, 'lost', false);
    await keys.authenticate(key);
    assert.equal(await keys.revoke(BIN, 'lost'), 1);
    assert.equal(await keys.authenticate(key), null);
  });

  it('stop working within 15 seconds in another hub', async () => {
    const clock = movableClock();
    const other = newKeys(clock);
    const key = await newKeys().issue(BIN, 'stolen', false);
    await other.authenticate(key);
    await newKeys().revoke(BIN, 'stolen');
    clock.advance({ seconds: 15 });
    clock.advance({ seconds: 1 });
    assert.equal(await other.authenticate(key), null);
  });

  it('stop working when their participant is no longer active', async () => {
    const participants = createParticipants({ db: database.db, clock: movableClock() });
    await participants.register({ bin: '110940003475', name: 'Gone', role: 'importer' });
    const key = await newKeys().issue('110940003475', 'till', false);
    await database.db.query("UPDATE participant SET active = false WHERE bin = '110940003475'");
    assert.equal(await newKeys().authenticate(key), null);
  });

  it('that were being looked up when everything was forgotten are looked up again', async () => {
    let lookUps = 0;
    const db: Database = {
      ...database.db,
      query: (...args) => {
        lookUps += 1;
        return database.db.query(...args);
      },
    };
    const keys = createApiKeys({ db, clock: movableClock() });
    const key = await newKeys().issue(BIN, 'looked up', false);
    const asking = keys.authenticate(key);
    keys.forget();
    await asking;
    await keys.authenticate(key);
    await keys.authenticate(key);
    assert.equal(lookUps, 2);
  });

  it('are not issued to strangers', async () => {
    await assert.rejects(newKeys().issue('150340001236', 'till', false), isCode('participants.unknown'));
  });

  it('need a label', async () => {
    await assert.rejects(newKeys().issue(BIN, ' ', false), isCode('access.label_invalid'));
  });

  it('leave a line in the audit log when they are issued and when they are revoked', async () => {
    const keys = newKeys();
    await keys.issue(BIN, 'audited', false);
    await keys.revoke(BIN, 'audited');
    const { rows } = await database.db.query(
      "SELECT action FROM audit WHERE subject = $1 AND details->>'label' = 'audited' ORDER BY audit_id",
      [BIN],
    );
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['api_key.issued', 'api_key.revoked'],
    );
  });
});

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof TanbaError && error.code === code;
}
