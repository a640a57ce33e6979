import assert from 'node:assert/strict';
import { LEASE_MS } from '../../src/core/exports/exporter.ts';
import type { Row, RowSource } from '../../src/core/exports/row-source.ts';
import type { ExportRequest } from '../../src/core/exports/wanted.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { MANUFACTURER, prepareGoods } from '../support/goods.ts';
import { firstCells } from './csv.ts';
import { addDocuments, askerOf, type DeskOptions, forgetAll, openDesk, type TestClock, testClock } from './desk.ts';

const DOCUMENTS: ExportRequest = { list: 'documents', format: 'csv' };

describe('exports whose writing ends in the middle', () => {
  let test: TestDatabase;
  let clock: TestClock;

  before(async () => {
    test = await createTestDatabase();
    await prepareGoods(test.db);
  });
  beforeEach(() => {
    clock = testClock();
  });
  afterEach(() => forgetAll(test.db));
  after(() => test.drop());

  const open = (options?: DeskOptions) => openDesk(test.db, clock, options);

  /** Stops behind the first page until it is let go on. */
  function gate() {
    const reached = signal();
    const goOn = signal();
    const around = (rowSource: RowSource): RowSource => ({
      open: async (...asked) => {
        const { total, pages } = await rowSource.open(...asked);
        return { total, pages: held(pages) };
      },
    });
    async function* held(pages: AsyncGenerator<readonly Row[]>): AsyncGenerator<readonly Row[]> {
      let first = true;
      for await (const page of pages) {
        if (!first && !reached.given()) {
          reached.give();
          await goOn.wait();
        }
        first = false;
        yield page;
      }
    }
    return { reached, goOn, around };
  }

  it('are written anew by another hub after the lease, whole and without doubles', async () => {
    const ids = await addDocuments(test.db, MANUFACTURER, 23);
    const { reached, goOn, around } = gate();
    const dying = open({ around });
    const exportId = await dying.requested(DOCUMENTS);
    const ended = dying.exporter.runNext();
    await reached.wait();
    const other = open();
    assert.equal((await other.get(exportId)).status, 'running');
    clock.pass(LEASE_MS - 1);
    assert.equal(await other.exporter.runNext(), false);
    clock.pass(1);
    assert.equal(await other.exporter.runNext(), true);
    const file = await other.fileOf(exportId);
    assert.deepEqual(firstCells(file), ids);
    // The first one was only slow: it writes nothing more.
    goOn.give();
    await ended;
    assert.deepEqual(await other.fileOf(exportId), file);
    assert.equal((await other.get(exportId)).rows, 23);
  });

  it('are given back by a hub that stops, and begun at once by the next', async () => {
    const ids = await addDocuments(test.db, MANUFACTURER, 23);
    const { reached, goOn, around } = gate();
    const stopping = open({ around });
    const exportId = await stopping.requested(DOCUMENTS);
    const ended = stopping.exporter.runNext();
    await reached.wait();
    const stopped = stopping.exporter.stop();
    goOn.give();
    await Promise.all([ended, stopped]);
    const other = open();
    assert.equal((await other.get(exportId)).status, 'waiting');
    await other.exporter.runNext();
    assert.deepEqual(firstCells(await other.fileOf(exportId)), ids);
  });

  it('may be deleted meanwhile, and leave nothing', async () => {
    await addDocuments(test.db, MANUFACTURER, 23);
    const { reached, goOn, around } = gate();
    const desk = open({ around });
    const exportId = await desk.requested(DOCUMENTS);
    const ended = desk.exporter.runNext();
    await reached.wait();
    assert.equal((await desk.get(exportId)).rows, 5);
    await desk.desk.remove(askerOf(MANUFACTURER), exportId);
    goOn.give();
    assert.equal(await ended, true);
    const { rows } = await test.db.query(
      'select export_id from export_task union all select export_id from export_part',
    );
    assert.deepEqual(rows, []);
  });

  it('fail after three attempts, and an operator is told', async () => {
    await addDocuments(test.db, MANUFACTURER, 1);
    const around = (): RowSource => ({ open: () => Promise.reject(new Error('a fault')) });
    const desk = open({ around });
    const exportId = await desk.requested(DOCUMENTS);
    for (const status of ['waiting', 'waiting', 'failed']) {
      await desk.exporter.runNext();
      assert.equal((await desk.get(exportId)).status, status);
    }
    assert.equal((await desk.get(exportId)).reason, 'exports.failed');
    const { rows } = await test.db.query('select kind, subject from alert');
    assert.deepEqual(rows, [{ kind: 'export_failed', subject: exportId }]);
  });
});

function signal() {
  let given = false;
  let give = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    give = () => {
      given = true;
      resolve();
    };
  });
  return { give: () => give(), given: () => given, wait: () => promise };
}
