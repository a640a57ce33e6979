import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import type { Role } from '../../src/access/permissions.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes } from '../support/goods.ts';
import type { Answer, TestHub } from '../support/hub.ts';
import { demoGoods, startTestHub, submitDocument } from '../support/hub.ts';

const XSD = new URL('../../schemas/accompanying-1.xsd', import.meta.url);
const PDF = { accept: 'application/pdf' };

describe('accompanying documents over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;
  let shipmentId: string;
  let codes: string[];

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url });
    codes = await emitCodes(store.db, 3, {
      ...demoGoods(hub),
      owner: hub.binOf('manufacturer'),
      status: 'in_circulation',
    });
    shipmentId = await ship('ТТН № 17/ab "x"\\..', codes);
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  async function ship(number: string, shipped: readonly string[]): Promise<string> {
    const goods = [{ gtin: demoGoods(hub).gtin, quantity: shipped.length, priceTiyn: 1_050, vatPercent: 16 }];
    const header = { receiver: hub.binOf('retailer'), number, date: '2026-01-12', goods };
    const { documentId, status, errors } = await submitDocument(hub, 'shipment', { ...header, codes: shipped });
    assert.equal(status, 'accepted', JSON.stringify(errors));
    return documentId;
  }

  const get = (
    as: Role,
    headers: Readonly<Record<string, string>> = {},
    query = '',
    id = shipmentId,
  ): Promise<Answer> => hub.call('GET', `/api/v1/transfers/${id}/accompanying${query}`, { as, headers });

  const titleOf = ({ text }: Answer): string | undefined => /<title>(.*?)<\/title>/.exec(text)?.[1];

  async function disclosures(): Promise<number> {
    const { rows } = await store.db.query<{ details: object }>(
      `select details from audit where action = 'transfer.disclosed' and subject = $1`,
      [shipmentId],
    );
    return rows.length;
  }

  for (const role of ['manufacturer', 'retailer'] as const) {
    const side = role === 'manufacturer' ? 'sender' : 'receiver';
    for (const [lang, title] of [
      ['kk', 'Ілеспе құжат'],
      ['ru', 'Сопроводительный документ'],
    ] as const) {
      it(`are XML for the ${side} in ${lang}`, async () => {
        const answer = await get(role, {}, `?lang=${lang}`);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.headers.get('content-type'), 'application/xml; charset=utf-8');
        assert.equal(answer.headers.get('content-language'), lang);
        assert.equal(titleOf(answer), title);
      });

      it(`are PDF for the ${side} in ${lang}`, async () => {
        const answer = await get(role, PDF, `?lang=${lang}`);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.headers.get('content-type'), 'application/pdf');
        assert.equal(answer.headers.get('content-language'), lang);
        assert.match(answer.text, /^%PDF-/);
        assert.match(answer.text, new RegExp(`/Lang \\(${lang}\\)`));
      });
    }
  }

  it('fit the schema, with every code', async () => {
    const { text } = await get('retailer');
    const schema = XmlDocument.fromString(readFileSync(XSD, 'utf8'));
    const validator = XsdValidator.fromDoc(schema);
    const parsed = XmlDocument.fromString(text);
    validator.validate(parsed);
    for (const each of [parsed, validator, schema]) each.dispose();
    const listed = [...text.matchAll(/<code outcome="awaiting">(.*?)<\/code>/g)].map(([, cis]) => cis);
    assert.deepEqual(listed, codes);
  });

  it('come in the language of Accept-Language', async () => {
    assert.equal(titleOf(await get('retailer', { 'accept-language': 'en, kk;q=0.7, ru;q=0.3' })), 'Ілеспе құжат');
  });

  it('come in Russian where no language of theirs is asked for', async () => {
    assert.equal(titleOf(await get('retailer', { 'accept-language': 'en' })), 'Сопроводительный документ');
  });

  it('are asked for in kk or ru only', async () => {
    const { status, body } = await get('retailer', {}, '?lang=en');
    assert.deepEqual([status, body.code, body.errors[0].path], [400, 'request.invalid', '/query/lang']);
  });

  it('are files with a name that is safe anywhere', async () => {
    const name = (answer: Answer) => answer.headers.get('content-disposition');
    assert.equal(name(await get('retailer')), 'attachment; filename="accompanying-17-ab-x.xml"');
    assert.equal(name(await get('retailer', PDF)), 'attachment; filename="accompanying-17-ab-x.pdf"');
  });

  it('are named by the shipment where its number has nothing safe', async () => {
    const one = await emitCodes(store.db, 1, {
      ...demoGoods(hub),
      owner: hub.binOf('manufacturer'),
      status: 'in_circulation',
    });
    const id = await ship('№', one);
    const { headers } = await get('retailer', {}, '', id);
    assert.equal(headers.get('content-disposition'), `attachment; filename="accompanying-${id}.xml"`);
  });

  for (const role of ['importer', 'wholesaler', 'ofd'] as const) {
    for (const headers of [{}, PDF]) {
      it(`do not exist for a third party, a ${role}, asking for ${headers === PDF ? 'PDF' : 'XML'}`, async () => {
        const { status, body } = await get(role, headers);
        assert.deepEqual([status, body.code], [404, 'transfers.not_found']);
      });
    }
  }

  for (const role of ['authority', 'operator'] as const) {
    for (const headers of [{}, PDF]) {
      it(`are disclosed to the ${role} as ${headers === PDF ? 'PDF' : 'XML'}, which leaves its trace`, async () => {
        const before = await disclosures();
        assert.equal((await get(role, headers)).status, 200);
        assert.equal(await disclosures(), before + 1);
      });
    }
  }

  it('do not exist of a shipment that there is not', async () => {
    const { status, body } = await get('manufacturer', {}, '', '00000000-0000-7000-8000-000000000000');
    assert.deepEqual([status, body.code], [404, 'transfers.not_found']);
  });

  it('are found by an id in capitals, and name it as it is', async () => {
    const { status, text } = await get('manufacturer', {}, '', shipmentId.toUpperCase());
    assert.equal(status, 200);
    assert.ok(text.includes(`shipmentId="${shipmentId}"`));
  });

  it('are not given out without a key', async () => {
    const { status } = await hub.call('GET', `/api/v1/transfers/${shipmentId}/accompanying`);
    assert.equal(status, 401);
  });

  it('stand in the description of the API with both media types', async () => {
    const { body } = await hub.call('GET', '/api/openapi.json');
    const { content } = body.paths['/api/v1/transfers/{id}/accompanying'].get.responses['200'];
    assert.deepEqual(Object.keys(content), ['application/xml', 'application/pdf']);
  });
});
