import Type from 'typebox';
import { TanbaError } from '../../core/errors.ts';
import { type AnyRoute, type RouteRequest, route } from '../../routes/route.ts';
import type { Asker, WebhookRequest, Webhooks, WebhookView } from './webhooks.ts';

export interface WebhookRoutesDeps {
  readonly webhooks: Webhooks;
  readonly limits: { readonly jsonBodyBytes: number };
}

const closed = { additionalProperties: false };
/** Bounds against abuse; what a URL, a topic and a mapping may be is checked by the register. */
const NAME_MAX = 200;
const URL_MAX = 2_048;
const TOPIC_MAX = 64;
const TOPICS_MAX = 20;
const OVERLAP_HOURS = 24;
const OVERLAP_HOURS_MAX = 168;
const RETRY_AFTER_SECONDS = 5;

const ORDERED = Type.Enum(['none', 'object', 'partner'], {
  description: 'One at a time, in order: the messages about one order or document (object), or all of them (partner).',
});
const MAPPING = Type.Object(
  {
    version: Type.String({ maxLength: 32, description: 'A name of yours for this mapping.' }),
    fields: Type.Record(Type.String(), Type.String({ maxLength: 256 }), {
      description: 'Your field: a JSON pointer (RFC 6901) into the envelope.',
    }),
  },
  { ...closed, description: 'A body of your own fields in place of the envelope.' },
);

const WebhookBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: NAME_MAX, pattern: '^[^\\u0000-\\u001f\\ud800-\\udfff]*$' }),
    url: Type.String({ maxLength: URL_MAX, examples: ['https://example.kz/tanba'] }),
    topics: Type.Array(Type.String({ maxLength: TOPIC_MAX }), {
      minItems: 1,
      maxItems: TOPICS_MAX,
      uniqueItems: true,
      examples: [['document.*']],
      description:
        'order.ready, order.rejected, document.accepted, document.rejected, receipts.accepted; a last part "*" takes ' +
        'the rest: document.*, *.',
    }),
    ordered: Type.Optional(ORDERED),
    mapping: Type.Optional(MAPPING),
  },
  closed,
);

const RotateBody = Type.Object(
  {
    overlapHours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: OVERLAP_HOURS_MAX,
        description: `How long the secrets before still sign, ${OVERLAP_HOURS} by default.`,
      }),
    ),
  },
  closed,
);

const Uuid = Type.String({ format: 'uuid' });
const Time = Type.String({ format: 'date-time' });
const Id = Type.Object({ id: Uuid });

const SecretAnswer = Type.Object({
  secretId: Uuid,
  secret: Type.String({ description: 'whsec_…, shown this one time.' }),
});

const WebhookAnswer = Type.Object({
  webhookId: Uuid,
  name: Type.String(),
  url: Type.String(),
  topics: Type.Array(Type.String()),
  ordered: ORDERED,
  mapping: Type.Optional(MAPPING),
  switchedOff: Type.Boolean({ description: 'By the operator: messages wait.' }),
  createdAt: Time,
  changedAt: Time,
});

const ReachAnswer = Type.Object({
  steps: Type.Array(
    Type.Object({
      step: Type.Enum(['settings', 'dns', 'tcp', 'tls', 'clock', 'auth', 'schema']),
      outcome: Type.Enum(['good', 'bad', 'not_tried']),
      finding: Type.String(),
      details: Type.Object({}),
    }),
  ),
});

const common = { tag: 'webhooks', access: 'webhooks' } as const;
const BY_ID = '/api/v1/webhooks/:id';

export function webhookRoutes(deps: WebhookRoutesDeps): AnyRoute[] {
  return [
    createRoute(deps),
    listRoute(deps),
    getRoute(deps),
    changeRoute(deps),
    removeRoute(deps),
    rotateRoute(deps),
    reachRoute(deps),
  ];
}

function createRoute({ webhooks, limits }: WebhookRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: '/api/v1/webhooks',
    operationId: 'createWebhook',
    summary: 'Have messages about your goods posted to a URL of yours',
    description:
      'The answer holds the secret that signs the messages (Standard Webhooks); it is shown this one time. Messages are ' +
      'posted at least once: webhook-id tells a repetition.',
    body: WebhookBody,
    bodyLimitBytes: limits.jsonBodyBytes,
    responses: {
      201: {
        description: 'The webhook and its secret',
        schema: Type.Object({ ...WebhookAnswer.properties, ...SecretAnswer.properties }),
      },
    },
    handle: async (request) => {
      const { webhook, secret } = await webhooks.create(askerOf(request), requestOf(request.body));
      return {
        status: 201,
        headers: { Location: `/api/v1/webhooks/${webhook.webhookId}`, 'Cache-Control': 'no-store' },
        body: { ...answerOf(webhook), ...secret },
      };
    },
  });
}

function listRoute({ webhooks }: WebhookRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: '/api/v1/webhooks',
    operationId: 'listWebhooks',
    summary: 'Your webhooks',
    responses: { 200: { description: 'All of them', schema: Type.Object({ webhooks: Type.Array(WebhookAnswer) }) } },
    handle: async (request) => {
      const found = await webhooks.list(askerOf(request));
      return { status: 200, body: { webhooks: found.map(answerOf) } };
    },
  });
}

function getRoute({ webhooks }: WebhookRoutesDeps): AnyRoute {
  const Secrets = Type.Array(
    Type.Object({ secretId: Uuid, createdAt: Time, expiresAt: Type.Union([Time, Type.Null()]) }),
  );
  return route({
    ...common,
    method: 'get',
    path: BY_ID,
    operationId: 'getWebhook',
    summary: 'A webhook, with its valid secrets but not what they are',
    params: Id,
    responses: {
      200: { description: 'The webhook', schema: Type.Object({ ...WebhookAnswer.properties, secrets: Secrets }) },
    },
    handle: async (request) => {
      const { webhook, secrets } = await webhooks.get(askerOf(request), request.params.id);
      const shown = secrets.map(({ secretId, createdAt, expiresAt }) => ({ secretId, createdAt, expiresAt }));
      return { status: 200, body: { ...answerOf(webhook), secrets: shown } };
    },
  });
}

function changeRoute({ webhooks, limits }: WebhookRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'put',
    path: BY_ID,
    operationId: 'changeWebhook',
    summary: 'Put other settings in the place of a webhook’s',
    params: Id,
    body: WebhookBody,
    bodyLimitBytes: limits.jsonBodyBytes,
    responses: { 200: { description: 'The webhook as it is now', schema: WebhookAnswer } },
    handle: async (request) => {
      const webhook = await webhooks.change(askerOf(request), request.params.id, requestOf(request.body));
      return { status: 200, body: answerOf(webhook) };
    },
  });
}

function removeRoute({ webhooks }: WebhookRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'delete',
    path: BY_ID,
    operationId: 'removeWebhook',
    summary: 'Remove a webhook and its secrets',
    params: Id,
    responses: { 204: { description: 'It is removed' } },
    handle: async (request) => {
      await webhooks.remove(askerOf(request), request.params.id);
      return { status: 204 };
    },
  });
}

function rotateRoute({ webhooks, limits }: WebhookRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: `${BY_ID}/secrets`,
    operationId: 'rotateWebhookSecret',
    summary: 'A new secret',
    description:
      'For the time of the overlap messages are signed with the new secret and with those before it, so that a receiver ' +
      'can change over at its leisure. A secret that became known: overlapHours 0.',
    params: Id,
    body: RotateBody,
    bodyLimitBytes: limits.jsonBodyBytes,
    responses: { 201: { description: 'The new secret', schema: SecretAnswer } },
    handle: async (request) => {
      const { overlapHours = OVERLAP_HOURS } = request.body;
      const secret = await webhooks.rotateSecret(askerOf(request), request.params.id, overlapHours);
      return { status: 201, headers: { 'Cache-Control': 'no-store' }, body: secret };
    },
  });
}

function reachRoute({ webhooks }: WebhookRoutesDeps): AnyRoute {
  const asking = new Set<string>();
  return route({
    ...common,
    method: 'post',
    path: `${BY_ID}/reachability`,
    operationId: 'explainWebhookReach',
    summary: 'Why does nothing arrive? Name, port, certificate, clock, a signed ping, the mapping, one after the other',
    description: 'One at a time; each step takes at most 5 seconds. The ping has the type "ping".',
    params: Id,
    responses: { 200: { description: 'Each step with what was found', schema: ReachAnswer } },
    handle: async (request) => {
      const asker = askerOf(request);
      if (asking.has(asker.bin)) {
        throw new TanbaError('webhooks.reachability_busy', { retryAfterSeconds: RETRY_AFTER_SECONDS });
      }
      asking.add(asker.bin);
      try {
        return { status: 200, body: { steps: await webhooks.explainReach(asker, request.params.id, request.signal) } };
      } finally {
        asking.delete(asker.bin);
      }
    },
  });
}

function askerOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): Asker {
  return { bin: principal.bin, ip };
}

function requestOf(body: Type.Static<typeof WebhookBody>): WebhookRequest {
  const { name, url, topics, ordered = 'none', mapping } = body;
  return { name, url, topics, ordered, mapping };
}

function answerOf(webhook: WebhookView): object {
  const { webhookId, name, url, topics, ordered, mapping, switchedOff, createdAt, changedAt } = webhook;
  return {
    webhookId,
    name,
    url,
    topics,
    ordered,
    ...(mapping === undefined ? {} : { mapping }),
    switchedOff,
    createdAt: createdAt.toISOString(),
    changedAt: changedAt.toISOString(),
  };
}
