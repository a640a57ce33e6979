import Type from 'typebox';
import { TanbaError } from '../../core/errors.ts';
import type { InboundDoor } from '../../exchange/inbound/door.ts';
import { type AnyRoute, type RouteRequest, route } from '../route.ts';
import { BASE, Count, closed, Digest, TEXT_MAX, Uuid } from './schemas.ts';

const BODY_BYTES = 1024 * 1024;
const ACKNOWLEDGED_MAX = 1_000;
const REPORTED_MAX = 10_000;
const MESSAGE_ID = 'Message-Id';

const Told = Type.Object({ messageId: Uuid, digest: Type.Optional(Digest) }, closed);

const Body = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('acknowledgement'),
      messages: Type.Array(Told, { minItems: 1, maxItems: ACKNOWLEDGED_MAX }),
    },
    { ...closed, description: 'These messages of yours have arrived.' },
  ),
  Type.Object(
    {
      kind: Type.Literal('report'),
      day: Type.String({ format: 'date', description: 'Of your calendar.' }),
      messages: Type.Array(Told, { maxItems: REPORTED_MAX }),
      last: Type.Boolean({ description: 'No further part follows.' }),
    },
    { ...closed, description: 'All that arrived on a day, in one part or several.' },
  ),
]);

const Answer = Type.Union([
  Type.Object({
    acknowledged: Count,
    already: Type.Integer({ description: 'Acknowledged before.' }),
    unknown: Type.Array(Uuid, { description: 'None of yours.' }),
  }),
  Type.Object({ day: Type.String({ format: 'date' }), taken: Type.Integer({ description: 'New in the day’s list.' }) }),
]);

export function inboundRoutes(door: InboundDoor): AnyRoute[] {
  return [
    route({
      tag: 'exchange',
      access: 'webhooks',
      method: 'post',
      path: `${BASE}/inbox/:partnerId`,
      operationId: 'tellExchange',
      summary: 'Acknowledge messages that you got, or report those of a day',
      description:
        'Each message of yours is taken once: the same Message-Id and body gives the first answer again, another body is ' +
        'a conflict. Repeat it until you have an answer.',
      params: Type.Object({ partnerId: Type.String({ maxLength: TEXT_MAX }) }),
      headers: [
        {
          name: MESSAGE_ID,
          description: 'Required. Your own id of this message.',
          schema: Type.String({ minLength: 1, maxLength: TEXT_MAX, pattern: '^[ -~]*$' }),
        },
      ],
      body: Body,
      bodyLimitBytes: BODY_BYTES,
      responses: { 200: { description: 'What came of it; header Repeated: true or false', schema: Answer } },
      handle: async (request) => {
        const { body: word, rawBody: body, params, trace } = request;
        const partnerMessageId = messageIdOf(request);
        const letter = { partnerId: params.partnerId, partnerMessageId, word, body, trace };
        const { bin, role } = request.principal;
        const { answer, repeated } = await door.receive(letter, { bin, isOperator: role === 'operator' });
        return { status: 200, headers: { Repeated: String(repeated) }, body: answer };
      },
    }),
  ];
}

function messageIdOf({ headers }: RouteRequest<unknown, unknown, unknown>): string {
  const given = headers[MESSAGE_ID.toLowerCase()];
  if (typeof given === 'string') return given;
  const problem = { code: 'request.value_missing', path: '/headers', details: { field: MESSAGE_ID } } as const;
  throw new TanbaError('request.invalid', { problems: [problem] });
}
