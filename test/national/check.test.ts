import assert from 'node:assert/strict';
import { importNational } from '../../src/core/national/import.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { cisOf, orderCodes, startTestHub, type TestHub } from '../support/hub.ts';
import { bootsOf, type ImportDesk, milkOf, openImportDesk, productGroups, unit } from './import-desk.ts';

const GS = '\u001d';
const DEMO_BOOTS = '04870000100019';
const foreignTail = `${GS}91FRGN${GS}92${'A'.repeat(88)}`;

describe('the check of codes from another system', () => {
  let store: TestDatabase;
  let hub: TestHub;
  let desk: ImportDesk;
  const imported = bootsOf(1);
  const milk = milkOf(1);

  before(async function () {
    this.timeout(60_000);
    desk = await openImportDesk();
    // Imported first: a running hub learns of foreign keys within 20 s, one that starts knows them.
    const codes = [
      unit(1, { code: imported + foreignTail, productionDate: '2025-10-01' }),
      unit(2, { code: `${milk}${GS}93abcd` }),
    ];
    const folder = await desk.folderOf({ codes });
    store = await createTestDatabase();
    const outcome = await importNational(
      { db: store.db, clock: desk.clock, productGroups },
      { folder, name: 'national' },
    );
    assert.equal(outcome.kind, 'imported', JSON.stringify(outcome));
    hub = await startTestHub({
      databaseUrl: store.url,
      limits: { checkFailuresPerMinute: 3, checkFailuresPerCisPerHour: 2 },
      env: { OFD_PORT: '0' },
    });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
    await desk.close();
  });

  async function check(code: string) {
    return (await hub.call('POST', '/api/public/check', { body: { code } })).body;
  }

  it('is unverified with its foreign tail, as it is without: neither forged nor genuine', async () => {
    const [withTail, without] = [await check(imported + foreignTail), await check(imported)];
    assert.equal(withTail.verdict, 'unverified');
    assert.deepEqual(withTail, without);
    assert.deepEqual([withTail.productionDate, withTail.tradeName !== null], [null, true]);
  });

  it('says the same of a code that does not exist', async () => {
    assert.equal((await check(bootsOf(999) + foreignTail)).verdict, 'unverified');
  });

  it('is unverified where the tail names no key, however often it is asked', async () => {
    const code = `${milk}${GS}93abcd`;
    for (let time = 0; time < 6; time += 1) assert.equal((await check(code)).verdict, 'unverified');
  });

  it('lets a till sell such goods, and says that their tail was not verified', async () => {
    const { body } = await hub.call('POST', '/api/v1/till/check', {
      as: 'retailer',
      body: { codes: [imported + foreignTail] },
    });
    const [answer] = body.codes;
    assert.deepEqual([answer.found, answer.verified, answer.realizable], [true, null, true], JSON.stringify(body));
  });

  it('is forged, as before, of a key that nobody has', async () => {
    assert.equal((await check(`${bootsOf(1)}${GS}91NONE${GS}92${'A'.repeat(88)}`)).verdict, 'forged');
  });

  it('leaves codes of our own as they were: right, never issued, and forged', async () => {
    const [code = ''] = await orderCodes(hub, 'shoes', DEMO_BOOTS, 1);
    assert.equal((await check(code)).verdict, 'not_in_circulation');
    await store.db.query('delete from code where cis = $1', [cisOf(code)]);
    assert.equal((await check(code)).verdict, 'unknown');
    const last = code.charAt(code.length - 3);
    assert.equal((await check(`${code.slice(0, -3)}${last === 'A' ? 'B' : 'A'}${code.slice(-2)}`)).verdict, 'forged');
  });
});
