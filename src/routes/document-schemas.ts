import { createHash } from 'node:crypto';
import Type from 'typebox';
import { jsonSchemaOf } from '../core/documents/document-schema.ts';
import { DOCUMENT_KINDS, KINDS } from '../core/documents/kinds.ts';
import { DOCUMENTS_NAMESPACE, xsdOf } from '../core/documents/xml/xsd.ts';
import { TanbaError } from '../core/errors.ts';
import { IF_NONE_MATCH, matchesTag } from './etag.ts';
import { type AnyRoute, route } from './route.ts';

const PATH = '/api/v1/documents/schemas';
/** They change with the program only, and then one wants to know. */
const CACHED = 'public, max-age=300';
const common = { method: 'get', tag: 'documents', access: 'public' } as const;

/** The form of every kind of document, for JSON and for XML, for everybody. */
export function documentSchemaRoutes(): AnyRoute[] {
  return [listRoute(), fileRoute()];
}

function listRoute(): AnyRoute {
  const kinds = DOCUMENT_KINDS.map((kind) => ({
    kind,
    summary: KINDS[kind].summary,
    jsonSchema: `${PATH}/${kind}.json`,
    xsd: `${PATH}/${kind}.xsd`,
  }));
  return route({
    ...common,
    path: PATH,
    operationId: 'documentSchemas',
    summary: 'The kinds of documents, with their schemas',
    responses: {
      200: {
        description: 'Each kind with where its JSON Schema and its XSD are',
        schema: Type.Object({
          namespace: Type.String({ description: 'Of all documents in XML.' }),
          kinds: Type.Array(
            Type.Object({
              kind: Type.String(),
              summary: Type.String(),
              jsonSchema: Type.String(),
              xsd: Type.String(),
            }),
          ),
        }),
      },
    },
    handle: async () => ({
      status: 200,
      headers: { 'Cache-Control': CACHED },
      body: { namespace: DOCUMENTS_NAMESPACE, kinds },
    }),
  });
}

interface SchemaFile {
  readonly contentType: string;
  readonly text: string;
  readonly etag: string;
}

function fileRoute(): AnyRoute {
  const files = new Map(
    DOCUMENT_KINDS.flatMap((kind) => [
      [`${kind}.xsd`, schemaFile('application/xml', xsdOf(kind))],
      [`${kind}.json`, schemaFile('application/schema+json', `${JSON.stringify(jsonSchemaOf(kind), null, 2)}\n`)],
    ]),
  );
  return route({
    ...common,
    path: `${PATH}/:file`,
    operationId: 'documentSchema',
    summary: 'The schema of one kind of document',
    description: '`<kind>.xsd` is an XSD 1.0, `<kind>.json` a JSON Schema 2020-12.',
    params: Type.Object({ file: Type.String({ maxLength: 100 }) }),
    headers: [IF_NONE_MATCH],
    responses: {
      200: { description: 'The schema', contentType: 'application/xml' },
      304: { description: 'It is what one has' },
      404: { description: 'There is no such schema' },
    },
    handle: async ({ params: { file }, headers }) => {
      const found = files.get(file);
      if (found === undefined) throw new TanbaError('documents.schema_not_found', { details: { file } });
      const { contentType, text, etag } = found;
      const kept = { ETag: etag, 'Cache-Control': CACHED };
      if (matchesTag(headers['if-none-match'], etag)) return { status: 304, headers: kept };
      return { status: 200, headers: kept, contentType, body: text };
    },
  });
}

function schemaFile(contentType: string, text: string): SchemaFile {
  return { contentType, text, etag: `"${createHash('sha256').update(text).digest('hex')}"` };
}
