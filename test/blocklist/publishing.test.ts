import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { currentLists, listParts } from '../../src/core/blocklist/block-list-store.ts';
import { createBlockListPublisher } from '../../src/core/blocklist/publishing.ts';
import { type BlockList, openBlockList } from '../../src/core/blocklist/reader.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { emitCodes, prepareGoods, RETAILER, sscc } from '../support/goods.ts';

const NOW = new Date('2026-11-27T10:00:00Z');
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

describe('publishing the block list', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' });
  const keyRing = { currentKey: () => ({ keyId: 'blck', algorithm: 'ed25519' as const, secret }) };
  const publicKeys = new Map([['blck', createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }))]]);
  let store: TestDatabase;

  beforeEach(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
  });
  afterEach(() => store.drop());

  const publish = (now: Date) => {
    const productGroups = loadProductGroups(new URL('../../config/product-groups/', import.meta.url));
    return createBlockListPublisher({ db: store.db, keyRing, productGroups }).publish(now);
  };
  const block = (cis: string, hold: 'blocked' | 'none') =>
    store.db.query('update code set hold = $2 where cis = $1', [cis, hold]);
  async function load(now: Date): Promise<BlockList> {
    const files: Buffer[] = [];
    for (const { sequence } of await currentLists(store.db)) {
      const parts: Buffer[] = [];
      for await (const part of listParts(store.db, sequence)) parts.push(part);
      files.push(Buffer.concat(parts));
    }
    const [base = Buffer.alloc(0), ...deltas] = files;
    return openBlockList({ base, deltas, publicKeys, now });
  }
  const goods = (count: number) => emitCodes(store.db, count, { status: 'in_circulation', owner: RETAILER });

  it('begins with a base, and goes on with what has changed', async () => {
    const [first = '', second = '', free = ''] = await goods(3);
    await block(first, 'blocked');
    assert.deepEqual(await publish(NOW), { kind: 'base', sequence: 1, codes: 1, changes: 1 });
    await block(second, 'blocked');
    await block(first, 'none');
    assert.deepEqual(await publish(later(15)), { kind: 'delta', sequence: 2, codes: 1, changes: 2 });
    const list = await load(later(16));
    const verdictOf = (cis: string): string => list.ask(cis, 'shoes', later(16)).verdict;
    assert.deepEqual([verdictOf(first), verdictOf(second), verdictOf(free)], ['clear', 'blocked', 'clear']);
  });

  it('says nothing while nothing changes, and renews itself before tills lock', async () => {
    await publish(NOW);
    assert.equal((await publish(later(15))).kind, null);
    assert.equal((await publish(later(6 * 60))).kind, 'delta');
    const { validUntil } = await load(later(6 * 60));
    assert.equal(validUntil.getTime(), later(6 * 60 + 72 * 60).getTime());
  });

  it('lists what is in a blocked package as suspected, and the package itself as blocked', async () => {
    const pallet = `00${sscc(77)}`;
    const [unit = ''] = await goods(1);
    await store.db.query(
      `insert into code (cis, type, status, hold, owner) values ($1, 'transport', 'in_circulation', 'blocked', $2)`,
      [pallet, RETAILER],
    );
    await store.db.query('update code set parent = $2, owner = null where cis = $1', [unit, pallet]);
    await publish(NOW);
    const list = await load(NOW);
    assert.equal(list.ask(pallet, null, NOW).verdict, 'blocked');
    assert.equal(list.ask(unit, 'shoes', NOW).verdict, 'suspected');
  });

  it('is published once by two hubs at the same moment', async () => {
    const [cis = ''] = await goods(1);
    await block(cis, 'blocked');
    const made = await Promise.all([publish(NOW), publish(NOW)]);
    assert.deepEqual(made.map(({ kind }) => kind).sort(), ['base', null]);
  });
});
