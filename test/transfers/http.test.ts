import assert from 'node:assert/strict';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { ssccsFrom } from '../support/goods.ts';
import type { Answer, Call, TestHub } from '../support/hub.ts';
import { startTestHub } from '../support/hub.ts';

type Role = NonNullable<Call['as']>;

describe('shipments over HTTP', () => {
  let test: TestDatabase;
  let hub: TestHub;
  let codes: string[];
  const newSscc = ssccsFrom(40_000);
  const day = movableClock('2026-03-01T05:00:00Z').now().toISOString().slice(0, 10);

  before(async function () {
    this.timeout(30_000);
    test = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: test.url, env: { OFD_PORT: '0' } });
    const bin = hub.binOf('manufacturer');
    const { rows } = await test.db.query<{ gtin: string }>(
      `select gtin from product where owner_bin = $1 and product_group = 'shoes'`,
      [bin],
    );
    const gtin = rows[0]?.gtin ?? assert.fail();
    codes = Array.from({ length: 12 }, (_, index) => `01${gtin}213HTTP${String(index).padStart(8, '0')}`);
    await test.db.query(
      `insert into code (cis, type, status, owner) select cis, 'unit', 'in_circulation', $2 from unnest($1::text[]) as t(cis)`,
      [codes, bin],
    );
  });
  after(async () => {
    await hub.stop();
    await test.drop();
  });

  const send = (as: Role, kind: string, body: object, path = '/api/v1/documents'): Promise<Answer> =>
    hub.call('POST', path, { as, body: { kind, body }, headers: { prefer: 'wait=10' } });

  async function done(as: Role, kind: string, body: object): Promise<string> {
    const answer = await send(as, kind, body);
    assert.deepEqual([answer.status, answer.body.status], [200, 'accepted'], answer.text);
    return answer.body.documentId;
  }

  const shipment = (list: readonly string[], more: object = {}) => ({
    receiver: hub.binOf('retailer'),
    number: 'H-1',
    date: day,
    codes: list,
    ...more,
  });

  it('goes from the factory to the shop, seen from both sides', async () => {
    const sscc = newSscc();
    await done('manufacturer', 'aggregation', { sscc, codes: codes.slice(0, 3) });
    const shipmentId = await done('manufacturer', 'shipment', shipment([`00${sscc}`], { number: 'H-2' }));
    const incoming = await hub.call('GET', '/api/v1/transfers?direction=incoming&number=H-2', { as: 'retailer' });
    assert.equal(incoming.body.transfers[0].shipmentId, shipmentId);
    await done('retailer', 'acceptance', { shipmentId });
    const view = await hub.call('GET', `/api/v1/transfers/${shipmentId}`, { as: 'manufacturer' });
    assert.deepEqual([view.body.status, view.body.lines.accepted], ['accepted', 1]);
    const lines = await hub.call('GET', `/api/v1/transfers/${shipmentId}/lines`, { as: 'retailer' });
    assert.deepEqual(lines.body.lines, [
      { cis: `00${sscc}`, line: 0, outcome: 'accepted', decidedBy: lines.body.lines[0].decidedBy },
    ]);
    const unit = await hub.call('GET', `/api/v1/codes/${encodeURIComponent(codes[0] ?? '')}`, { as: 'retailer' });
    assert.equal(unit.body.owner, hub.binOf('retailer'));
  });

  it('lets the receiver read the document of the shipment, and no third one', async () => {
    const shipmentId = await done('manufacturer', 'shipment', shipment(codes.slice(3, 4)));
    const path = `/api/v1/documents/${shipmentId}`;
    assert.equal((await hub.call('GET', path, { as: 'retailer' })).status, 200);
    assert.equal((await hub.call('GET', path, { as: 'wholesaler' })).status, 404);
    const other = await hub.call('GET', `/api/v1/transfers/${shipmentId}`, { as: 'wholesaler' });
    assert.deepEqual([other.status, other.body.code], [404, 'transfers.not_found']);
  });

  it('writes down that an authority looked at one', async () => {
    const shipmentId = await done('manufacturer', 'shipment', shipment(codes.slice(4, 5)));
    assert.equal((await hub.call('GET', `/api/v1/transfers/${shipmentId}`, { as: 'authority' })).status, 200);
    const { rows } = await test.db.query(`select bin from audit where action = 'transfer.disclosed' and subject = $1`, [
      shipmentId,
    ]);
    assert.deepEqual(rows, [{ bin: hub.binOf('authority') }]);
  });

  it('tells of a report that comes late, and takes it', async () => {
    const body = { reason: 'EXPORT', date: '2026-01-05', codes: codes.slice(5, 6) };
    const answer = await send('manufacturer', 'withdrawal', body);
    assert.equal(answer.body.status, 'accepted', answer.text);
    assert.deepEqual(
      answer.body.warnings.map(({ code, path }: { code: string; path: string }) => [code, path]),
      [['documents.late', '/body/date']],
    );
  });

  it('refuses a page beyond all pages and a number with a control character, with an answer', async () => {
    for (const query of ['limit=0', 'limit=1e9', 'after=x', 'number=%00', 'status=lost', 'partner=1']) {
      const answer = await hub.call('GET', `/api/v1/transfers?${query}`, { as: 'retailer' });
      assert.deepEqual([answer.status, answer.body.code], [400, 'request.invalid'], query);
    }
    const lines = await hub.call('GET', `/api/v1/transfers/01900000-0000-7000-8000-000000000001/lines?after=%00`, {
      as: 'retailer',
    });
    assert.equal(lines.status, 400);
  });

  describe('validated without effect', () => {
    const validate = (as: Role, kind: string, body: object) => send(as, kind, body, '/api/v1/documents/validate');
    const everything = async () =>
      (
        await test.db.query(
          `select (select md5(string_agg(code::text, ',' order by cis)) from code) as codes,
                  (select count(*) from document) as documents, (select count(*) from audit) as audit,
                  (select count(*) from outbox) as outbox, (select count(*) from transfer) as transfers`,
        )
      ).rows;

    it('says yes to a document that would be accepted', async () => {
      const before = await everything();
      const answer = await validate('manufacturer', 'shipment', shipment(codes.slice(6, 8)));
      assert.deepEqual(
        [answer.status, answer.body.valid, answer.body.codeCount, answer.body.errors],
        [200, true, 2, []],
      );
      assert.deepEqual(await everything(), before);
    });

    it('lists everything wrong about header and codes at once', async () => {
      const before = await everything();
      const body = { reason: 'OTHER', date: '2099-01-01', codes: [codes[6], codes[6], 'x', codes[4]] };
      const answer = await validate('manufacturer', 'withdrawal', body);
      assert.deepEqual(
        answer.body.errors.map(({ code, path }: { code: string; path: string }) => [code, path]),
        [
          ['documents.date_in_future', '/body/date'],
          ['documents.comment_missing', '/body/comment'],
          ['documents.code_repeated', '/body/codes/1'],
          ['code.malformed', '/body/codes/2'],
          ['documents.on_hold', '/body/codes/3'],
        ],
      );
      assert.deepEqual(await everything(), before);
    });

    it('lists every fault of form', async () => {
      const answer = await validate('manufacturer', 'withdrawal', { reason: 'WISH', codes: ['', 7], extra: 1 });
      assert.equal(answer.status, 400);
      assert.deepEqual(
        answer.body.errors.map(({ code, path }: { code: string; path: string }) => [code, path]).sort(),
        [
          ['documents.code_malformed', '/body/codes/0'],
          ['documents.code_malformed', '/body/codes/1'],
          ['request.value_choice', '/body/reason'],
          ['request.value_missing', '/body/date'],
          ['request.value_unexpected', '/body/extra'],
        ],
      );
    });

    const asMuch: readonly (readonly [string, Role, () => object])[] = [
      ['aggregation', 'manufacturer', () => ({ sscc: newSscc(), codes: codes.slice(8, 9) })],
      ['disaggregation', 'manufacturer', () => ({ sscc: newSscc() })],
      ['acceptance', 'retailer', () => ({ shipmentId: '01900000-0000-7000-8000-000000000001' })],
      ['shipment_cancellation', 'manufacturer', () => ({ shipmentId: '01900000-0000-7000-8000-000000000001' })],
      [
        'blocking',
        'authority',
        () => ({ reason: 'COURT', ground: { kind: 'act', number: '1', date: '2026-01-10' }, codes: codes.slice(8, 9) }),
      ],
      [
        'release',
        'authority',
        () => ({
          blockingId: '01900000-0000-7000-8000-000000000001',
          ground: { kind: 'act', number: '1', date: '2026-01-10' },
        }),
      ],
      [
        'introduction',
        'manufacturer',
        () => ({ introductionType: 'REMAINS', date: '2026-01-10', codes: codes.slice(8, 9) }),
      ],
      ['correction', 'manufacturer', () => ({ productionDate: '2026-01-10', codes: codes.slice(8, 9) })],
    ];
    for (const [kind, as, body] of asMuch) {
      it(`says of a document of kind ${kind} what submitting it says`, async () => {
        const document = body();
        const before = await everything();
        const validated = await validate(as, kind, document);
        assert.deepEqual(await everything(), before);
        const submitted = await send(as, kind, document);
        assert.equal(validated.body.valid, submitted.body.status === 'accepted', submitted.text);
        assert.deepEqual(validated.body.errors, submitted.body.errors);
      });
    }
  });
});
