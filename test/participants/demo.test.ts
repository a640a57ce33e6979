import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeys } from '../../src/access/api-keys.ts';
import { ROLES } from '../../src/access/permissions.ts';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import { gtinProblem } from '../../src/core/codes/gs1.ts';
import { isValidBin } from '../../src/core/participants/bin.ts';
import { createParticipants } from '../../src/core/participants/participants.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { type DemoFile, hasDemoKeys, seedDemo } from '../../src/demo.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const PRODUCT_GROUPS = new URL('../../config/product-groups/', import.meta.url);

describe('the demo', () => {
  let database: TestDatabase;
  let dataFolder: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    dataFolder = await mkdtemp(join(tmpdir(), 'tanba-demo-'));
  });
  afterEach(async () => {
    await database.drop();
    await rm(dataFolder, { recursive: true });
  });

  function seed(baseUrl = 'http://127.0.0.1:8080'): Promise<DemoFile> {
    const { db } = database;
    const clock = movableClock();
    const parts = {
      participants: createParticipants({ db, clock }),
      catalogue: createCatalogue({ db, clock }),
      apiKeys: createApiKeys({ db, clock }),
    };
    return seedDemo({ db, ...parts, dataFolder, baseUrl });
  }
  const file = () => join(dataFolder, 'demo.json');

  it('has a participant in every role, each with a valid BIN', async () => {
    const { participants } = await seed();
    assert.deepEqual(participants.map(({ role }) => role).sort(), [...ROLES].sort());
    assert.ok(participants.every(({ bin }) => isValidBin(bin)));
  });

  it('has goods of every product group with valid GTINs of Kazakhstan', async () => {
    const { products } = await seed();
    const groups = new Set(products.map(({ productGroup }) => productGroup));
    assert.deepEqual(
      [...groups].sort(),
      loadProductGroups(PRODUCT_GROUPS)
        .list()
        .map(({ productGroup }) => productGroup)
        .sort(),
    );
    assert.ok(products.every(({ gtin }) => gtinProblem(gtin) === undefined && gtin.startsWith('0487')));
  });

  it('writes its keys where only their owner can read them', async () => {
    const seeded = await seed();
    assert.deepEqual(JSON.parse(await readFile(file(), 'utf8')), seeded);
    assert.equal((await stat(file())).mode & 0o777, 0o600);
  });

  it('has keys that work, and are known to be demo keys', async () => {
    assert.equal(await hasDemoKeys(database.db), false);
    const { participants } = await seed();
    const keys = createApiKeys({ db: database.db, clock: movableClock() });
    for (const { apiKey, bin, role, name } of participants) {
      assert.deepEqual(await keys.authenticate(apiKey), { bin, role, name });
    }
    assert.equal(await hasDemoKeys(database.db), true);
  });

  it('stays as it is at the next start, but for its address', async () => {
    const first = await seed();
    assert.deepEqual(await seed('http://127.0.0.1:9090'), { ...first, baseUrl: 'http://127.0.0.1:9090' });
  });

  it('replaces only the key that no longer works', async () => {
    const first = await seed();
    const lost = first.participants[1];
    assert.ok(lost);
    await createApiKeys({ db: database.db, clock: movableClock() }).revoke(lost.bin, 'demo');
    const second = await seed();
    const changed = second.participants.filter(({ apiKey }, index) => apiKey !== first.participants[index]?.apiKey);
    assert.deepEqual(
      changed.map(({ bin }) => bin),
      [lost.bin],
    );
  });

  for (const damage of ['', '{', '[]', '{"participants":[{"bin":1}]}']) {
    it(`writes its file anew when it holds "${damage}"`, async () => {
      await writeFile(file(), damage);
      const seeded = await seed();
      assert.deepEqual(JSON.parse(await readFile(file(), 'utf8')), seeded);
    });
  }
});
