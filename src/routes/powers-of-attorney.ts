import Type from 'typebox';
import { DELEGABLE } from '../access/permissions.ts';
import type { PowerOfAttorney, PowersOfAttorney, Side } from '../core/participants/powers-of-attorney.ts';
import { nullable } from './nullable.ts';
import {
  After,
  BASE,
  Bin,
  closed,
  Instant,
  Limit,
  nextAfter,
  PaperNumber,
  pageOf,
  Time,
  timeOf,
  Uuid,
} from './participant-schemas.ts';
import { type AnyRoute, type RouteRequest, route } from './route.ts';

export interface PowerRoutesDeps {
  readonly powers: PowersOfAttorney;
}

const BODY_BYTES = 16_384;
const PATH = `${BASE}/me/powers-of-attorney`;
const common = { tag: 'participants', access: 'participants' } as const;

const Scope = Type.Array(Type.Enum([...DELEGABLE]), { maxItems: DELEGABLE.length, uniqueItems: true });

const PowerBody = Type.Object(
  {
    provider: Type.String({ pattern: '^[0-9]{12}$', description: 'BIN or IIN of a service provider.' }),
    number: PaperNumber,
    scope: Scope,
    validFrom: Instant,
    validTo: Type.String({ ...Instant, description: 'Not included; at most three years later.' }),
  },
  closed,
);

const PowerAnswer = Type.Object({
  poaId: Uuid,
  principal: Bin,
  provider: Type.String(),
  number: Type.String(),
  scope: Scope,
  validFrom: Time,
  validTo: Time,
  registeredAt: Time,
  revokedAt: nullable(Time),
  revokedBy: nullable(Type.String()),
});

/** Powers of attorney, as their two sides keep them. */
export function powerRoutes({ powers }: PowerRoutesDeps): AnyRoute[] {
  return [
    route({
      ...common,
      method: 'get',
      path: PATH,
      operationId: 'listPowersOfAttorney',
      summary: 'Powers of attorney that you gave or were given, oldest first',
      query: Type.Object({ after: After, limit: Limit }, closed),
      responses: {
        200: {
          description: 'A page',
          schema: Type.Object({ powers: Type.Array(PowerAnswer), next: nullable(Uuid) }),
        },
      },
      handle: async (request) => {
        const page = pageOf(request.query);
        const found = await powers.list(request.principal.bin, page);
        const next = nextAfter(found, page.limit, ({ poaId }) => poaId);
        return { status: 200, body: { powers: found.map(powerAnswer), next } };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: PATH,
      operationId: 'registerPowerOfAttorney',
      summary: 'Let a service provider act for you',
      description: 'In what you may do yourself. Another power of the same provider stands beside it.',
      body: PowerBody,
      bodyLimitBytes: BODY_BYTES,
      responses: { 201: { description: 'The power of attorney', schema: PowerAnswer } },
      handle: async (request) => {
        const { validFrom, validTo, ...power } = request.body;
        const period = { validFrom: timeOf('/validFrom', validFrom), validTo: timeOf('/validTo', validTo) };
        return { status: 201, body: powerAnswer(await powers.register(sideOf(request), { ...power, ...period })) };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${PATH}/:id/revoke`,
      operationId: 'revokePowerOfAttorney',
      summary: 'Revoke a power of attorney, by either side',
      description: 'Other hubs notice within 15 seconds.',
      params: Type.Object({ id: Uuid }),
      responses: { 200: { description: 'The power of attorney', schema: PowerAnswer } },
      handle: async (request) => {
        const revoked = await powers.revoke(sideOf(request), request.params.id);
        return { status: 200, body: powerAnswer(revoked) };
      },
    }),
  ];
}

function sideOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): Side {
  return { bin: principal.bin, role: principal.role, ip };
}

function powerAnswer({ validFrom, validTo, registeredAt, revokedAt, ...power }: PowerOfAttorney) {
  return {
    ...power,
    validFrom: validFrom.toISOString(),
    validTo: validTo.toISOString(),
    registeredAt: registeredAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
