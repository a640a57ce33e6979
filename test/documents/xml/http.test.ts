import assert from 'node:assert/strict';
import type { TestDatabase } from '../../support/database.ts';
import { createTestDatabase } from '../../support/database.ts';
import { emitCodes, ssccsFrom } from '../../support/goods.ts';
import type { Answer, Call, Json, TestHub } from '../../support/hub.ts';
import { demoGoods, orderCodes, startTestHub, submitDocument } from '../../support/hub.ts';
import { toXml } from './to-xml.ts';

const XML = 'application/xml';
const PATH = '/api/v1/documents';
const PATHS_OF = ({ body }: Answer) => body.errors.map(({ code, path }: Json) => [code, path]);

describe('documents in XML over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;
  const newSscc = ssccsFrom(71_000);

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  const send = (xml: string | Uint8Array, call: Call = {}) =>
    hub.call('POST', PATH, { as: 'manufacturer', type: XML, body: xml, headers: { prefer: 'wait=20' }, ...call });
  const goods = (count: number) =>
    emitCodes(store.db, count, {
      ...demoGoods(hub),
      owner: hub.binOf('manufacturer'),
      status: 'in_circulation',
    });

  async function rowsOf(codes: readonly string[]) {
    const { rows } = await store.db.query<{ status: string; parent: string | null; hold: string }>(
      'select status, parent, hold from code where cis = any($1) order by cis',
      [codes],
    );
    return rows;
  }

  async function documentCount(): Promise<number> {
    const { rows } = await store.db.query<{ count: number }>('select count(*)::integer as count from document');
    return rows[0]?.count ?? 0;
  }

  it('pack goods', async () => {
    const [codes, sscc] = [await goods(3), newSscc()];
    const { status, body } = await send(toXml({ kind: 'aggregation', body: { sscc, codes } }));
    assert.deepEqual([status, body.status, body.kind, body.codeCount], [200, 'accepted', 'aggregation', 3]);
    assert.deepEqual(
      (await rowsOf(codes)).map(({ parent }) => parent),
      Array(3).fill(`00${sscc}`),
    );
  });

  it('ship goods, with all that a shipment says of them', async () => {
    const codes = await goods(2);
    const shipment = {
      receiver: hub.binOf('retailer'),
      number: '0007 <&>',
      date: '2026-03-01',
      transport: { kind: 'ROAD', number: '777 ABC 02' },
      goods: [{ gtin: '04870000100019', quantity: 2, priceTiyn: 1_250_000, vatPercent: 16 }],
      codes,
    };
    const { body } = await send(toXml({ kind: 'shipment', body: shipment }, { prefix: 't', space: '\n' }));
    assert.equal(body.status, 'accepted', JSON.stringify(body));
    const { rows } = await store.db.query<{ header: object }>('select header from document where document_id = $1', [
      body.documentId,
    ]);
    const { codes: _, ...header } = shipment;
    assert.deepEqual(rows, [{ header }]);
    const { rows: transfers } = await store.db.query('select receiver from transfer where shipment_id = $1', [
      body.documentId,
    ]);
    assert.deepEqual(transfers, [{ receiver: hub.binOf('retailer') }]);
  });

  it('take whole codes, with GS written out', async function () {
    this.timeout(60_000);
    const codes = await orderCodes(hub, 'shoes', '04870000100019', 2);
    assert.ok(codes.every((code) => code.includes('\u001d')));
    for (const [code, gs] of [
      [codes[0], '\\u001d'],
      [codes[1], '␝'],
    ]) {
      const application = { kind: 'utilisation', body: { productionDate: '2026-01-10', codes: [code] } };
      const { body } = await send(toXml(application, { gs: gs ?? '' }));
      assert.equal(body.status, 'accepted', JSON.stringify(body));
    }
  });

  it('come as text/xml too', async () => {
    const body = { sscc: newSscc(), codes: await goods(1) };
    const answer = await send(toXml({ kind: 'aggregation', body }), { type: 'text/xml; charset=UTF-8' });
    assert.equal(answer.body.status, 'accepted');
  });

  it('do not come in another charset', async () => {
    const answer = await send('<document/>', { type: 'text/xml; charset=windows-1251' });
    assert.deepEqual([answer.status, answer.body.code], [415, 'request.content_type']);
  });

  it('are kept as they came', async () => {
    const xml = toXml({ kind: 'aggregation', body: { sscc: newSscc(), codes: await goods(1) } }, { space: '\n' });
    const { body } = await send(xml);
    const { rows } = await store.db.query<{ format: string; body: Buffer }>(
      'select format, body from document join document_part using (document_id) where document_id = $1',
      [body.documentId],
    );
    assert.deepEqual(
      rows.map((row) => [row.format, row.body.toString()]),
      [['xml', xml]],
    );
  });

  it('have the first answer when they come again', async () => {
    const xml = toXml({ kind: 'aggregation', body: { sscc: newSscc(), codes: await goods(1) } });
    const first = await send(xml);
    const before = await documentCount();
    const again = await send(xml);
    assert.deepEqual(again.body, first.body);
    assert.equal(await documentCount(), before);
  });

  it('conflict with the same document in JSON under one Idempotency-Key', async () => {
    const document = { kind: 'aggregation', body: { sscc: newSscc(), codes: await goods(1) } };
    const headers = { 'idempotency-key': 'xml-or-json', prefer: 'wait=20' };
    await send(toXml(document), { headers });
    const again = await hub.call('POST', PATH, { as: 'manufacturer', body: document, headers });
    assert.deepEqual([again.status, again.body.code], [409, 'request.idempotency_conflict']);
  });

  it('have the errors of their codes at the places of JSON', async () => {
    const [good = ''] = await goods(1);
    const xml = toXml({ kind: 'aggregation', body: { sscc: newSscc(), codes: [good, 'no code', good] } });
    const { body } = await send(xml);
    assert.equal(body.status, 'rejected');
    assert.deepEqual(PATHS_OF({ body } as Answer), [
      ['code.malformed', '/body/codes/1'],
      ['documents.code_repeated', '/body/codes/2'],
    ]);
    assert.deepEqual(
      (await rowsOf([good])).map(({ parent }) => parent),
      [null],
    );
  });

  it('that do not fit their XSD change nothing, and are told all that is wrong in three languages', async () => {
    const codes = await goods(1);
    const before = await documentCount();
    const xml = toXml({ kind: 'shipment', body: { receiver: '1', number: '', date: 'soon', codes } });
    const texts = new Set<string>();
    for (const language of ['kk', 'ru', 'en']) {
      const answer = await send(xml, { headers: { 'accept-language': language } });
      assert.deepEqual([answer.status, answer.body.code], [400, 'documents.invalid']);
      const places = PATHS_OF(answer);
      for (const path of ['/body/receiver', '/body/number', '/body/date']) {
        assert.ok(
          places.some(([code, at]: string[]) => code === 'documents.xml_invalid' && at === path),
          path,
        );
      }
      texts.add(answer.body.errors[0].message);
    }
    assert.equal(texts.size, 3);
    assert.equal(await documentCount(), before);
  });

  const refused = [
    ['no XML', 'documents.xml_malformed', 400, '{"kind":"aggregation"}'],
    ['a DOCTYPE', 'documents.xml_doctype', 400, '<!DOCTYPE d><d/>'],
    ['nothing', 'request.body_missing', 400, ''],
  ] as const;
  for (const [what, code, status, body] of refused) {
    it(`are refused for ${what}`, async () => {
      const answer = await send(body);
      assert.deepEqual([answer.status, answer.body.code], [status, code]);
    });
  }

  it('fail by the logic that the schema cannot say, as in JSON', async () => {
    const body = { sscc: '348700000000000018', codes: await goods(1) };
    const inXml = await send(toXml({ kind: 'aggregation', body }));
    const inJson = await hub.call('POST', PATH, { as: 'manufacturer', body: { kind: 'aggregation', body } });
    assert.equal(inXml.body.code, 'aggregation.sscc_malformed');
    assert.deepEqual(PATHS_OF(inXml), PATHS_OF(inJson));
  });

  it('may not be sent by whoever may not send them in JSON', async () => {
    const ground = { kind: 'order', number: '1', date: '2026-03-01' };
    const body = { reason: 'SAFETY', ground, codes: await goods(1) };
    const answer = await send(toXml({ kind: 'blocking', body }));
    assert.deepEqual([answer.status, PATHS_OF(answer)], [403, [['documents.kind_not_yours', '/kind']]]);
  });

  it('are followed by others in JSON as if they were one form', async () => {
    const [codes, sscc] = [await goods(2), newSscc()];
    await send(toXml({ kind: 'aggregation', body: { sscc, codes } }));
    const { status } = await submitDocument(hub, 'disaggregation', { sscc });
    assert.equal(status, 'accepted');
    assert.deepEqual(
      (await rowsOf(codes)).map(({ parent }) => parent),
      [null, null],
    );
  });
});
