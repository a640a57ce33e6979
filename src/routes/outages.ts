import Type from 'typebox';
import type { AnnouncedOutage, Outages } from '../core/outages/outages.ts';
import { nullable } from './nullable.ts';
import {
  After,
  actorOf,
  closed,
  Instant,
  Limit,
  nextAfter,
  pageOf,
  Time,
  timeOf,
  Uuid,
} from './participant-schemas.ts';
import { type AnyRoute, route } from './route.ts';

const BASE = '/api/v1/outages';
const BODY_BYTES = 16_384;
const TITLE_MAX = 500;
/** Whoever looks again meanwhile may get the answer of before. */
const CACHED = { 'Cache-Control': 'public, max-age=30' } as const;

const Title = Type.String({ minLength: 1, maxLength: TITLE_MAX, pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cs}]+$' });
const Titles = Type.Object({ kk: Title, ru: Title, en: Title }, closed);

const OutageAnswer = Type.Object({
  outageId: Uuid,
  from: Time,
  to: nullable(Time),
  title: Type.Object({ kk: Type.String(), ru: Type.String(), en: Type.String() }),
  keyInBy: nullable(
    Type.String({ format: 'date-time', description: 'Documents that were paper meanwhile are in time until then.' }),
  ),
  announcedAt: Time,
});

/** Times in which the system does not serve: announced by the operator, read by everybody. */
export function outageRoutes(outages: Outages): AnyRoute[] {
  return [announceRoute(outages), endRoute(outages), listRoute(outages)];
}

const operators = { method: 'post', tag: 'outages', access: 'outages', bodyLimitBytes: BODY_BYTES } as const;

function announceRoute(outages: Outages): AnyRoute {
  return route({
    ...operators,
    path: BASE,
    operationId: 'announceOutage',
    summary: 'Announce an outage, or planned works',
    description:
      'Documents that fall due in it may be keyed in until the end of the first working day after it. `to` is left out ' +
      'while nobody knows. Other hubs know of it within 30 seconds.',
    body: Type.Object({ from: Instant, to: Type.Optional(Instant), title: Titles }, closed),
    responses: { 201: { description: 'Announced', schema: OutageAnswer } },
    handle: async (request) => {
      const { from, to, title } = request.body;
      const period = { from: timeOf('/from', from), to: to === undefined ? null : timeOf('/to', to) };
      const outage = await outages.announce(actorOf(request), { ...period, title });
      return { status: 201, body: outageAnswer(outage) };
    },
  });
}

function endRoute(outages: Outages): AnyRoute {
  return route({
    ...operators,
    path: `${BASE}/:id/end`,
    operationId: 'endOutage',
    summary: 'Tell when an outage was over',
    params: Type.Object({ id: Uuid }),
    body: Type.Object({ to: Instant }, closed),
    responses: { 200: { description: 'As it is now', schema: OutageAnswer } },
    handle: async (request) => {
      const ended = await outages.end(actorOf(request), request.params.id, timeOf('/to', request.body.to));
      return { status: 200, body: outageAnswer(ended) };
    },
  });
}

function listRoute(outages: Outages): AnyRoute {
  return route({
    method: 'get',
    path: BASE,
    operationId: 'listOutages',
    tag: 'outages',
    summary: 'Announced outages, the newest first',
    access: 'public',
    query: Type.Object({ after: After, limit: Limit }, closed),
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({ outages: Type.Array(OutageAnswer), next: nullable(Uuid) }),
      },
    },
    handle: async (request) => {
      const page = pageOf(request.query);
      const found = await outages.list(page);
      const next = nextAfter(found, page.limit, ({ outageId }) => outageId);
      return { status: 200, headers: CACHED, body: { outages: found.map(outageAnswer), next } };
    },
  });
}

function outageAnswer({ from, to, keyInBy, announcedAt, ...outage }: AnnouncedOutage) {
  return {
    ...outage,
    from: from.toISOString(),
    to: to?.toISOString() ?? null,
    keyInBy: keyInBy?.toISOString() ?? null,
    announcedAt: announcedAt.toISOString(),
  };
}
