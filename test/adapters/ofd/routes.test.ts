import assert from 'node:assert/strict';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { type Json, startTestHub, type TestHub } from '../../support/hub.ts';

describe('the registration of cash registers', () => {
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

  type As = 'ofd' | 'retailer' | 'operator' | 'manufacturer';
  const add = (body: object, as: As = 'ofd') => hub.call('POST', '/api/v1/cash-registers', { as, body });
  const list = async (as: As, query = ''): Promise<Json> =>
    (await hub.call('GET', `/api/v1/cash-registers${query}`, { as })).body;
  const change = (deviceId: number, what: string, as: As = 'ofd') =>
    hub.call('POST', `/api/v1/cash-registers/${deviceId}/${what}`, { as });
  const registerOf = (deviceId: number) => ({
    deviceId,
    registrationNumber: `kkm-${deviceId}`,
    bin: hub.binOf('retailer'),
  });

  it('answers the first token, once', async () => {
    const { status, body } = await add(registerOf(51));
    assert.equal(status, 201);
    assert.ok(Number.isInteger(body.token) && body.token > 0);
    const again = await add(registerOf(51));
    assert.deepEqual([again.status, again.body.code], [409, 'registers.already_registered']);
  });

  it('shows a shop its own, page by page, and its operator those that it serves', async () => {
    await add(registerOf(61));
    const own = await list('retailer', '?limit=2');
    assert.equal(own.registers.length, 2);
    assert.equal((await list('retailer', `?after=${own.next}&limit=1000`)).next, null);
    assert.deepEqual((await list('manufacturer')).registers, []);
    assert.ok((await list('ofd', '?limit=1000')).registers.some(({ deviceId }: Json) => deviceId === 61));
  });

  it('blocks a register, and lets it talk again', async () => {
    await add(registerOf(71));
    assert.equal((await change(71, 'block')).body.blocked, true);
    assert.equal((await change(71, 'unblock')).body.blocked, false);
  });

  it('is changed by nobody but its own operator and the operator of the system', async () => {
    await add(registerOf(81));
    await store.db.query('update cash_register set ofd_bin = $1 where device_id = 81', [hub.binOf('manufacturer')]);
    for (const what of ['token', 'block', 'unblock']) {
      const { status, body } = await change(81, what);
      assert.deepEqual([status, body.code], [404, 'registers.unknown'], what);
      assert.equal((await change(81, what, 'retailer')).status, 403);
    }
    assert.equal((await change(81, 'token', 'operator')).status, 200);
  });

  it('writes down who changed what', async () => {
    await add(registerOf(91));
    await change(91, 'token');
    const { rows } = await store.db.query(`select action, bin from audit where subject = '91' order by at, action`);
    assert.deepEqual(rows, [
      { action: 'register.added', bin: hub.binOf('ofd') },
      { action: 'register.token_renewed', bin: hub.binOf('ofd') },
    ]);
  });

  const BAD: readonly (readonly [string, object, string])[] = [
    ['device 0', { deviceId: 0 }, 'request.'],
    ['a device beyond 32 bits', { deviceId: 2 ** 32 }, 'request.'],
    ['a number with a space', { registrationNumber: 'a b' }, 'request.'],
    ['a taxpayer that nobody knows', { bin: '999999999999' }, 'participants.unknown'],
  ];
  for (const [what, changes, code] of BAD) {
    it(`refuses ${what}`, async () => {
      const { status, body } = await add({ ...registerOf(99), ...changes });
      assert.ok(status >= 400 && status < 500);
      assert.ok(body.code.startsWith(code), body.code);
    });
  }

  it('tells a receipt by its QR code, and says of another that there is none', async () => {
    const { status, body } = await hub.call('GET', '/api/public/receipt?i=1&f=kkm-51&t=20260301T120000');
    assert.deepEqual([status, body.code], [404, 'receipts.not_found']);
    const receipt = {
      fiscalSign: '4711',
      registerId: 'kkm-51',
      bin: hub.binOf('retailer'),
      at: '2026-03-01T12:00:00+05:00',
      operation: 'sale',
      items: [{ marks: ['no code'], quantity: 1, price: 1, sum: 1 }],
    };
    await hub.call('POST', '/api/v1/receipts', { as: 'ofd', body: receipt });
    const found = await hub.call('GET', '/api/public/receipt?i=4711&f=kkm-51&s=0.01&t=20260301T120000');
    assert.deepEqual([found.body.operation, found.body.markedGoods], ['sale', 1]);
  });
});
