import Type from 'typebox';
import { seesEverything } from '../access/permissions.ts';
import type { Asker, CodeQueries } from '../core/codes/code-queries.ts';
import { TanbaError } from '../core/errors.ts';
import { CODE_HOLDS, CODE_STATUSES, CODE_TYPES } from '../core/lifecycle/transitions.ts';
import { nullable } from './nullable.ts';
import type { AnyRoute, RouteRequest } from './route.ts';
import { route } from './route.ts';

export const CodeView = Type.Object({
  cis: Type.String(),
  gtin: nullable(Type.String()),
  type: Type.Union(CODE_TYPES.map((name) => Type.Literal(name))),
  status: Type.Union(CODE_STATUSES.map((name) => Type.Literal(name))),
  hold: Type.Union(CODE_HOLDS.map((name) => Type.Literal(name))),
  reason: nullable(Type.String()),
  productionDate: nullable(Type.String()),
  expiryDate: nullable(Type.String()),
  batch: nullable(Type.String()),
  owner: Type.Optional(nullable(Type.String({ description: 'Only for the owner and authorities.' }))),
  parent: Type.Optional(nullable(Type.String())),
  root: Type.Optional(nullable(Type.String())),
  closed: Type.Optional(Type.Boolean({ description: 'Packages: broken up, gone or emptied.' })),
  replacedBy: Type.Optional(Type.String({ description: 'The code that the goods were re-marked with; not in lists.' })),
  replaces: Type.Optional(Type.String({ description: 'The code that the goods had before; not in lists.' })),
});

const HistoryEvent = Type.Object(
  {
    event: Type.String(),
    recordedAt: Type.String(),
    occurredAt: Type.String(),
    actor: nullable(Type.String()),
    counterparty: nullable(Type.String({ description: 'The other side of a delivery.' })),
    status: Type.String(),
    place: nullable(Type.Object({ name: Type.String(), kato: Type.String() })),
  },
  { additionalProperties: true },
);

const Cis = Type.Object({ cis: Type.String({ minLength: 1, maxLength: 512 }) });

export function codeRoutes(queries: CodeQueries, codesPerQuery: number): AnyRoute[] {
  const common = { tag: 'codes', access: 'codes' } as const;
  return [
    route({
      ...common,
      method: 'get',
      path: '/api/v1/codes/:cis',
      operationId: 'getCode',
      summary: 'State of a code',
      description: 'The code percent-encoded, with or without its verification part.',
      params: Cis,
      responses: { 200: { description: 'The code', schema: CodeView } },
      handle: async (request) => ({ status: 200, body: await queries.one(askerOf(request), request.params.cis) }),
    }),
    route({
      ...common,
      method: 'get',
      path: '/api/v1/codes/:cis/history',
      operationId: 'getCodeHistory',
      summary: 'What happened to a code, oldest first',
      description:
        'Everything for authorities; for the owner every step, with the names of its own deals only; own deals for others.',
      params: Cis,
      responses: {
        200: {
          description: 'The events',
          schema: Type.Object({ cis: Type.String(), events: Type.Array(HistoryEvent) }),
        },
      },
      handle: async (request) => ({ status: 200, body: await queries.history(askerOf(request), request.params.cis) }),
    }),
    route({
      ...common,
      method: 'post',
      path: '/api/v1/codes/query',
      operationId: 'queryCodes',
      summary: `States of up to ${codesPerQuery} codes`,
      body: Type.Object(
        { codes: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { minItems: 1 }) },
        { additionalProperties: false },
      ),
      responses: {
        200: {
          description: 'The codes that exist, in the order asked, and those that do not',
          schema: Type.Object({ codes: Type.Array(CodeView), unknown: Type.Array(Type.String()) }),
        },
      },
      handle: async (request) => {
        const { codes } = request.body;
        if (codes.length > codesPerQuery) {
          throw new TanbaError('codes.too_many', { path: '/codes', details: { limit: codesPerQuery } });
        }
        return { status: 200, body: await queries.query(askerOf(request), codes) };
      },
    }),
  ];
}

function askerOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): Asker {
  return { bin: principal.bin, seesEverything: seesEverything(principal), ip };
}
