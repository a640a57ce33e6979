import Type from 'typebox';
import type { OperatorDesk } from '../../exchange/operator/desk.ts';
import { Policy } from '../../exchange/policy/policy.ts';
import { nullable } from '../nullable.ts';
import { type AnyRoute, route } from '../route.ts';
import {
  BASE,
  ByPartnerId,
  Count,
  Cursor,
  closed,
  common,
  Limit,
  NextCursor,
  operatorOf,
  PartnerId,
  Reason,
  Time,
} from './schemas.ts';

type Desk = Pick<OperatorDesk, 'partners'>;

const TOPICS_MAX = 50;
const NAME_MAX = 200;

const Settings = Type.Record(Type.String(), Type.Unknown(), { description: 'Of the adapter.' });

/** Null takes a field back: what it says comes from the adapter again. */
const PolicyBody = Type.Object(
  Object.fromEntries(Object.entries(Policy.properties).map(([name, field]) => [name, Type.Optional(nullable(field))])),
  closed,
);

const PutBody = Type.Object(
  {
    adapter: Type.String({ maxLength: 64 }),
    name: Type.String({ minLength: 1, maxLength: NAME_MAX, pattern: '^[^\\u0000-\\u001f\\ud800-\\udfff]*$' }),
    topics: Type.Array(
      Type.String({
        maxLength: 64,
        pattern: '^([a-z][a-z_]*\\.)*([a-z][a-z_]*|\\*)$',
        description: 'document.accepted; a last part "*" takes the rest: document.*, *.',
      }),
      { minItems: 1, maxItems: TOPICS_MAX, uniqueItems: true },
    ),
    settings: Settings,
    policy: Type.Optional(PolicyBody),
  },
  closed,
);

const PartnerAnswer = Type.Object({
  partnerId: PartnerId,
  adapter: Type.String(),
  bin: nullable(Type.String({ description: 'The participant whose own system it is.' })),
  name: Type.String(),
  topics: Type.Array(Type.String()),
  settings: Settings,
  policy: Type.Object({
    own: Type.Object({}, { description: 'What differs from its adapter’s.' }),
    effective: nullable(Policy),
  }),
  switchedOff: Type.Boolean(),
  switchReason: nullable(Type.String()),
  gate: Type.Object({
    breaker: Type.Enum(['closed', 'open', 'half_open']),
    breakerUntil: nullable(Time),
    trips: Count,
    tokens: nullable(Type.Integer({ description: 'May go at once by its rate.' })),
    quotaLeft: nullable(Count),
  }),
  depth: nullable(
    Type.Object({
      at: Time,
      byState: Type.Object({ queued: Count, waiting: Count, sending: Count, uncertain: Count, parked: Count }),
      oldestWaitingSeconds: nullable(Type.Number()),
    }),
  ),
  createdAt: Time,
  changedAt: Time,
});

export function partnerRoutes(desk: Desk): AnyRoute[] {
  return [listRoute(desk), getRoute(desk), putRoute(desk), removeRoute(desk), policyRoute(desk), switchRoute(desk)];
}

function listRoute({ partners }: Desk): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/partners`,
    operationId: 'listPartners',
    summary: 'Partners with their policies, breakers and queues',
    query: Type.Object({ cursor: Type.Optional(Cursor), limit: Type.Optional(Limit) }, closed),
    responses: {
      200: {
        description: 'A page, by their ids',
        schema: Type.Object({ partners: Type.Array(PartnerAnswer), nextCursor: NextCursor }),
      },
    },
    handle: async (request) => ({ status: 200, body: await partners.list(request.query) }),
  });
}

function getRoute({ partners }: Desk): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/partners/:id`,
    operationId: 'getPartner',
    summary: 'A partner',
    params: ByPartnerId,
    responses: { 200: { description: 'The partner', schema: PartnerAnswer } },
    handle: async (request) => ({ status: 200, body: await partners.get(request.params.id) }),
  });
}

function putRoute({ partners }: Desk): AnyRoute {
  return route({
    ...common,
    method: 'put',
    path: `${BASE}/partners/:id`,
    operationId: 'putPartner',
    summary: 'Register a partner of the operator’s own, or change one',
    description: 'All of it is replaced, but for a policy that is left out. Hubs take it up within a second.',
    params: Type.Object({ id: PartnerId }),
    body: PutBody,
    responses: {
      200: { description: 'It is changed', schema: PartnerAnswer },
      201: { description: 'It is registered', schema: PartnerAnswer },
    },
    handle: async (request) => {
      const { id } = request.params;
      const { registered } = await partners.put({ ...request.body, partnerId: id }, operatorOf(request));
      return { status: registered ? 201 : 200, body: await partners.get(id) };
    },
  });
}

function removeRoute({ partners }: Desk): AnyRoute {
  return route({
    ...common,
    method: 'delete',
    path: `${BASE}/partners/:id`,
    operationId: 'removePartner',
    summary: 'Remove a partner of the operator’s own; what waits for it is cancelled',
    params: ByPartnerId,
    query: Type.Object({ reason: Reason }, closed),
    responses: { 200: { description: 'It is removed', schema: Type.Object({ cancelled: Count }) } },
    handle: async (request) => {
      const removed = await partners.remove(request.params.id, operatorOf(request), request.query.reason);
      return { status: 200, body: removed };
    },
  });
}

function policyRoute({ partners }: Desk): AnyRoute {
  return route({
    ...common,
    method: 'put',
    path: `${BASE}/partners/:id/policy`,
    operationId: 'changePartnerPolicy',
    summary: 'Put another policy in the place of a partner’s own',
    description:
      'What it leaves out, or gives as null, comes from the adapter again; ratePerSecond and dailyQuota of null mean no ' +
      'limit. Holds within a second, without a restart.',
    params: ByPartnerId,
    body: Type.Object({ policy: PolicyBody, reason: Reason }, closed),
    responses: { 200: { description: 'The partner as it is now', schema: PartnerAnswer } },
    handle: async (request) => {
      const { id } = request.params;
      await partners.changePolicy(id, request.body.policy, operatorOf(request), request.body.reason);
      return { status: 200, body: await partners.get(id) };
    },
  });
}

function switchRoute({ partners }: Desk): AnyRoute {
  return route({
    ...common,
    method: 'put',
    path: `${BASE}/partners/:id/switch`,
    operationId: 'switchPartner',
    summary: 'Switch a partner off, or on again',
    description: 'Off: nothing more goes to it, and messages wait. What is under way ends.',
    params: ByPartnerId,
    body: Type.Object({ to: Type.Enum(['on', 'off']), reason: Reason }, closed),
    responses: { 200: { description: 'The partner as it is now', schema: PartnerAnswer } },
    handle: async (request) => {
      const { id } = request.params;
      await partners.turn(id, request.body.to, operatorOf(request), request.body.reason);
      return { status: 200, body: await partners.get(id) };
    },
  });
}
