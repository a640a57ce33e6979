import assert from 'node:assert/strict';
import type { MovableClock } from '../support/clock.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import {
  emitCodes,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  push,
  receiptOf,
  ssccsFrom,
} from '../support/goods.ts';

const OWNER = { bin: MANUFACTURER, seesEverything: false, ip: '127.0.0.1' } as const;
const LEVELS = 5;

describe('packages inside packages', () => {
  let store: TestDatabase;
  let clock: MovableClock;
  let circulation: Circulation;
  const newSscc = ssccsFrom(3_000);

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
    clock = movableClock();
    circulation = openCirculation(store, clock);
  });
  after(async () => {
    await circulation.stop();
    await store.drop();
  });

  async function done(...document: Parameters<Circulation['submit']>): Promise<string> {
    clock.advance({ minutes: 1 });
    const { status, problems, documentId } = await circulation.submit(...document);
    assert.equal(status, 'accepted', JSON.stringify(problems));
    return documentId;
  }

  async function introduced(count: number): Promise<string[]> {
    const codes = await emitCodes(store.db, count);
    await circulation.introduce(codes);
    return codes;
  }

  /** Answers the package's cis. */
  async function packed(codes: readonly string[]): Promise<string> {
    const number = newSscc();
    await done('aggregation', { sscc: number, codes });
    return `00${number}`;
  }

  async function sold(cis: string): Promise<void> {
    clock.advance({ minutes: 1 });
    const { outcomes } = await push(circulation, receiptOf([cis], { bin: MANUFACTURER }));
    assert.equal(outcomes[0]?.outcome, 'sold');
  }

  const breakUp = (cis: string): Promise<string> => done('disaggregation', { sscc: cis.slice(2) });
  const withdraw = (cis: string): Promise<string> =>
    done('withdrawal', { codes: [cis], reason: 'EXPORT', date: '2026-03-01' });
  const view = (cis: string) => circulation.queries.one(OWNER, cis);

  async function versions(codes: readonly string[]): Promise<number[]> {
    const { rows } = await store.db.query<{ ver: number }>('select ver from code where cis = any($1) order by cis', [
      codes,
    ]);
    return rows.map(({ ver }) => ver);
  }

  /** The story of a code as `event` or `event via package`. */
  async function story(cis: string): Promise<string[]> {
    const { events } = await circulation.queries.history(OWNER, cis);
    return events.map(({ event, via }) => (via === null ? event : `${event} via ${via}`));
  }

  const BEGINNING = ['emitted', 'applied', 'introduced', 'packed'];

  it('lift their content one level when one is broken up', async () => {
    const codes = await introduced(2);
    const box = await packed(codes);
    const pallet = await packed([box]);
    await breakUp(box);
    for (const cis of codes) {
      const { parent, root, owner, status } = await view(cis);
      assert.deepEqual([parent, root, owner, status], [pallet, pallet, MANUFACTURER, 'in_circulation']);
    }
  });

  it('are withdrawn whole by one row, and every unit five levels deep reads as withdrawn', async () => {
    const codes = await introduced(3);
    let content = codes;
    for (let level = 1; level <= LEVELS; level++) content = [await packed(content)];
    const [root = ''] = content;
    const before = await versions(codes);
    const documentId = await withdraw(root);
    const touched = await store.db.query('select cis from code_history where document_id = $1', [documentId]);
    assert.deepEqual(touched.rows, [{ cis: root }]);
    assert.deepEqual(await versions(codes), before);
    for (const cis of codes) {
      const { status, reason } = await view(cis);
      assert.deepEqual([status, reason], ['withdrawn', 'EXPORT']);
    }
  });

  it('keep the rest of their content when a unit is withdrawn out of them', async () => {
    const [leaver = '', stayer = ''] = await introduced(2);
    const box = await packed([leaver, stayer]);
    await withdraw(leaver);
    const left = await view(leaver);
    assert.deepEqual([left.status, left.parent, left.owner], ['withdrawn', null, MANUFACTURER]);
    const stayed = await view(stayer);
    assert.deepEqual([stayed.status, stayed.parent], ['in_circulation', box]);
    assert.deepEqual(await versions([box]), [1]);
  });

  it('introduce every unit inside, five levels deep, by the SSCC of the outermost', async () => {
    const codes = await emitCodes(store.db, 3);
    await done('utilisation', { codes, productionDate: '2026-01-10' });
    let content = codes;
    for (let level = 1; level <= LEVELS; level++) content = [await packed(content)];
    await done('introduction', { codes: content, introductionType: 'PRODUCTION', date: '2026-01-11' });
    const { rows } = await store.db.query('select distinct status from code where cis = any($1)', [
      [...codes, ...content],
    ]);
    assert.deepEqual(rows, [{ status: 'in_circulation' }]);
  });

  it('are closed once their last unit has left', async () => {
    const [first = '', last = ''] = await introduced(2);
    const box = await packed([first, last]);
    await sold(first);
    assert.equal((await view(box)).closed, false);
    await sold(last);
    assert.equal((await view(box)).closed, true);
  });

  it('return whole, with everything inside', async () => {
    const [cis = ''] = await introduced(1);
    const box = await packed([cis]);
    await withdraw(box);
    await done('return', { codes: [box] });
    assert.equal((await view(cis)).status, 'in_circulation');
  });

  it('let a unit be returned out of a package that was withdrawn whole', async () => {
    const [back = '', gone = ''] = await introduced(2);
    const box = await packed([back, gone]);
    await withdraw(box);
    await done('return', { codes: [back] });
    assert.deepEqual([(await view(back)).status, (await view(back)).parent], ['in_circulation', null]);
    assert.deepEqual([(await view(gone)).status, (await view(gone)).parent], ['withdrawn', box]);
  });

  it('are taken apart and withdrawn in one document, when it names package and unit', async () => {
    const [named = '', other = ''] = await introduced(2);
    const box = await packed([named, other]);
    await done('withdrawal', { codes: [named, box], reason: 'EXPORT', date: '2026-03-01' });
    assert.equal((await view(named)).parent, null);
    assert.equal((await view(other)).status, 'withdrawn');
  });

  describe('in the history of a unit', () => {
    it('tell of their own events between its entering and its leaving', async () => {
      const [leaver = '', stayer = ''] = await introduced(2);
      const box = await packed([leaver, stayer]);
      const pallet = await packed([box]);
      await sold(leaver);
      await breakUp(pallet);
      assert.deepEqual(await story(leaver), [...BEGINNING, `packed via ${box}`, 'sold']);
      assert.deepEqual(await story(stayer), [...BEGINNING, `packed via ${box}`, `unpacked via ${box}`]);
    });

    it('tell nothing of an outer package after the unit has left the inner one', async () => {
      const [leaver = '', stayer = ''] = await introduced(2);
      const box = await packed([leaver, stayer]);
      const pallet = await packed([box]);
      await sold(leaver);
      await withdraw(pallet);
      assert.deepEqual(await story(leaver), [...BEGINNING, `packed via ${box}`, 'sold']);
      assert.deepEqual(await story(stayer), [...BEGINNING, `packed via ${box}`, `withdrawn via ${pallet}`]);
    });

    it('tell nothing of an outer package after the inner one has left it', async () => {
      const [cis = ''] = await introduced(1);
      const box = await packed([cis]);
      const pallet = await packed([box, ...(await introduced(1))]);
      await sold(box);
      await withdraw(pallet);
      assert.deepEqual(await story(cis), [...BEGINNING, `packed via ${box}`, `sold via ${box}`]);
    });

    it('tell of the outermost one after a unit was lifted into a package that was in it already', async () => {
      const [cis = ''] = await introduced(1);
      const box = await packed([cis]);
      const crate = await packed([box]);
      const pallet = await packed([crate]);
      await breakUp(box);
      await withdraw(pallet);
      assert.deepEqual(await story(cis), [
        ...BEGINNING,
        `packed via ${box}`,
        `packed via ${crate}`,
        'unpacked',
        `withdrawn via ${pallet}`,
      ]);
    });

    it('tell nothing of a package before the unit came into it', async () => {
      const [cis = ''] = await introduced(1);
      const box = await packed([cis]);
      const other = await packed(await introduced(1));
      await withdraw(other);
      await done('return', { codes: [other] });
      await packed([box, other]);
      assert.deepEqual(await story(cis), [...BEGINNING, `packed via ${box}`]);
    });
  });
});
