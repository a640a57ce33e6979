import assert from 'node:assert/strict';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes, sscc, statusesOf } from '../support/goods.ts';
import type { Answer, TestHub } from '../support/hub.ts';
import { demoGoods, startTestHub, submitDocument } from '../support/hub.ts';
import { newSeed, seededRandom } from '../support/random.ts';
import { demoReceipt } from '../support/receipts.ts';

const CODES = 60;
const BOX_OF = 10;
const ROUNDS = 40;
const LARGE_DOCUMENT = 20_000;

const seed = newSeed();

describe(`two hubs on the same codes at the same time (TANBA_SEED=${seed})`, () => {
  const random = seededRandom(seed);
  let store: TestDatabase;
  let hubs: TestHub[];

  beforeEach(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    const first = await startTestHub({ databaseUrl: store.url });
    hubs = [first, await startTestHub({ databaseUrl: store.url, dataFolder: first.dataFolder })];
  });
  afterEach(async () => {
    for (const hub of hubs.splice(0).reverse()) await hub.stop();
    await store.drop();
  });

  const hubAt = (index: number): TestHub => hubs[index % hubs.length] ?? assert.fail('no hub');
  const inCirculation = (count: number): Promise<string[]> => {
    const hub = hubAt(0);
    return emitCodes(store.db, count, {
      ...demoGoods(hub),
      owner: hub.binOf('manufacturer'),
      status: 'in_circulation',
    });
  };

  /** Some of the codes, in one order or the other. */
  function some(codes: readonly string[]): string[] {
    const chosen = codes.filter(() => random() < 0.3);
    const list = chosen.length === 0 ? codes.slice(0, 1) : chosen;
    return random() < 0.5 ? list : list.toReversed();
  }

  it('never deadlock, whatever the order in which documents and receipts name them', async function () {
    this.timeout(60_000);
    const codes = await inCirculation(CODES);
    const boxes: string[] = [];
    for (let box = 0; box < 2; box++) {
      const number = sscc(9_000 + box);
      const content = codes.slice(box * BOX_OF, (box + 1) * BOX_OF);
      assert.equal(
        (await submitDocument(hubAt(0), 'aggregation', { sscc: number, codes: content })).status,
        'accepted',
      );
      boxes.push(`00${number}`);
    }
    const named = [...codes, ...boxes];
    const bin = hubAt(0).binOf('manufacturer');
    const sent: Promise<Answer>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const operation = random() < 0.5 ? 'sale' : 'sale_return';
      const receipt = demoReceipt(hubAt(0), some(named), { bin, operation });
      sent.push(hubAt(round).call('POST', '/api/v1/receipts', { as: 'ofd', body: receipt }));
      // The importer's are refused, but only once every code has been locked and looked at.
      const as = random() < 0.5 ? 'manufacturer' : 'importer';
      const leaving = { kind: 'withdrawal', body: { codes: some(named), reason: 'EXPORT', date: '2026-03-01' } };
      const coming = { kind: 'return', body: { codes: some(named) } };
      const body = random() < 0.5 ? leaving : coming;
      const headers = { prefer: 'wait=50', 'idempotency-key': `round ${round}` };
      sent.push(hubAt(round + 1).call('POST', '/api/v1/documents', { as, body, headers }));
    }
    for (const { status, body, text } of await Promise.all(sent)) {
      assert.equal(status, 200, text);
      assert.match(body.status, /^(accepted|rejected)$/, text);
    }
    // A session tells its statistics when it ends.
    for (const hub of hubs.splice(0).reverse()) await hub.stop();
    const { rows } = await store.db.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    assert.equal(rows[0]?.deadlocks, '0');
    const units = await store.db.query(
      `select count(*) filter (where (owner is null) = (parent is null)) as wrong, count(*) from code where cis = any($1)`,
      [codes],
    );
    assert.deepEqual(units.rows[0], { wrong: '0', count: String(CODES) });
  });

  it('let a till go on while a large document holds one of its codes, which is settled after it', async function () {
    this.timeout(90_000);
    const codes = (await inCirculation(LARGE_DOCUMENT)).sort();
    const free = await inCirculation(20);
    const [held = ''] = codes;
    const last = codes.at(-1) ?? '';
    // Codes are locked in order: with its last one held, the document holds all others and waits.
    const holder = await store.db.pool.connect();
    await holder.query('begin');
    await holder.query('select 1 from code where cis = $1 for no key update', [last]);
    const document = submitDocument(hubAt(0), 'withdrawal', { codes, reason: 'EXPORT', date: '2026-03-01' });
    await until(async () => !(await canLock(held)));

    const bin = hubAt(0).binOf('manufacturer');
    const sell = (cis: string): Promise<Answer> =>
      hubAt(1).call('POST', '/api/v1/receipts', { as: 'ofd', body: demoReceipt(hubAt(1), [cis], { bin }) });
    let settled = false;
    const waiting = sell(held).finally(() => {
      settled = true;
    });
    for (const cis of free) assert.equal((await sell(cis)).body.codes[0].outcome, 'sold');
    assert.equal(settled, false, 'the receipt of the held code was answered before the document');

    await holder.query('rollback');
    holder.release();
    assert.equal((await document).status, 'accepted');
    const { status, body } = await waiting;
    assert.equal(status, 200);
    assert.deepEqual(
      [body.codes[0].outcome, body.codes[0].anomaly.code],
      ['unchanged', 'receipts.sold_after_withdrawal'],
    );
    assert.deepEqual(await statusesOf(store.db, [held, last]), ['withdrawn', 'withdrawn']);
  });

  async function canLock(cis: string): Promise<boolean> {
    const { rowCount } = await store.db.query('select 1 from code where cis = $1 for share skip locked', [cis]);
    return rowCount === 1;
  }
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}
