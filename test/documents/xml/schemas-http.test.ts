import assert from 'node:assert/strict';
import { DOCUMENT_KINDS } from '../../../src/core/documents/kinds.ts';
import { xsdOf } from '../../../src/core/documents/xml/xsd.ts';
import type { TestDatabase } from '../../support/database.ts';
import { createTestDatabase } from '../../support/database.ts';
import type { Json, TestHub } from '../../support/hub.ts';
import { startTestHub } from '../../support/hub.ts';

const PATH = '/api/v1/documents/schemas';

describe('the schemas of documents over HTTP', () => {
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

  it('are listed to anybody, all kinds', async () => {
    const { status, body } = await hub.call('GET', PATH);
    assert.deepEqual([status, body.namespace], [200, 'urn:tanba:documents:1']);
    assert.deepEqual(
      body.kinds.map(({ kind }: Json) => kind),
      DOCUMENT_KINDS,
    );
  });

  it('are where the list says', async () => {
    const { body } = await hub.call('GET', PATH);
    for (const { jsonSchema, xsd } of body.kinds) {
      assert.equal((await hub.call('GET', jsonSchema)).status, 200, jsonSchema);
      assert.equal((await hub.call('GET', xsd)).status, 200, xsd);
    }
  });

  it('are XSD for XML', async () => {
    const { headers, text } = await hub.call('GET', `${PATH}/aggregation.xsd`);
    assert.deepEqual([headers.get('content-type'), text], ['application/xml', xsdOf('aggregation')]);
  });

  it('are JSON Schema for JSON, codes included', async () => {
    const { headers, text } = await hub.call('GET', `${PATH}/aggregation.json`);
    assert.equal(headers.get('content-type'), 'application/schema+json');
    assert.deepEqual(JSON.parse(text), {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:tanba:documents:1:aggregation',
      title: 'aggregation',
      description: 'Packing: the codes are now inside the transport package with this SSCC.',
      type: 'object',
      required: ['kind', 'body'],
      properties: {
        kind: { type: 'string', const: 'aggregation' },
        body: {
          type: 'object',
          required: ['sscc', 'codes'],
          properties: {
            sscc: {
              type: 'string',
              minLength: 1,
              maxLength: 24,
              description: 'SSCC, 18 digits, with or without AI 00.',
            },
            placeId: {
              type: 'string',
              pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
              description: 'One’s own place of business where it happened.',
            },
            codes: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 512 }, minItems: 1 },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    });
  });

  it('are answered with 304 to whoever has them', async () => {
    const { headers } = await hub.call('GET', `${PATH}/shipment.xsd`);
    const etag = headers.get('etag') ?? assert.fail();
    const again = await hub.call('GET', `${PATH}/shipment.xsd`, { headers: { 'if-none-match': etag } });
    assert.deepEqual([again.status, again.text, again.headers.get('etag')], [304, '', etag]);
    const other = await hub.call('GET', `${PATH}/shipment.json`, { headers: { 'if-none-match': etag } });
    assert.equal(other.status, 200);
  });

  for (const file of ['shipment', 'shipment.yaml', 'nothing.xsd', '__proto__.xsd', 'errors']) {
    it(`are not there under the name ${file}`, async () => {
      const { status, body } = await hub.call('GET', `${PATH}/${file}`);
      assert.deepEqual([status, body.code], [404, 'documents.schema_not_found']);
    });
  }

  it('do not hide the documents by their id', async () => {
    const { body } = await hub.call('GET', '/api/v1/documents/0190a5a0-0000-7000-8000-000000000000', {
      as: 'manufacturer',
    });
    assert.equal(body.code, 'documents.not_found');
  });
});
