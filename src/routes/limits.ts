import Type from 'typebox';
import type { Limits } from '../config.ts';
import { errorTable } from '../core/errors.ts';
import { type AnyRoute, route } from './route.ts';

/** What the hub publishes about itself: its limits, and every error that it can answer with. */
export function limitRoutes(limits: Limits): AnyRoute[] {
  const errors = Object.entries(errorTable).map(([code, { kind, kk, ru, en }]) => ({
    code,
    kind,
    texts: { kk, ru, en },
  }));
  const common = { method: 'get', tag: 'reference', access: 'public' } as const;
  return [
    route({
      ...common,
      path: '/api/v1/limits',
      operationId: 'limits',
      summary: 'How much may be sent',
      responses: {
        200: {
          description: 'Every limit by its name',
          schema: Type.Object(Object.fromEntries(Object.keys(limits).map((name) => [name, Type.Integer()]))),
        },
      },
      handle: async () => ({ status: 200, body: limits }),
    }),
    route({
      ...common,
      path: '/api/v1/errors',
      operationId: 'errors',
      summary: 'Every error code with its texts',
      responses: { 200: { description: 'All of them', schema: ERRORS } },
      handle: async () => ({ status: 200, body: { errors } }),
    }),
  ];
}

const ERRORS = Type.Object({
  errors: Type.Array(
    Type.Object({
      code: Type.String(),
      kind: Type.String(),
      texts: Type.Object({ kk: Type.String(), ru: Type.String(), en: Type.String() }),
    }),
  ),
});
