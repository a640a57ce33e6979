import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportAll } from '../../src/core/national/export.ts';
import { EXPORT_FILES } from '../../src/core/national/export-files.ts';
import { newId } from '../../src/store/ids.ts';
import { emitCodes, MANUFACTURER, openCirculation, prepareGoods, RETAILER, receiptOf, sscc } from '../support/goods.ts';
import { type ImportDesk, openImportDesk } from './import-desk.ts';

describe('an export of everything', () => {
  let desk: ImportDesk;
  let folder: string;

  before(async () => {
    desk = await openImportDesk();
    await prepareGoods(desk.db);
    const circulation = openCirculation(desk.database, desk.clock);
    try {
      const codes = await emitCodes(desk.db, 8);
      await circulation.introduce(codes.slice(1));
      const aggregated = await circulation.submit('aggregation', { sscc: sscc(1), codes: codes.slice(1, 4) });
      assert.equal(aggregated.status, 'accepted', JSON.stringify(aggregated.problems));
      await circulation.submit('withdrawal', { codes: [codes[4]], reason: 'EXPORT', date: '2026-02-01' });
      await circulation.submit('write_off', { codes: [codes[5]], reason: 'LOST' });
      const receipt = receiptOf([codes[6] ?? ''], { bin: RETAILER });
      const sender = { bin: RETAILER, ip: '127.0.0.1', forAnyBin: true };
      await circulation.reception.accept(sender, receipt, Buffer.from(JSON.stringify(receipt)));
    } finally {
      await circulation.stop();
    }
    folder = join(desk.base, 'export');
    await exportAll({ db: desk.db, clock: desk.clock }, folder);
  });
  after(() => desk.close());

  const linesOf = async (file: string): Promise<Record<string, unknown>[]> =>
    (await readFile(join(folder, file), 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  it('has a manifest whose counts and digests are those of the files', async () => {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    const present = (await readdir(folder)).filter((name) => name.endsWith('.ndjson')).sort();
    assert.deepEqual(manifest.files.map(({ name }: { name: string }) => name).sort(), present);
    for (const { name, rows, bytes, sha256 } of manifest.files) {
      const content = await readFile(join(folder, name));
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256, name);
      assert.deepEqual([(await linesOf(name)).length, content.length], [rows, bytes], name);
    }
  });

  it('has every row of the store', async () => {
    for (const [file, table] of [
      ['codes.ndjson', 'code'],
      ['code-history.ndjson', 'code_history'],
      ['documents.ndjson', 'document'],
      ['document-parts.ndjson', 'document_part'],
      ['receipts.ndjson', 'receipt'],
      ['participants.ndjson', 'participant'],
    ] as const) {
      const rows = (await linesOf(file)).length;
      assert.ok(rows > 0, file);
      assert.equal(rows, await desk.count(table), file);
    }
  });

  it('tells every field of every file in README.txt', async () => {
    const readme = await readFile(join(folder, 'README.txt'), 'utf8');
    for (const { name, fields, select } of EXPORT_FILES) {
      assert.ok(readme.includes(`\n${name}\n`), name);
      const { fields: columns } = await desk.db.query(`select * from (${select}) as line limit 0`);
      assert.deepEqual(
        columns.map((column) => column.name),
        [...Object.keys(fields)].sort((a, b) => orderIn(columns, a) - orderIn(columns, b)),
        name,
      );
    }
  });

  it('keeps documents byte for byte', async () => {
    const [part] = await linesOf('document-parts.ndjson');
    const { rows } = await desk.db.query<{ body: Buffer }>(
      'select body from document_part where document_id = $1 and part_no = $2',
      [part?.['documentId'], part?.['partNo']],
    );
    assert.equal(Buffer.from(String(part?.['body']), 'base64').equals(rows[0]?.body ?? Buffer.alloc(0)), true);
  });

  it('holds no secret', async () => {
    const all = EXPORT_FILES.flatMap(({ fields, select }) => [...Object.keys(fields), select]).join(' ');
    assert.doesNotMatch(all, /sealed|secret|key_hash|serial_numbers/);
  });

  it('is read by an import into an empty store, with the same states', async () => {
    const other = await openImportDesk();
    try {
      // The set-up issues codes by the clock of the database.
      other.clock.set(new Date());
      const outcome = await other.run(folder);
      assert.equal(outcome.kind, 'imported', JSON.stringify(outcome));
      const states = 'select cis, type, status, hold, owner, parent, reason from code order by cis';
      assert.deepEqual((await other.db.query(states)).rows, (await desk.db.query(states)).rows);
      const facts = `select cis, header->>'productionDate' as date from code join document on document_id = applied_by
                      order by cis`;
      assert.deepEqual((await other.db.query(facts)).rows, (await desk.db.query(facts)).rows);
      const again = join(other.base, 'again');
      await exportAll(other, again);
      assert.match(await readFile(join(again, 'codes.ndjson'), 'utf8'), /"origin":"[0-9a-f-]{36}"/);
    } finally {
      await other.close();
    }
  });

  it('refuses a folder that is not empty, and takes one that is', async () => {
    const busy = join(desk.base, 'busy');
    await mkdir(busy);
    await exportAll(desk, busy);
    await assert.rejects(exportAll(desk, busy), { code: 'export.folder_not_empty' });
    const file = join(desk.base, 'file');
    await writeFile(file, 'x');
    await assert.rejects(exportAll(desk, file), { code: 'export.folder_not_empty' });
  });

  it('leaves nothing behind where it fails', async () => {
    const failing = join(desk.base, newId(new Date()));
    const onProgress = (): void => {
      throw new Error('disk full');
    };
    await assert.rejects(exportAll({ db: desk.db, clock: desk.clock, onProgress }, failing), /disk full/);
    assert.deepEqual(
      (await readdir(desk.base)).filter((name) => name.endsWith('.new')),
      [],
    );
  });

  it('is of codes whose owner is known', async () => {
    const owners = new Set((await linesOf('codes.ndjson')).map(({ owner }) => owner));
    assert.ok(owners.has(MANUFACTURER));
  });
});

function orderIn(columns: readonly { readonly name: string }[], name: string): number {
  return columns.findIndex((column) => column.name === name);
}
