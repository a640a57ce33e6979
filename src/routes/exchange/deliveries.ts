import Type, { type Static } from 'typebox';
import type { OperatorDesk } from '../../exchange/operator/desk.ts';
import type { ReplayWish } from '../../exchange/operator/replay.ts';
import { nullable } from '../nullable.ts';
import { type AnyRoute, type RouteReply, route } from '../route.ts';
import {
  BASE,
  ByUuid,
  Count,
  closed,
  common,
  operatorOf,
  Reason,
  ReasonBody,
  State,
  Text,
  Time,
  Uuid,
} from './schemas.ts';

const IDS_MAX = 1_000;

const Selection = Type.Object(
  {
    states: Type.Array(Type.Enum(['parked', 'cancelled', 'delivered']), { minItems: 1, uniqueItems: true }),
    from: Type.String({ format: 'date-time', description: 'Of messages made from then on.' }),
    to: Type.String({ format: 'date-time', description: 'Not included.' }),
    partnerId: Type.Optional(Text),
    topic: Type.Optional(Text),
    reason: Type.Optional(Type.String({ maxLength: 64, description: 'Why they were parked or cancelled.' })),
    outcome: Type.Optional(Type.String({ maxLength: 64, description: 'Code of the last attempt: http.500.' })),
  },
  closed,
);

const PREVIEW = {
  preview: Type.Boolean({ description: 'True: only counted, and nothing changed.' }),
  reason: Type.Optional(Reason),
};

const ReplayBody = Type.Union([
  Type.Object({ deliveryIds: Type.Array(Uuid, { minItems: 1, maxItems: IDS_MAX }), ...PREVIEW }, closed),
  Type.Object({ selection: Selection, ...PREVIEW }, closed),
]);

const ReplayAnswer = Type.Object({
  replayed: Type.Integer({ description: 'Go again, under the same message ids.' }),
  bodyErased: Type.Integer({ description: 'Cannot: retention has taken the body.' }),
  partnerRemoved: Count,
  otherState: Type.Integer({ description: 'Of a list: still under way.' }),
  unknown: Type.Integer({ description: 'Of a list: there is no such delivery.' }),
  byPartner: Type.Array(Type.Object({ partnerId: Type.String(), state: State, deliveries: Count })),
  oldest: Type.Optional(
    Type.Array(
      Type.Object({
        deliveryId: Uuid,
        messageId: Uuid,
        createdAt: Time,
        partnerId: Type.String(),
        topic: Type.String(),
        state: State,
        reason: nullable(Type.String()),
        outcome: nullable(Type.String()),
      }),
      { description: 'With a preview: the 20 oldest.' },
    ),
  ),
});

export function deliveryRoutes(desk: Pick<OperatorDesk, 'decisions'>): AnyRoute[] {
  return [parkRoute(desk), cancelRoute(desk), replayRoute(desk)];
}

function parkRoute({ decisions }: Pick<OperatorDesk, 'decisions'>): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: `${BASE}/deliveries/:id/park`,
    operationId: 'parkDelivery',
    summary: 'Hold a delivery, and its lane with it, until it is replayed or cancelled',
    params: ByUuid,
    body: ReasonBody,
    responses: { 204: { description: 'It is parked' } },
    handle: async (request) => {
      await decisions.park(request.params.id, operatorOf(request), request.body.reason);
      return { status: 204 };
    },
  });
}

function cancelRoute({ decisions }: Pick<OperatorDesk, 'decisions'>): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: `${BASE}/deliveries/:id/cancel`,
    operationId: 'cancelDelivery',
    summary: 'Give a delivery up; those behind it in its lane go',
    params: ByUuid,
    body: ReasonBody,
    responses: { 204: { description: 'It is cancelled' } },
    handle: async (request) => {
      await decisions.cancel(request.params.id, operatorOf(request), request.body.reason);
      return { status: 204 };
    },
  });
}

function replayRoute({ decisions }: Pick<OperatorDesk, 'decisions'>): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: `${BASE}/replays`,
    operationId: 'replayDeliveries',
    summary: 'Send messages once more: some by their ids, or up to 100,000 by a selection',
    description:
      'Partners see a repetition: message ids stay the same. A preview counts what the same body would replay.',
    body: ReplayBody,
    responses: { 200: { description: 'What goes again, and what cannot', schema: ReplayAnswer } },
    handle: async (request): Promise<RouteReply> => {
      const { preview, reason = '' } = request.body;
      const wish = wishOf(request.body);
      const body = preview ? await decisions.preview(wish) : await decisions.replay(wish, operatorOf(request), reason);
      return { status: 200, body };
    },
  });
}

function wishOf(body: Static<typeof ReplayBody>): ReplayWish {
  if ('deliveryIds' in body) return { deliveryIds: body.deliveryIds };
  const { from, to, ...selection } = body.selection;
  return { selection: { ...selection, from: new Date(from), to: new Date(to) } };
}
