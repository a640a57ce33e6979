import assert from 'node:assert/strict';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes } from '../support/goods.ts';
import type { Json, TestHub } from '../support/hub.ts';
import { demoGoods, startTestHub, submitDocument } from '../support/hub.ts';

const NDJSON = 'application/x-ndjson';

describe('documents over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  const as = 'manufacturer';
  const path = '/api/v1/documents';
  const codes = (count: number): Promise<string[]> =>
    emitCodes(store.db, count, { ...demoGoods(hub), owner: hub.binOf('manufacturer') });
  const application = (list: readonly string[]) => ({
    kind: 'utilisation',
    body: { codes: list, productionDate: '2026-01-10' },
  });

  it('are answered with 202 once they are durable', async () => {
    const { status, body } = await hub.call('POST', path, { as, body: application(await codes(1)) });
    assert.deepEqual([status, body.status], [202, 'received']);
    const { rowCount } = await store.db.query('select 1 from document where document_id = $1', [body.documentId]);
    assert.equal(rowCount, 1);
  });

  it('are answered with their final state to whoever prefers to wait', async () => {
    const headers = { prefer: 'respond-async, wait=20' };
    const { status, body } = await hub.call('POST', path, { as, headers, body: application(await codes(2)) });
    assert.deepEqual([status, body.status, body.codeCount, body.errorCount], [200, 'accepted', 2, 0]);
  });

  it('are applied from a stream of lines as well', async () => {
    const header = JSON.stringify({ kind: 'utilisation', body: { productionDate: '2026-01-10' } });
    const lines = [header, ...(await codes(3)).map((cis) => JSON.stringify(cis))].join('\n');
    const { body } = await hub.call('POST', path, { as, type: NDJSON, body: lines, headers: { prefer: 'wait=20' } });
    assert.deepEqual([body.status, body.codeCount], ['accepted', 3]);
  });

  it('leave nothing when their connection breaks in the middle', async () => {
    const [cis = ''] = await codes(1);
    const abort = new AbortController();
    const header = JSON.stringify({ kind: 'write_off', body: { reason: 'LOST' } });
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from(`${header}\n${JSON.stringify(cis)}\n`)),
    });
    const sent = hub.call('POST', path, { as, type: NDJSON, body: stream, signal: abort.signal });
    await until(async () => (await receiving()) === 1);
    abort.abort();
    await assert.rejects(sent);
    await until(async () => (await receiving()) === 0);
    const { rows } = await store.db.query('select status from code where cis = $1', [cis]);
    assert.deepEqual(rows, [{ status: 'emitted' }]);
  });

  it('show their errors page by page', async () => {
    const wrong = Array.from({ length: 25 }, (_, index) => `no code ${index}`);
    const rejected = await submitDocument(hub, 'utilisation', application(wrong).body);
    assert.deepEqual([rejected.status, rejected.errorCount, rejected.errors.length], ['rejected', 25, 10]);
    const found: string[] = [];
    let next: number | null = 0;
    while (next !== null) {
      const { body }: Json = await hub.call('GET', `${path}/${rejected.documentId}/errors?after=${next}&limit=10`, {
        as,
      });
      found.push(...body.errors.map((error: { path: string }) => error.path));
      next = body.next;
    }
    assert.deepEqual(
      found,
      wrong.map((_, index) => `/body/codes/${index}`),
    );
  });

  it('are seen by an authority, and not by another participant', async () => {
    const { documentId } = await submitDocument(hub, 'utilisation', application(await codes(1)).body);
    assert.equal((await hub.call('GET', `${path}/${documentId}`, { as: 'authority' })).status, 200);
    assert.equal((await hub.call('GET', `${path}/${documentId}/errors`, { as: 'importer' })).status, 404);
  });

  it('tell another participant little of a code, and its owner all', async () => {
    const [cis = ''] = await codes(1);
    const one = `/api/v1/codes/${encodeURIComponent(cis)}`;
    const own = await hub.call('GET', one, { as });
    assert.equal(own.body.owner, hub.binOf('manufacturer'));
    const foreign = await hub.call('GET', one, { as: 'retailer' });
    assert.equal(foreign.status, 200);
    assert.ok(!foreign.text.includes(hub.binOf('manufacturer')), foreign.text);
    await submitDocument(hub, 'write_off', { codes: [cis], reason: 'LOST' });
    assert.deepEqual((await hub.call('GET', `${one}/history`, { as: 'retailer' })).body.events, []);
    const events = (await hub.call('GET', `${one}/history`, { as })).body.events.map((event: Json) => event.event);
    assert.deepEqual(events, ['emitted', 'written_off']);
  });

  it('leave a trace where an authority has looked at a participant’s code', async () => {
    const [cis = ''] = await codes(1);
    const seen = await hub.call('GET', `/api/v1/codes/${encodeURIComponent(cis)}`, { as: 'authority' });
    assert.equal(seen.body.owner, hub.binOf('manufacturer'));
    const { rows } = await store.db.query(`select bin from audit where action = 'codes.disclosed' and subject = $1`, [
      cis,
    ]);
    assert.deepEqual(rows, [{ bin: hub.binOf('authority') }]);
  });

  async function receiving(): Promise<number> {
    const { rows } = await store.db.query<{ count: number }>(
      `select count(*)::integer as count from document where status = 'receiving'`,
    );
    return rows[0]?.count ?? 0;
  }
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}
