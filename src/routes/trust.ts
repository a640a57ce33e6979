import Type from 'typebox';
import type { Trust, TrustAsker } from '../core/catalogue/trust.ts';
import { type AnyRoute, type RouteRequest, route } from './route.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;
/** A bound against abuse only; what a GTIN is the core says. */
const TEXT_MAX = 255;

const Gtin = Type.String({ maxLength: TEXT_MAX });
const Bin = Type.String({ pattern: '^[0-9]{12}$' });
const common = { tag: 'catalogue', access: 'catalogue' } as const;

/** Whom the owner of a GTIN lets order codes for it. */
export function trustRoutes(trust: Trust, base: string): AnyRoute[] {
  return [
    route({
      ...common,
      method: 'get',
      path: base,
      operationId: 'listTrusted',
      summary: 'Who may order codes for the GTIN besides its owner',
      params: Type.Object({ gtin: Gtin }),
      query: Type.Object({
        after: Type.Optional(Type.String({ pattern: '^[0-9]{12}$', description: '`next` of the page before.' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
      }),
      responses: {
        200: {
          description: 'A page, in the order of BINs',
          schema: Type.Object({
            trusted: Type.Array(Type.Object({ bin: Bin, grantedAt: Type.String({ format: 'date-time' }) })),
            next: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
      handle: async (request) => {
        const { after = null, limit = PAGE_DEFAULT } = request.query;
        const found = await trust.page(askerOf(request), request.params.gtin, after, limit);
        const trusted = found.map(({ bin, grantedAt }) => ({ bin, grantedAt: grantedAt.toISOString() }));
        const next = found.length === limit ? (found.at(-1)?.bin ?? null) : null;
        return { status: 200, body: { trusted, next } };
      },
    }),
    route({
      ...common,
      method: 'put',
      path: `${base}/:bin`,
      operationId: 'grantTrust',
      summary: 'Let a participant order codes for the GTIN',
      description: 'The codes belong to whoever orders them. Trusting again changes nothing.',
      params: Type.Object({ gtin: Gtin, bin: Bin }),
      responses: { 204: { description: 'Trusted' } },
      handle: async (request) => {
        await trust.grant(askerOf(request), request.params.gtin, request.params.bin);
        return { status: 204 };
      },
    }),
    route({
      ...common,
      method: 'delete',
      path: `${base}/:bin`,
      operationId: 'revokeTrust',
      summary: 'Withdraw that trust; codes already ordered stay',
      params: Type.Object({ gtin: Gtin, bin: Bin }),
      responses: { 204: { description: 'Withdrawn' } },
      handle: async (request) => {
        await trust.revoke(askerOf(request), request.params.gtin, request.params.bin);
        return { status: 204 };
      },
    }),
  ];
}

function askerOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): TrustAsker {
  return { bin: principal.bin, ip };
}
