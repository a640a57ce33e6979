import assert from 'node:assert/strict';
import type { Role } from '../../src/access/permissions.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { emitCodes } from '../support/goods.ts';
import type { TestHub } from '../support/hub.ts';
import { demoGoods, startTestHub, submitDocument } from '../support/hub.ts';

const OUTAGES = '/api/v1/outages';
const PRINTS = '/api/v1/prints';
const TITLE = { kk: 'Үзіліс', ru: 'Перерыв', en: 'Outage' };
const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

describe('deadlines over HTTP', () => {
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

  const announce = (body: unknown, as: Role = 'operator') => hub.call('POST', OUTAGES, { as, body });
  const told = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

  it('run as jobs of the hub', async () => {
    const { body } = await hub.call('GET', '/api/v1/exchange/jobs', { as: 'operator' });
    const names = body.jobs.map(({ name }: { name: string }) => name);
    assert.ok(names.includes('unused-codes') && names.includes('overdue-acceptance'), names.join());
  });

  describe('an outage', () => {
    it('is announced and ended by the operator, and read without a key', async () => {
      const made = await announce({ from: daysAgo(0.1), title: TITLE });
      assert.equal(made.status, 201, made.text);
      const { outageId } = made.body;
      const ended = await hub.call('POST', `${OUTAGES}/${outageId}/end`, {
        as: 'operator',
        body: { to: daysAgo(0.05) },
      });
      assert.equal(ended.status, 200, ended.text);
      assert.ok(Date.parse(ended.body.keyInBy) > Date.parse(ended.body.to));
      const { body } = await hub.call('GET', `${OUTAGES}?limit=1`);
      assert.deepEqual(body, { outages: [ended.body], next: outageId });
      assert.deepEqual((await hub.call('GET', `${OUTAGES}?after=${outageId}`)).body.next, null);
    });

    for (const role of ['manufacturer', 'retailer', 'ofd', 'authority'] as const) {
      it(`is not announced or ended by the role ${role}`, async () => {
        const path = `${OUTAGES}/01890000-0000-7000-8000-000000000000/end`;
        assert.deepEqual(told(await announce({ from: daysAgo(1), title: TITLE }, role)), [403, 'access.forbidden']);
        const end = await hub.call('POST', path, { as: role, body: { to: daysAgo(0) } });
        assert.deepEqual(told(end), [403, 'access.forbidden']);
      });
    }

    for (const [what, body, code] of [
      ['without a title in Kazakh', { from: daysAgo(1), title: { ru: 'a', en: 'a' } }, 'request.invalid'],
      ['from no time', { from: 'yesterday', title: TITLE }, 'request.invalid'],
      ['from a leap second', { from: '2026-06-30T23:59:60Z', title: TITLE }, 'request.value_format'],
      ['from another century', { from: '0001-01-01T00:00:00Z', title: TITLE }, 'outages.period_invalid'],
      ['to a time before it', { from: daysAgo(1), to: daysAgo(2), title: TITLE }, 'outages.period_invalid'],
    ] as const) {
      it(`is refused ${what}`, async () => {
        assert.deepEqual(told(await announce(body)), [400, code]);
      });
    }

    it('in which a report fell due takes its lateness away', async () => {
      const [cis = ''] = await emitCodes(store.db, 1, {
        ...demoGoods(hub),
        owner: hub.binOf('manufacturer'),
        status: 'in_circulation',
      });
      const withdraw = () =>
        submitDocument(hub, 'withdrawal', { codes: [cis], reason: 'EXPORT', date: daysAgo(200), comment: String(n++) });
      let n = 0;
      const late = await withdraw();
      assert.deepEqual(
        late.warnings.map(({ code }: { code: string }) => code),
        ['documents.late'],
      );
      await store.db.query(`update code set status = 'in_circulation' where cis = $1`, [cis]);
      assert.equal((await announce({ from: daysAgo(199), title: TITLE })).status, 201);
      const { status, warnings } = await withdraw();
      assert.deepEqual([status, warnings], ['accepted', []]);
    });
  });

  describe('prints', () => {
    async function order(): Promise<{ orderId: string; gtin: string; kind: string; printedAt: string }> {
      const { gtin } = demoGoods(hub);
      const products = [{ gtin, quantity: 3, serialNumberType: 'OPERATOR', cisType: 'UNIT' }];
      const body = { productGroup: 'shoes', products, releaseMethodType: 'PRIMARY' };
      const placed = await hub.call('POST', '/api/v1/orders', { as: 'manufacturer', body });
      assert.equal(placed.status, 201, placed.text);
      const path = `/api/v1/orders/${placed.body.orderId}/codes?gtin=${gtin}&quantity=2`;
      const pack = await hub.call('GET', path, { as: 'manufacturer', headers: { prefer: 'wait=30' } });
      assert.equal(pack.status, 200, pack.text);
      return { orderId: placed.body.orderId, gtin, kind: 'print', printedAt: new Date().toISOString() };
    }
    const report = (body: unknown, headers: Record<string, string> = {}, as: Role = 'manufacturer') =>
      hub.call('POST', PRINTS, { as, body, headers });

    it('are reported with a key and summed up', async () => {
      const print = { ...(await order()), device: 'Line 2' };
      const key = { 'idempotency-key': print.orderId };
      const first = await report({ ...print, count: 2 }, key);
      assert.equal(first.status, 201, first.text);
      assert.deepEqual((await report({ ...print, count: 2 }, key)).body, first.body);
      assert.deepEqual(told(await report({ ...print, count: 1 })), [409, 'prints.too_many']);
      const again = await report({ ...print, kind: 'reprint', count: 1, reason: 'Smeared' });
      assert.equal(again.status, 201, again.text);
      const { body } = await hub.call('GET', `${PRINTS}?orderId=${print.orderId}`, { as: 'manufacturer' });
      assert.deepEqual(body, {
        totals: [{ gtin: print.gtin, handedOver: 2, printed: 2, reprinted: 1 }],
        reports: [first.body, again.body],
        next: null,
      });
    });

    it('are refused where the report is wrong', async () => {
      const print = await order();
      assert.deepEqual(told(await report({ ...print, count: 0 })), [400, 'request.invalid']);
      assert.deepEqual(told(await report({ ...print, kind: 'reprint', count: 1 })), [400, 'prints.reason_missing']);
      const leapSecond = { ...print, count: 1, printedAt: '2026-06-30T23:59:60Z' };
      assert.deepEqual(told(await report(leapSecond)), [400, 'request.value_format']);
    });

    for (const role of ['retailer', 'ofd', 'authority', 'operator'] as const) {
      it(`are not reported by the role ${role}`, async () => {
        const print = { ...(await order()), count: 1 };
        assert.deepEqual(told(await report(print, {}, role)), [403, 'access.forbidden']);
      });
    }

    it('are read by the operator, and not by others', async () => {
      const { orderId } = await order();
      const read = (as: Role) => hub.call('GET', `${PRINTS}?orderId=${orderId}`, { as });
      assert.equal((await read('operator')).status, 200);
      assert.deepEqual(told(await read('importer')), [404, 'orders.not_found']);
    });
  });
});
