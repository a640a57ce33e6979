import Type, { type Static } from 'typebox';
import type { OperatorDesk } from '../../exchange/operator/desk.ts';
import type { SearchQuery } from '../../exchange/operator/search.ts';
import { nullable } from '../nullable.ts';
import { type AnyRoute, route } from '../route.ts';
import {
  BASE,
  ByUuid,
  Count,
  Cursor,
  closed,
  common,
  Limit,
  NextCursor,
  operatorOf,
  State,
  Text,
  Time,
  timeOf,
  Uuid,
} from './schemas.ts';

const CIS_MAX = 512;

const Query = Type.Object(
  {
    cis: Type.Optional(
      Type.String({ minLength: 1, maxLength: CIS_MAX, description: 'A code: its order, documents and receipts.' }),
    ),
    gtin: Type.Optional(Text),
    document: Type.Optional(Uuid),
    receipt: Type.Optional(Uuid),
    order: Type.Optional(Uuid),
    partnerMessage: Type.Optional(Text),
    partner: Type.Optional(Text),
    messageId: Type.Optional(Uuid),
    traceId: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{32}$' })),
    state: Type.Optional(State),
    topic: Type.Optional(Text),
    direction: Type.Optional(Type.Enum(['outbound', 'inbound'])),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Limit),
  },
  closed,
);

const HEADER = {
  messageId: Uuid,
  createdAt: Time,
  direction: Type.Enum(['outbound', 'inbound']),
  topic: Type.String(),
  participant: Type.String({ description: 'BIN of the participant whom it concerns.' }),
  partnerId: nullable(Type.String()),
  digest: Type.String({ description: 'SHA-256 of the body.' }),
  traceId: Type.String(),
  keys: Type.Array(Type.String(), { description: 'What it is about, up to 20.' }),
} as const;

const SUMMARY = {
  deliveryId: Uuid,
  partnerId: Type.String(),
  state: State,
  attempts: Count,
  heldBy: nullable(Type.String()),
  dueAt: Time,
  reason: nullable(Type.String()),
} as const;

const PageAnswer = Type.Object({
  messages: Type.Array(Type.Object({ ...HEADER, deliveries: Type.Array(Type.Object(SUMMARY)) })),
  nextCursor: NextCursor,
});

const Attempt = Type.Object({
  number: Count,
  startedAt: Time,
  endedAt: Time,
  outcome: Type.String(),
  code: Type.String(),
  sent: Type.Unknown({ description: 'Masked.' }),
  answer: Type.Unknown({ description: 'Masked.' }),
});

const MessageAnswer = Type.Object({
  ...HEADER,
  body: Type.Unknown({ description: 'Personal data masked.' }),
  bodyErased: Type.Boolean(),
  deliveries: Type.Array(
    Type.Object({
      ...SUMMARY,
      explanation: Type.String({ description: 'Why it is where it is, and what will happen when.' }),
      lane: nullable(Type.String()),
      losses: Count,
      replays: Count,
      outcome: nullable(Type.String()),
      createdAt: Time,
      finishedAt: nullable(Time),
      acknowledgedAt: nullable(Time),
      acknowledgedDigest: nullable(Type.String()),
      made: Type.Array(Attempt, { description: 'Attempts, the newest first.' }),
      policy: nullable(Type.Object({}, { description: 'As it holds now.' })),
    }),
  ),
});

export function messageRoutes(desk: Pick<OperatorDesk, 'messages'>): AnyRoute[] {
  return [searchRoute(desk), viewRoute(desk)];
}

function searchRoute({ messages }: Pick<OperatorDesk, 'messages'>): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/messages`,
    operationId: 'searchMessages',
    summary: 'What was told whom about it, and did it arrive?',
    description: 'The newest first. All that is given must hold; at least one key, a partner, a state or a topic.',
    query: Query,
    responses: { 200: { description: 'A page of messages', schema: PageAnswer } },
    handle: async (request) => ({ status: 200, body: await messages.search(queryOf(request.query)) }),
  });
}

function viewRoute({ messages }: Pick<OperatorDesk, 'messages'>): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/messages/:id`,
    operationId: 'getMessage',
    summary: 'A message with its body, its deliveries and all attempts',
    description: 'Looking at a body is noted in the audit log.',
    params: ByUuid,
    responses: { 200: { description: 'The message', schema: MessageAnswer } },
    handle: async (request) => {
      const { params, language } = request;
      const body = await messages.view(params.id, operatorOf(request), language);
      return { status: 200, headers: { 'Content-Language': language, Vary: 'Accept-Language' }, body };
    },
  });
}

function queryOf({ from, to, ...query }: Static<typeof Query>): SearchQuery {
  return { ...query, from: timeOf(from), to: timeOf(to) };
}
