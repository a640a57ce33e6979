import assert from 'node:assert/strict';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Json, TestHub } from '../support/hub.ts';
import { cisOf, demoGoods, startTestHub, submitDocument } from '../support/hub.ts';

describe('searches over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;
  let orderId: string;
  let gtin: string;
  let codes: readonly string[];

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url, env: { OFD_PORT: '0' } });
    gtin = demoGoods(hub).gtin;
    const products = [{ gtin, quantity: 10, serialNumberType: 'OPERATOR', cisType: 'UNIT' }];
    const body = { productGroup: 'shoes', products, releaseMethodType: 'PRIMARY' };
    const order = await hub.call('POST', '/api/v1/orders', { as: 'manufacturer', body });
    assert.equal(order.status, 201, order.text);
    orderId = order.body.orderId;
    codes = await fetched(7);
    await submitDocument(hub, 'utilisation', { codes: codes.slice(0, 2), productionDate: '2026-01-10' });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  async function fetched(quantity: number): Promise<string[]> {
    const path = `/api/v1/orders/${orderId}/codes?gtin=${gtin}&quantity=${quantity}`;
    const { status, body, text } = await hub.call('GET', path, { as: 'manufacturer', headers: { prefer: 'wait=30' } });
    assert.equal(status, 200, text);
    return body.codes.map(cisOf);
  }

  const get = (path: string, as: 'manufacturer' | 'retailer' | 'ofd' = 'manufacturer') =>
    hub.call('GET', `/api/v1${path}`, { as });

  it('list documents as their owner finds them, with a cursor', async () => {
    await submitDocument(hub, 'utilisation', { codes: codes.slice(2, 3), productionDate: '2026-01-10' });
    const first = await get(`/documents?kind=utilisation&status=accepted&gtin=${gtin}&limit=1`);
    assert.equal(first.status, 200, first.text);
    const [document] = first.body.documents;
    const { kind, status, sender, codeCount } = document;
    assert.deepEqual([kind, status, sender, codeCount], ['utilisation', 'accepted', hub.binOf('manufacturer'), 1]);
    const second = await get(`/documents?kind=utilisation&limit=1&after=${first.body.next}`);
    assert.equal(second.body.documents[0].codeCount, 2);
    assert.deepEqual((await get('/documents', 'retailer')).body, { documents: [], next: null });
  });

  for (const query of [
    'kind=letter',
    'status=receiving',
    'number=%00',
    'partner=1',
    'gtin=4',
    'from=yesterday',
    'to=2016-12-31T23:59:60Z',
    'after=1',
    'limit=0',
    'limit=1001',
    'direction=both',
    'bin=1',
  ]) {
    it(`are not asked for documents by ?${query}`, async () => {
      const { status, body } = await get(`/documents?${query}`);
      assert.deepEqual([status, body.code], [400, 'request.invalid']);
    });
  }

  it('list the codes of an order that have been handed over, with their states, page by page', async () => {
    const found: string[] = [];
    const statuses: string[] = [];
    let next: string | null = null;
    do {
      const { status, body, text }: Json = await get(
        `/codes?order=${orderId}&gtin=${gtin}&limit=3${next === null ? '' : `&after=${next}`}`,
      );
      assert.equal(status, 200, text);
      found.push(...body.codes.map((code: Json) => code.cis));
      statuses.push(...body.codes.map((code: Json) => code.status));
      next = body.next;
    } while (next !== null);
    assert.deepEqual(found, codes);
    assert.deepEqual(statuses.slice(0, 2), ['applied', 'applied']);
    assert.equal(statuses.at(-1), 'emitted');
  });

  it('do not show another participant’s order', async () => {
    const { status, body } = await get(`/codes?order=${orderId}`, 'retailer');
    assert.deepEqual([status, body.code], [404, 'orders.not_found']);
  });

  it('list the codes of a document beside what is none', async () => {
    const { documentId } = await submitDocument(hub, 'utilisation', {
      codes: ['no code', codes[3]],
      productionDate: '2026-01-10',
    });
    const { body } = await get(`/codes?document=${documentId}`);
    assert.deepEqual(body.unknown, [{ place: 0, text: 'no code' }]);
    assert.deepEqual([body.codes[0].place, body.codes[0].cis, body.next], [1, codes[3], null]);
  });

  for (const query of ['', '?parent=1&document=018f0000-0000-7000-8000-000000000000', '?gtin=04870000100019']) {
    it(`are not asked for codes by "${query}"`, async () => {
      const { status, body } = await get(`/codes${query}`);
      assert.deepEqual([status, body.code], [400, 'codes.search_by_one']);
    });
  }

  it('are no matter of a fiscal data operator', async () => {
    assert.equal((await get('/documents', 'ofd')).status, 403);
    assert.equal((await get(`/codes?order=${orderId}`, 'ofd')).status, 403);
  });
});
