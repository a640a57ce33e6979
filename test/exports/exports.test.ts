import assert from 'node:assert/strict';
import { createExportExpiryJob } from '../../src/core/exports/expiry-job.ts';
import { KEPT_MS } from '../../src/core/exports/exporter.ts';
import type { Row, RowSource } from '../../src/core/exports/row-source.ts';
import type { ExportRequest } from '../../src/core/exports/wanted.ts';
import { createLog } from '../../src/log.ts';
import { bucketOf, newId } from '../../src/store/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { emitCodes, GTIN, MANUFACTURER, openCirculation, prepareGoods, RETAILER, sscc } from '../support/goods.ts';
import { firstCells, rowsOf } from './csv.ts';
import { addDocuments, askerOf, type DeskOptions, forgetAll, openDesk, type TestClock, testClock } from './desk.ts';
import { readXlsx } from './xlsx.ts';

const DOCUMENTS: ExportRequest = { list: 'documents', format: 'csv' };

describe('exports', () => {
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

  describe('as CSV', () => {
    it('hold every row of the list once, in its order, under titles in the language asked', async () => {
      const ids = await addDocuments(test.db, MANUFACTURER, 12);
      await addDocuments(test.db, RETAILER, 3);
      const desk = open();
      const { exportId, status, rows } = await desk.written({ ...DOCUMENTS, language: 'kk' });
      assert.deepEqual([status, rows], ['ready', 12]);
      const file = await desk.fileOf(exportId);
      assert.deepEqual(firstCells(file), ids);
      assert.deepEqual(rowsOf(file)[0]?.slice(0, 3), ['Құжат идентификаторы', 'Түрі', 'Күйі']);
    });

    it('begin with a byte order mark', async () => {
      const desk = open();
      const { exportId } = await desk.written(DOCUMENTS);
      assert.deepEqual([...(await desk.fileOf(exportId)).subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    });

    it('hold what was filtered for only', async () => {
      const [wanted] = await addDocuments(test.db, MANUFACTURER, 1, { number: 'a' });
      await addDocuments(test.db, MANUFACTURER, 1, { number: 'b' });
      const desk = open();
      const { exportId } = await desk.written({ ...DOCUMENTS, filter: { number: 'a' } });
      assert.deepEqual(firstCells(await desk.fileOf(exportId)), [wanted]);
    });

    it('run no formula of a partner', async () => {
      await addDocuments(test.db, MANUFACTURER, 1, { number: '=HYPERLINK("http://x","y")' });
      const desk = open();
      const { exportId } = await desk.written(DOCUMENTS);
      assert.equal(rowsOf(await desk.fileOf(exportId))[1]?.[3], `'=HYPERLINK("http://x","y")`);
    });

    it('are kept in parts of at most 1 MiB and read back as one file', async () => {
      const ids = await addDocuments(test.db, MANUFACTURER, 800, { number: 'x'.repeat(3_000) });
      const desk = open({ pageSize: 100 });
      const { exportId, parts } = await desk.written(DOCUMENTS);
      assert.equal(parts, 3);
      assert.deepEqual(firstCells(await desk.fileOf(exportId)), ids);
    });

    it('hold the codes of a document, also those that are none', async () => {
      const circulation = openCirculation(test, clock);
      circulation.processor.start();
      const codes = [...(await emitCodes(test.db, 6)), 'no code'];
      const body = { codes, productionDate: '2026-01-10' };
      const { documentId } = await circulation.submit('utilisation', body);
      const desk = open();
      const { exportId, total } = await desk.written({
        list: 'codes',
        format: 'csv',
        filter: { document: documentId },
      });
      assert.equal(total, 7);
      const rows = rowsOf(await desk.fileOf(exportId)).slice(1);
      assert.deepEqual(
        rows.map(([place, cis, gtin]) => [place, cis, gtin]),
        codes.map((cis, place) => [String(place), cis, cis === 'no code' ? '' : GTIN]),
      );
      await circulation.stop();
    });

    it('hold shipments sent and received', async () => {
      const circulation = openCirculation(test, clock);
      circulation.processor.start();
      const codes = await emitCodes(test.db, 1, { status: 'in_circulation' });
      const shipment = { codes, receiver: RETAILER, number: '1', date: '2026-02-01' };
      const { documentId } = await circulation.submit('shipment', shipment);
      const desk = open();
      for (const [bin, direction] of [
        [MANUFACTURER, undefined],
        [MANUFACTURER, 'sent'],
        [RETAILER, 'received'],
      ] as const) {
        const filter = direction === undefined ? {} : { direction };
        const { exportId } = await desk.written({ list: 'transfers', format: 'csv', filter }, bin);
        assert.deepEqual(firstCells(await desk.fileOf(exportId, bin)), [documentId]);
      }
      const none = await desk.written({ list: 'transfers', format: 'csv', filter: { direction: 'received' } });
      assert.equal(none.rows, 0);
      await circulation.stop();
    });
  });

  describe('as XLSX', () => {
    it('hold every row once, every cell as text', async function () {
      this.timeout(30_000);
      const circulation = openCirculation(test, clock);
      circulation.processor.start();
      const codes = await emitCodes(test.db, 12, { status: 'applied' });
      await circulation.submit('aggregation', { codes, sscc: sscc(91) });
      await circulation.stop();
      const desk = open();
      const filter = { parent: sscc(91) };
      const { exportId, rows } = await desk.written({ list: 'codes', format: 'xlsx', language: 'ru', filter });
      assert.equal(rows, 12);
      const [head, ...found] = readXlsx(await desk.fileOf(exportId));
      assert.deepEqual(head?.slice(0, 3), ['Место в документе', 'Код идентификации', 'GTIN']);
      assert.deepEqual(
        found.map(([, cis, gtin]) => [cis, gtin]),
        codes.sort().map((cis) => [cis, GTIN]),
      );
    });

    it('keep a number that looks like a formula as the text that it is', async function () {
      this.timeout(30_000);
      await addDocuments(test.db, MANUFACTURER, 1, { number: '=1+1' });
      const desk = open();
      const { exportId } = await desk.written({ ...DOCUMENTS, format: 'xlsx' });
      assert.equal(readXlsx(await desk.fileOf(exportId))[1]?.[3], '=1+1');
    });
  });

  describe('limits', () => {
    for (const format of ['csv', 'xlsx'] as const) {
      it(`let as many rows into ${format} as allowed, and not one more`, async function () {
        this.timeout(30_000);
        await addDocuments(test.db, MANUFACTURER, 7);
        const limits = { exportRowsCsv: 7, exportRowsXlsx: 7 };
        assert.equal((await open({ limits }).written({ ...DOCUMENTS, format })).status, 'ready');
        await addDocuments(test.db, MANUFACTURER, 1);
        const { exportId, status, reason, reasonDetails } = await open({ limits }).written({ ...DOCUMENTS, format });
        assert.deepEqual([status, reason, reasonDetails], ['failed', 'exports.too_many_rows', { limit: 7 }]);
        const { rowCount } = await test.db.query('select from export_part where export_id = $1', [exportId]);
        assert.equal(rowCount, 0);
        await assert.rejects(open().fileOf(exportId), { code: 'exports.has_failed' });
      });
    }

    it('let a participant have so many exports, and another once one is deleted', async () => {
      const desk = open({ limits: { exportsPerParticipant: 2 } });
      const first = await desk.requested(DOCUMENTS);
      await desk.written(DOCUMENTS);
      await assert.rejects(desk.requested(DOCUMENTS), { code: 'exports.too_many' });
      await desk.requested(DOCUMENTS, RETAILER);
      await desk.desk.remove(askerOf(MANUFACTURER), first);
      await desk.requested(DOCUMENTS);
    });

    it('hold for requests that come together', async () => {
      const desk = open({ limits: { exportsPerParticipant: 3 } });
      const asked = await Promise.allSettled(Array.from({ length: 8 }, () => desk.requested(DOCUMENTS)));
      assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 3);
    });
  });

  describe('of what one may not see', () => {
    it('are refused when they are asked for', async () => {
      const filter = { parent: sscc(1) };
      await assert.rejects(open().requested({ list: 'codes', format: 'csv', filter }), { code: 'codes.not_found' });
    });

    it('fail with the reason when it was lost meanwhile', async () => {
      const circulation = openCirculation(test, clock);
      circulation.processor.start();
      const codes = await emitCodes(test.db, 1, { status: 'in_circulation' });
      await circulation.submit('aggregation', { codes, sscc: sscc(92) });
      await circulation.stop();
      const desk = open();
      const exportId = await desk.requested({ list: 'codes', format: 'csv', filter: { parent: sscc(92) } });
      await test.db.query('update code set owner = $1 where owner is not null', [RETAILER]);
      await desk.exporter.runNext();
      const { status, reason } = await desk.get(exportId);
      assert.deepEqual([status, reason], ['failed', 'codes.not_found']);
    });

    it('are nobody else’s to see, fetch or delete', async () => {
      const desk = open();
      const { exportId } = await desk.written(DOCUMENTS);
      await assert.rejects(desk.get(exportId, RETAILER), { code: 'exports.not_found' });
      await assert.rejects(desk.fileOf(exportId, RETAILER), { code: 'exports.not_found' });
      await assert.rejects(desk.desk.remove(askerOf(RETAILER), exportId), { code: 'exports.not_found' });
      assert.deepEqual(await desk.desk.list(askerOf(RETAILER), { after: null, limit: 10 }), []);
    });
  });

  describe('that wait', () => {
    it('are written in turns between participants, each one’s own in their order', async () => {
      const desk = open();
      const first = await desk.requested(DOCUMENTS);
      clock.pass(1);
      const mine = [first, await desk.requested(DOCUMENTS)];
      const other = await desk.requested(DOCUMENTS, RETAILER);
      const written: string[] = [];
      for (let turn = 0; turn < 3; turn++) {
        clock.pass(1_000);
        await desk.exporter.runNext();
        const { rows } = await test.db.query<{ export_id: string }>(
          `select export_id from export_task where status = 'ready' and export_id <> all($1)`,
          [written],
        );
        written.push(...rows.map(({ export_id }) => export_id));
      }
      assert.deepEqual(written, [mine[0], other, mine[1]]);
      assert.equal(await desk.exporter.runNext(), false);
    });

    it('have no file yet', async () => {
      const desk = open();
      await assert.rejects(desk.fileOf(await desk.requested(DOCUMENTS)), { code: 'exports.not_ready' });
    });
  });

  describe('whose time is over', () => {
    const context = () => ({ now: clock.now(), signal: new AbortController().signal, log: createLog('silent') });

    it('are there for 24 hours to the last moment, and not after', async () => {
      const desk = open();
      const { exportId } = await desk.written(DOCUMENTS);
      clock.pass(KEPT_MS - 1);
      await desk.fileOf(exportId);
      clock.pass(1);
      await assert.rejects(desk.fileOf(exportId), { code: 'exports.expired' });
      assert.equal((await desk.get(exportId)).status, 'expired');
    });

    it('lose their file by the job, however many they are, and their name a week later', async () => {
      const desk = open();
      for (let count = 0; count < 11; count++) await desk.written(DOCUMENTS);
      clock.pass(KEPT_MS);
      const fresh = await desk.written(DOCUMENTS);
      const job = createExportExpiryJob(test.db);
      assert.deepEqual(await job.run(context()), { expired: 11, forgotten: 0 });
      const { rows } = await test.db.query('select distinct export_id from export_part');
      assert.deepEqual(rows, [{ export_id: fresh.exportId }]);
      clock.pass(7 * KEPT_MS);
      assert.deepEqual(await job.run(context()), { expired: 1, forgotten: 11 });
    });
  });

  it('are each written down: asked for, written, fetched, deleted', async () => {
    const desk = open();
    const { exportId } = await desk.written(DOCUMENTS);
    await desk.fileOf(exportId);
    await desk.desk.remove(askerOf(MANUFACTURER), exportId);
    const { rows } = await test.db.query<{ action: string }>(
      'select action from audit where subject = $1 order by audit_id',
      [exportId],
    );
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['export.requested', 'export.ready', 'export.downloaded', 'export.deleted'],
    );
  });

  it('leave out what arrives while they are written, and lose nothing by it', async () => {
    const ids = await addDocuments(test.db, MANUFACTURER, 23);
    let newer = clock.now().getTime();
    const add = (): Promise<unknown> => {
      newer += 1;
      return test.db.query(
        `insert into document (document_id, bucket, bin, kind, format, status, header, received_at)
         values ($1, $2, $3, 'write_off', 'json', 'accepted', '{}', now())`,
        [newId(new Date(newer)), bucketOf(MANUFACTURER), MANUFACTURER],
      );
    };
    const around = (rowSource: RowSource): RowSource => ({
      open: async (...asked) => {
        const { total, pages } = await rowSource.open(...asked);
        async function* disturbed(): AsyncGenerator<readonly Row[]> {
          for await (const page of pages) {
            await add();
            yield page;
          }
        }
        return { total, pages: disturbed() };
      },
    });
    const desk = open({ around });
    const { exportId } = await desk.written(DOCUMENTS);
    assert.deepEqual(firstCells(await desk.fileOf(exportId)), ids);
  });
});
