import assert from 'node:assert/strict';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes } from '../support/goods.ts';
import type { Call, Json, TestHub } from '../support/hub.ts';
import { demoGoods, startTestHub, submitDocument } from '../support/hub.ts';
import { parseCsv } from './csv.ts';

const PATH = '/api/v1/exports';

describe('exports over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;
  let documentId: string;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url, env: { OFD_PORT: '0' }, limits: { exportsPerParticipant: 3 } });
    const codes = await emitCodes(store.db, 3, { ...demoGoods(hub), owner: hub.binOf('manufacturer') });
    ({ documentId } = await submitDocument(hub, 'utilisation', { codes, productionDate: '2026-01-10' }));
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  const ask = (body: unknown, as: NonNullable<Call['as']> = 'manufacturer', headers = {}) =>
    hub.call('POST', PATH, { as, body, headers });

  /** Asked for again and again until it is done; the answers take their time. */
  async function done(at: string, as: NonNullable<Call['as']> = 'manufacturer'): Promise<Json> {
    for (;;) {
      const { status, body, text } = await hub.call('GET', at, { as });
      assert.equal(status, 200, text);
      if (body.status !== 'waiting' && body.status !== 'running') return body;
    }
  }

  it('are asked for, written, fetched and deleted', async function () {
    this.timeout(20_000);
    const filter = { kind: 'utilisation' };
    const asked = await ask({ list: 'documents', filter, format: 'csv' }, 'manufacturer', { 'accept-language': 'kk' });
    assert.equal(asked.status, 202, asked.text);
    const at = asked.headers.get('location') ?? '';
    assert.equal(at, `${PATH}/${asked.body.exportId}`);
    const { status, rows, progress, bytes, language, expiresAt, completedAt, ...rest } = await done(at);
    assert.deepEqual([status, rows, progress, language, rest.filter], ['ready', 1, 1, 'kk', filter]);
    assert.equal(Date.parse(expiresAt) - Date.parse(completedAt), 24 * 3_600_000);
    const file = await hub.call('GET', `${at}/file`, { as: 'manufacturer' });
    assert.equal(file.headers.get('content-type'), 'text/csv; charset=utf-8; header=present');
    assert.match(file.headers.get('content-disposition') ?? '', /^attachment; filename="documents-[0-9-]{10}\.csv"$/);
    assert.equal(file.headers.get('content-length'), String(bytes));
    assert.equal(parseCsv(file.text)[1]?.[0], documentId);
    const list = await hub.call('GET', `${PATH}?limit=1`, { as: 'manufacturer' });
    assert.deepEqual([list.body.exports[0].exportId, list.body.next], [rest.exportId, rest.exportId]);
    assert.equal((await hub.call('DELETE', at, { as: 'manufacturer' })).status, 204);
    assert.equal((await hub.call('GET', at, { as: 'manufacturer' })).status, 404);
  });

  it('of codes are a workbook where that is asked for', async function () {
    this.timeout(30_000);
    const asked = await ask({ list: 'codes', filter: { document: documentId }, format: 'xlsx', language: 'en' });
    const at = `${PATH}/${asked.body.exportId}`;
    const { status, rows, total } = await done(at);
    assert.deepEqual([status, rows, total], ['ready', 3, 3]);
    const file = await hub.call('GET', `${at}/file`, { as: 'manufacturer' });
    assert.match(file.headers.get('content-type') ?? '', /spreadsheetml\.sheet$/);
    assert.ok(file.text.startsWith('PK\u0003\u0004'));
    assert.equal((await hub.call('DELETE', at, { as: 'manufacturer' })).status, 204);
  });

  it('are limited in their number', async function () {
    this.timeout(20_000);
    for (let count = 0; count < 3; count++) {
      assert.equal((await ask({ list: 'transfers', format: 'csv' }, 'wholesaler')).status, 202);
    }
    const { status, body, headers } = await ask({ list: 'transfers', format: 'csv' }, 'wholesaler');
    assert.deepEqual([status, body.code], [429, 'exports.too_many']);
    assert.equal(headers.get('retry-after'), '60');
  });

  it('are nobody else’s', async function () {
    this.timeout(20_000);
    const { body } = await ask({ list: 'documents', format: 'csv' }, 'retailer');
    const at = `${PATH}/${body.exportId}`;
    await done(at, 'retailer');
    for (const [method, path] of [
      ['GET', at],
      ['GET', `${at}/file`],
      ['DELETE', at],
    ] as const) {
      const answer = await hub.call(method, path, { as: 'wholesaler' });
      assert.deepEqual([answer.status, answer.body.code], [404, 'exports.not_found']);
    }
    assert.equal((await ask({ list: 'documents', format: 'csv' }, 'ofd')).status, 403);
  });

  for (const [what, body, code] of [
    ['a list that there is not', { list: 'people', format: 'csv' }, 'request.invalid'],
    ['a format that there is not', { list: 'documents', format: 'pdf' }, 'request.invalid'],
    [
      'another list’s filter',
      { list: 'transfers', filter: { gtin: '04870000100019' }, format: 'csv' },
      'request.invalid',
    ],
    ['codes without a filter', { list: 'codes', format: 'csv' }, 'request.invalid'],
    ['all codes', { list: 'codes', filter: {}, format: 'csv' }, 'codes.search_by_one'],
    [
      'a second that there is not',
      { list: 'documents', filter: { to: '2016-12-31T23:59:60Z' }, format: 'csv' },
      'request.invalid',
    ],
  ] as const) {
    it(`are not made of ${what}`, async () => {
      const answer = await ask(body);
      assert.deepEqual([answer.status, answer.body.code], [400, code], answer.text);
    });
  }

  it('of codes that one may not see are refused', async () => {
    const filter = { document: documentId };
    const answer = await ask({ list: 'codes', filter, format: 'csv' }, 'importer');
    assert.deepEqual([answer.status, answer.body.code], [404, 'documents.not_found']);
  });
});
