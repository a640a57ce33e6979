import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import Type from 'typebox';
import { curlExample, docsPage, docsRoutes } from '../../src/routes/docs-page.ts';
import { healthRoutes } from '../../src/routes/health.ts';
import { createMetrics, metricsRoutes } from '../../src/routes/metrics.ts';
import { type JsonSchema, type OpenApiDocument, openApiDocument } from '../../src/routes/openapi.ts';
import { type AnyRoute, route } from '../../src/routes/route.ts';
import { sampleOf } from '../../src/routes/schema-sample.ts';
import { startServer } from './support.ts';

const ORDER = Type.Object({ gtin: Type.String({ pattern: '^[0-9]{14}$' }), quantity: Type.Integer({ minimum: 1 }) });

const ROUTES: readonly AnyRoute[] = [
  ...healthRoutes({ checks: [], isStopping: () => false }),
  ...metricsRoutes(createMetrics()),
  route({
    method: 'post',
    path: '/api/v1/orders/:orderId/lines',
    operationId: 'addLine',
    tag: "o'rders",
    summary: 'Add <b>a line</b> & more',
    description: "Don't <script>alert(1)</script>",
    access: 'orders',
    params: Type.Object({ orderId: Type.String({ format: 'uuid' }) }),
    query: Type.Object({ dry: Type.Optional(Type.Boolean({ description: 'Only "check"' })), mode: Type.String() }),
    body: ORDER,
    streamTypes: ['application/x-ndjson'],
    headers: [{ name: 'Idempotency-Key', description: 'A key of yours.', schema: Type.String({ maxLength: 255 }) }],
    responses: { 201: { description: 'Added', schema: Type.Object({ lineId: Type.Integer() }) } },
    handle: async () => ({ status: 201, body: { lineId: 1 } }),
  }),
];

function schemasOf(document: OpenApiDocument): readonly JsonSchema[] {
  const found: JsonSchema[] = [];
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    found.push(...operation.parameters.map(({ schema }) => schema));
    const contents = [operation.requestBody, ...Object.values(operation.responses)].map((holder) => holder?.content);
    found.push(...contents.flatMap((content) => Object.values(content ?? {}).map(({ schema }) => schema)));
  }
  return found;
}

describe('the OpenAPI document', () => {
  const document = openApiDocument(ROUTES, '1.2.3');
  const operation = document.paths['/api/v1/orders/{orderId}/lines']?.['post'];

  it('has every route', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    assert.deepEqual(
      operations.map(({ operationId }) => operationId).sort(),
      ROUTES.map(({ operationId }) => operationId).sort(),
    );
  });

  it('has a parameter for each placeholder of a path', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(methods)) {
        const declared = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        assert.deepEqual(declared, placeholders);
      }
    }
  });

  it('has schemas that compile, and references that lead somewhere', () => {
    const ajv = new Ajv2020({ strict: true });
    ajvFormats.default(ajv);
    ajv.addVocabulary(['components', 'openapi', 'info', 'servers', 'tags', 'paths']);
    ajv.addSchema({ ...document, $id: 'openapi' });
    for (const schema of schemasOf(document)) {
      ajv.compile(schema.$ref === undefined ? schema : { $ref: `openapi${schema.$ref}` });
    }
  });

  it('tells of parameters, headers, the body and its other media types', () => {
    assert.deepEqual(
      operation?.parameters.map(({ name, in: place, required }) => [name, place, required]),
      [
        ['orderId', 'path', true],
        ['dry', 'query', false],
        ['mode', 'query', true],
        ['Idempotency-Key', 'header', false],
        ['Tanba-On-Behalf-Of', 'header', false],
      ],
    );
    assert.deepEqual(Object.keys(operation?.requestBody?.content ?? {}), ['application/json', 'application/x-ndjson']);
  });

  it('tells that nobody acts for others where nobody is asked who it is', () => {
    assert.deepEqual(document.paths['/health/live']?.['get']?.parameters, []);
  });

  it('tells which operations need a key, and how all of them refuse', () => {
    assert.deepEqual(operation?.security, [{ bearer: [] }]);
    assert.deepEqual(document.paths['/health/live']?.['get']?.security, []);
    assert.deepEqual(Object.keys(operation?.responses ?? {}), ['201', '400', '401', '403', '413', '415', 'default']);
    assert.deepEqual(operation?.responses['default']?.content, {
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    });
  });
});

describe('the documentation page', () => {
  const page = docsPage(openApiDocument(ROUTES, '1.2.3'), true);

  it('escapes whatever it is told', () => {
    assert.ok(!page.includes('<script'));
    assert.ok(page.includes('Add &lt;b&gt;a line&lt;/b&gt; &amp; more'));
    assert.ok(page.includes('Only &quot;check&quot;'));
  });

  it('shows every operation, and leads to each', () => {
    for (const { operationId } of ROUTES) {
      assert.ok(page.includes(`<article id="${operationId}">`), operationId);
      assert.ok(page.includes(`href="#${operationId}"`), operationId);
    }
  });

  it('needs nothing from elsewhere and nothing inline', () => {
    assert.doesNotMatch(page, /(?:src|href)="(?:https?:)?\/\//);
    assert.doesNotMatch(page, /<style|style="|\son\w+="/);
  });

  it('says when it is a demo', () => {
    assert.match(page, /This is a demo/);
    assert.doesNotMatch(docsPage(openApiDocument(ROUTES, '1'), false), /This is a demo/);
  });

  it('gives an example that can be pasted', () => {
    const document = openApiDocument(ROUTES, '1');
    const path = '/api/v1/orders/{orderId}/lines';
    const operation = document.paths[path]?.['post'];
    assert.ok(operation);
    const id = '01936b8e-7c00-7000-8000-000000000000';
    assert.equal(
      curlExample({ method: 'post', path, operation }).replaceAll(/\s+/g, ' '),
      `curl "$TANBA/api/v1/orders/${id}/lines?mode=%E2%80%A6" \\ -H "Authorization: Bearer $KEY" \\ ` +
        `-H 'Content-Type: application/json' \\ --data '{ "gtin": "04870000100019", "quantity": 1 }'`,
    );
  });

  it('has samples that its own schemas accept', () => {
    assert.ok(new Ajv2020().compile(ORDER)(sampleOf(ORDER)));
  });

  it('is served under a policy that allows no script, with its style sheet', async () => {
    const server = await startServer([...ROUTES, ...docsRoutes(ROUTES, true)]);
    const served = await fetch(`${server.baseUrl}/api/docs`);
    const style = await fetch(`${server.baseUrl}/api/docs/style.css`);
    const document = await (await fetch(`${server.baseUrl}/api/openapi.json`)).text();
    await server.stop();
    assert.match(served.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(served.headers.get('content-security-policy') ?? '', /default-src 'self'/);
    assert.match(style.headers.get('content-type') ?? '', /^text\/css/);
    assert.match(document, /^{"openapi":"3.1.0"/);
  });
});
