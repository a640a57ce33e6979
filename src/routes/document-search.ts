import Type from 'typebox';
import { DocumentSearch, documentFilterOf } from '../core/documents/document-filter.ts';
import { FOUND_STATUSES, searchDocuments } from '../core/documents/document-search.ts';
import { DOCUMENT_KINDS } from '../core/documents/kinds.ts';
import type { Queryable } from '../store/database.ts';
import { nullable } from './nullable.ts';
import { type AnyRoute, route } from './route.ts';

const PAGE_DEFAULT = 100;
export const PAGE_MAX = 1_000;

const Time = Type.String({ format: 'date-time', maxLength: 40 });

export const Paging = {
  after: Type.Optional(Type.String({ format: 'uuid', description: '`next` of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
};

const FoundDocument = Type.Object({
  documentId: Type.String({ format: 'uuid' }),
  kind: Type.Enum([...DOCUMENT_KINDS]),
  status: Type.Enum([...FOUND_STATUSES]),
  sender: Type.String(),
  receiver: nullable(Type.String()),
  number: nullable(Type.String()),
  codeCount: nullable(Type.Integer()),
  errorCount: Type.Integer(),
  receivedAt: Time,
  completedAt: nullable(Time),
});

export function documentSearchRoutes(db: Queryable): AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/documents',
      operationId: 'searchDocuments',
      tag: 'documents',
      summary: 'One’s own documents, or shipments to oneself, newest first',
      description: 'What arrives while pages are read stands before them: nothing is shown twice, nothing left out.',
      access: 'codes',
      query: Type.Object({ ...DocumentSearch.properties, ...Paging }),
      responses: {
        200: {
          description: 'A page; `next` is the following page’s `after`, null on the last',
          schema: Type.Object({ documents: Type.Array(FoundDocument), next: nullable(Type.String()) }),
        },
      },
      handle: async ({ principal, query }) => {
        const { after = null, limit = PAGE_DEFAULT, ...filter } = query;
        const found = await searchDocuments(db, principal.bin, documentFilterOf(filter, '/query'), { after, limit });
        const documents = found.map((document) => ({
          ...document,
          receivedAt: document.receivedAt.toISOString(),
          completedAt: document.completedAt?.toISOString() ?? null,
        }));
        return {
          status: 200,
          body: { documents, next: found.length === limit ? (found.at(-1)?.documentId ?? null) : null },
        };
      },
    }),
  ];
}
