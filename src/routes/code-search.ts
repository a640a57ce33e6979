import Type from 'typebox';
import { seesEverything } from '../access/permissions.ts';
import { CodeSearchFilter, codeFilterOf } from '../core/codes/code-filter.ts';
import type { CodeSearch, FoundCode } from '../core/codes/code-search.ts';
import { CodeView } from './codes.ts';
import { type AnyRoute, route } from './route.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

const ListedCode = Type.Object({
  place: Type.Optional(Type.Integer({ description: '0-based place in the document.' })),
  ...CodeView.properties,
});

export function codeSearchRoutes(search: CodeSearch): AnyRoute[] {
  return [
    contentRoute(search),
    route({
      method: 'get',
      path: '/api/v1/codes',
      operationId: 'searchCodes',
      tag: 'codes',
      summary: 'Codes in a package, of a document or of an order, with their present states',
      description:
        'Exactly one of `parent` (what lies directly in the package: its owner, the receiver of the shipment that it is ' +
        'under way with, authorities), `document` (in its order) and `order` (what has been handed over).',
      access: 'codes',
      query: Type.Object({
        ...CodeSearchFilter.properties,
        after: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: '`next` of the page before.' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
      }),
      responses: {
        200: {
          description: 'A page; `unknown` is what is no code or not there; `next` is the following page’s `after`',
          schema: Type.Object({
            codes: Type.Array(ListedCode),
            unknown: Type.Array(Type.Object({ place: Type.Integer(), text: Type.String() })),
            next: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
      handle: async ({ principal, ip, query }) => {
        const { after = null, limit = PAGE_DEFAULT, ...filter } = query;
        const asker = { bin: principal.bin, seesEverything: seesEverything(principal), ip };
        const { codes, next } = await search.page(asker, codeFilterOf(filter, '/query'), after, limit);
        return { status: 200, body: { codes: codes.flatMap(known), unknown: codes.flatMap(unknown), next } };
      },
    }),
  ];
}

function contentRoute(search: CodeSearch): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/codes/:cis/content',
    operationId: 'getPackageContent',
    tag: 'codes',
    summary: 'How many units of which goods are inside a package, on all levels',
    description: 'For its owner, the receiver of the shipment that it is under way with, and authorities.',
    access: 'codes',
    params: Type.Object({
      cis: Type.String({ minLength: 1, maxLength: 24, description: 'SSCC, with or without AI 00.' }),
    }),
    responses: {
      200: {
        description: 'The content',
        schema: Type.Object({
          cis: Type.String(),
          units: Type.Integer(),
          packages: Type.Integer({ description: 'Packages inside.' }),
          levels: Type.Integer({ description: 'Levels of packages inside; 0: units only.' }),
          mixed: Type.Boolean({ description: 'Goods of several product groups.' }),
          products: Type.Array(
            Type.Object({
              gtin: Type.String(),
              productGroup: Type.Union([Type.String(), Type.Null()]),
              units: Type.Integer(),
            }),
          ),
        }),
      },
    },
    handle: async ({ principal, ip, params }) => {
      const asker = { bin: principal.bin, seesEverything: seesEverything(principal), ip };
      return { status: 200, body: await search.content(asker, params.cis) };
    },
  });
}

function known({ place, view }: FoundCode): object[] {
  if (view === null) return [];
  return [place === null ? view : { place, ...view }];
}

function unknown({ place, text, view }: FoundCode): object[] {
  return view === null ? [{ place: place ?? 0, text }] : [];
}
