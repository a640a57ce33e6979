import assert from 'node:assert/strict';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import type { Asker } from '../../src/core/codes/code-queries.ts';
import { createCodeQueries } from '../../src/core/codes/code-queries.ts';
import { createCodeSearch } from '../../src/core/codes/code-search.ts';
import { createMarkReader } from '../../src/core/codes/mark-reader.ts';
import { createProductionFacts } from '../../src/core/codes/production-facts.ts';
import type { ExportDesk } from '../../src/core/exports/export-desk.ts';
import { createExportDesk } from '../../src/core/exports/export-desk.ts';
import type { ExportTask } from '../../src/core/exports/export-store.ts';
import type { Exporter } from '../../src/core/exports/exporter.ts';
import { createExporter } from '../../src/core/exports/exporter.ts';
import type { RowSource } from '../../src/core/exports/row-source.ts';
import { createRowSource } from '../../src/core/exports/row-source.ts';
import type { ExportRequest } from '../../src/core/exports/wanted.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { createLog } from '../../src/log.ts';
import type { Database } from '../../src/store/database.ts';
import { bucketOf, newId } from '../../src/store/ids.ts';
import { AUTHORITY, MANUFACTURER } from '../support/goods.ts';

export interface TestClock {
  now(): Date;
  pass(ms: number): void;
}

export function testClock(): TestClock {
  let time = Date.parse('2026-05-01T10:00:00Z');
  return {
    now: () => new Date(time),
    pass: (ms) => {
      time += ms;
    },
  };
}

export interface DeskOptions {
  readonly pageSize?: number;
  readonly limits?: Partial<{ exportRowsCsv: number; exportRowsXlsx: number; exportsPerParticipant: number }>;
  /** Changes the rows that exporters read. */
  readonly around?: (rowSource: RowSource) => RowSource;
}

/** Desk and exporter over one store, as one hub has them. */
export function openDesk(db: Database, clock: TestClock, options: DeskOptions = {}) {
  const productGroups = loadProductGroups(new URL('../../config/product-groups/', import.meta.url));
  const catalogue = createCatalogue({ db, clock });
  const markReader = createMarkReader({ catalogue, productGroups, clock });
  const queries = createCodeQueries({ db, clock, markReader, productionFacts: createProductionFacts(db) });
  const xml = { codes: () => assert.fail('no document in XML is read here') };
  const keyRing = { unseal: () => assert.fail('no order is read here') };
  const codes = createCodeSearch({ db, clock, queries, markReader, productGroups, keyRing, xml, catalogue });
  const rowSource = createRowSource({ db, codes });
  const limits = { exportRowsCsv: 1_000, exportRowsXlsx: 500, exportsPerParticipant: 1_000, ...options.limits };
  const log = createLog('silent');
  const exporter: Exporter = createExporter({
    db,
    clock,
    log,
    limits,
    rowSource: options.around?.(rowSource) ?? rowSource,
    pageSize: options.pageSize ?? 5,
  });
  const desk: ExportDesk = createExportDesk({ db, clock, rowSource, exporter: { wake: () => undefined }, limits });

  async function fileOf(exportId: string, bin = MANUFACTURER): Promise<Buffer> {
    const { stream, task } = await desk.file(askerOf(bin), exportId);
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part);
    const file = Buffer.concat(parts);
    assert.equal(file.length, Number(task.bytes));
    return file;
  }

  async function requested(wanted: ExportRequest, bin = MANUFACTURER): Promise<string> {
    return (await desk.request(askerOf(bin), wanted, 'en')).exportId;
  }

  return {
    desk,
    exporter,
    requested,
    fileOf,
    get: (exportId: string, bin = MANUFACTURER): Promise<ExportTask> => desk.get(askerOf(bin), exportId),
    /** Asked for and written. */
    async written(wanted: ExportRequest, bin = MANUFACTURER): Promise<ExportTask> {
      const exportId = await requested(wanted, bin);
      assert.equal(await exporter.runNext(), true);
      return desk.get(askerOf(bin), exportId);
    },
  };
}

export function askerOf(bin: string): Asker {
  return { bin, seesEverything: bin === AUTHORITY, ip: '127.0.0.1' };
}

/** Documents of `bin` as the intake leaves them; answers their ids, the newest first. */
export async function addDocuments(db: Database, bin: string, count: number, header: object = {}): Promise<string[]> {
  const at = Date.parse('2026-04-01T00:00:00Z');
  const ids = Array.from({ length: count }, (_, index) => newId(new Date(at + index)));
  await db.query(
    `insert into document (document_id, bucket, bin, kind, format, status, header, received_at)
     select id, $2, $3, 'shipment', 'json', 'accepted', $4, now() from unnest($1::uuid[]) as id`,
    [ids, bucketOf(bin), bin, JSON.stringify(header)],
  );
  return ids.reverse();
}

/** So that nothing of one test waits in the next. */
export async function forgetAll(db: Database): Promise<void> {
  await db.query('delete from export_part');
  await db.query('delete from export_task');
  await db.query('truncate document, document_part, document_gtin, transfer, transfer_line, alert');
}
