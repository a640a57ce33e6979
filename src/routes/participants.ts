import Type from 'typebox';
import { ROLES } from '../access/permissions.ts';
import type { ParticipantEntry, ParticipantLookUp } from '../core/participants/look-up.ts';
import type { ParticipantEvent } from '../core/participants/participant-events.ts';
import { PARTICIPANT_EVENTS } from '../core/participants/participant-events.ts';
import type { Operator, Supervision } from '../core/participants/supervision.ts';
import { nullable } from './nullable.ts';
import type { OwnParticipantRoutesDeps } from './own-participant.ts';
import { ownParticipantRoutes } from './own-participant.ts';
import type { ApplicationRoutesDeps } from './participant-applications.ts';
import { applicationRoutes } from './participant-applications.ts';
import {
  AddressBody,
  actorOf,
  askerOf,
  BASE,
  Bin,
  ContactBody,
  closed,
  Limit,
  Name,
  nextAfter,
  PlacePage,
  PlaceQuery,
  pageOf,
  placePage,
  Reason,
  Time,
} from './participant-schemas.ts';
import type { PowerRoutesDeps } from './powers-of-attorney.ts';
import { powerRoutes } from './powers-of-attorney.ts';
import { type AnyRoute, route } from './route.ts';

export interface ParticipantRoutesDeps extends ApplicationRoutesDeps, OwnParticipantRoutesDeps, PowerRoutesDeps {
  readonly lookUp: ParticipantLookUp;
  readonly supervision: Supervision;
}

const BODY_BYTES = 16_384;
const NAME_PART_MAX = 100;
const NO_STORE = { 'Cache-Control': 'no-store' } as const;

const ByBin = Type.Object({ bin: Bin });
const Role = Type.Enum([...ROLES]);

const entryProperties = {
  bin: Type.String(),
  name: Type.String(),
  role: Role,
  active: Type.Boolean({ description: 'False while its registration is suspended.' }),
  registeredAt: Time,
};

const EventCursor = Type.String({ pattern: '^[0-9]{1,18}$', description: '`next` of the page before.' });

const HistoryPage = Type.Object({
  history: Type.Array(
    Type.Object({
      eventId: Type.String(),
      at: Time,
      event: Type.Enum([...PARTICIPANT_EVENTS]),
      actor: nullable(Type.String({ description: 'BIN; null: a command on the server.' })),
      reason: nullable(Type.String()),
      details: Type.Record(Type.String(), Type.String()),
    }),
  ),
  next: nullable(EventCursor),
});

const ParticipantAnswer = Type.Object({
  ...entryProperties,
  address: Type.Optional(nullable(AddressBody)),
  contact: Type.Optional(nullable(ContactBody)),
});

/** In this order: `applications` and `me` stand where others have a BIN. */
export function participantRoutes(deps: ParticipantRoutesDeps): AnyRoute[] {
  return [
    ...applicationRoutes(deps),
    ...ownParticipantRoutes(deps),
    ...powerRoutes(deps),
    listRoute(deps),
    getRoute(deps),
    placesRoute(deps),
    historyRoute(deps),
    ...stateRoutes(deps),
    ...dataRoutes(deps),
  ];
}

const readers = { tag: 'participants', access: 'participants' } as const;

function listRoute({ lookUp }: ParticipantRoutesDeps): AnyRoute {
  return route({
    ...readers,
    method: 'get',
    path: BASE,
    operationId: 'listParticipants',
    summary: 'The register of participants, by BIN',
    description: 'For the operator and authorities.',
    query: Type.Object(
      {
        name: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: NAME_PART_MAX,
            pattern: '^[^\\p{Cc}\\p{Cs}]+$',
            description: 'Part of the name, in capitals or small letters.',
          }),
        ),
        role: Type.Optional(Role),
        active: Type.Optional(Type.Boolean()),
        after: Type.Optional(Bin),
        limit: Limit,
      },
      closed,
    ),
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({
          participants: Type.Array(Type.Object(entryProperties)),
          next: nullable(Type.String({ description: 'The following page’s `after`.' })),
        }),
      },
    },
    handle: async (request) => {
      const { name = null, role = null, active = null } = request.query;
      const page = pageOf(request.query);
      const found = await lookUp.list(askerOf(request), { name, role, active, ...page });
      const next = nextAfter(found, page.limit, ({ bin }) => bin);
      return { status: 200, body: { participants: found.map(entryAnswer), next } };
    },
  });
}

function getRoute({ lookUp }: ParticipantRoutesDeps): AnyRoute {
  return route({
    ...readers,
    method: 'get',
    path: `${BASE}/:bin`,
    operationId: 'getParticipant',
    summary: 'A participant',
    description:
      'Everybody sees who it is. Address and contact are for itself, for the operator and for authorities; a look of ' +
      'the latter two leaves an audit row.',
    params: ByBin,
    responses: { 200: { description: 'The participant', schema: ParticipantAnswer } },
    handle: async (request) => {
      const { entry, record } = await lookUp.find(askerOf(request), request.params.bin);
      return { status: 200, headers: NO_STORE, body: { ...entryAnswer(entry), ...record } };
    },
  });
}

function placesRoute({ lookUp }: ParticipantRoutesDeps): AnyRoute {
  return route({
    ...readers,
    method: 'get',
    path: `${BASE}/:bin/places`,
    operationId: 'listPlaces',
    summary: 'Places of business of a participant, oldest first',
    description: 'For itself, for the operator and for authorities; a look of the latter two leaves an audit row.',
    params: ByBin,
    query: PlaceQuery,
    responses: { 200: { description: 'A page', schema: PlacePage } },
    handle: async (request) => {
      const page = pageOf(request.query);
      const found = await lookUp.places(askerOf(request), request.params.bin, page);
      return { status: 200, body: placePage(found, page.limit) };
    },
  });
}

function historyRoute({ lookUp }: ParticipantRoutesDeps): AnyRoute {
  return route({
    ...readers,
    method: 'get',
    path: `${BASE}/:bin/history`,
    operationId: 'participantHistory',
    summary: 'What has become of a participant, oldest first',
    description: 'For itself, for the operator and for authorities; a look of the latter two leaves an audit row.',
    params: ByBin,
    query: Type.Object({ after: Type.Optional(EventCursor), limit: Limit }, closed),
    responses: { 200: { description: 'A page', schema: HistoryPage } },
    handle: async (request) => {
      const page = pageOf(request.query);
      const found = await lookUp.history(askerOf(request), request.params.bin, page);
      const next = nextAfter(found, page.limit, ({ eventId }) => eventId);
      return { status: 200, body: { history: found.map(eventAnswer), next } };
    },
  });
}

const keepers = { tag: 'participants', access: 'registration', params: ByBin, bodyLimitBytes: BODY_BYTES } as const;

function stateRoutes({ supervision }: ParticipantRoutesDeps): AnyRoute[] {
  const stateRoute = (
    verb: 'suspend' | 'reinstate',
    summary: string,
    active: boolean,
    change: (operator: Operator, bin: string, reason: string) => Promise<void>,
  ): AnyRoute =>
    route({
      ...keepers,
      method: 'post',
      path: `${BASE}/:bin/${verb}`,
      operationId: `${verb}Participant`,
      summary,
      description: 'Other hubs notice within 15 seconds.',
      body: Type.Object({ reason: Reason }, closed),
      responses: {
        200: { description: 'As it is now', schema: Type.Object({ bin: Type.String(), active: Type.Boolean() }) },
      },
      handle: async (request) => {
        const { bin } = request.params;
        await change(actorOf(request), bin, request.body.reason);
        return { status: 200, body: { bin, active } };
      },
    });
  return [
    stateRoute('suspend', 'Suspend a registration: its keys stop', false, supervision.suspend),
    stateRoute('reinstate', 'Take a suspension back: its keys go on', true, supervision.reinstate),
  ];
}

function dataRoutes({ supervision }: ParticipantRoutesDeps): AnyRoute[] {
  return [
    route({
      ...keepers,
      method: 'put',
      path: `${BASE}/:bin/name`,
      operationId: 'renameParticipant',
      summary: 'Change the name of a participant',
      body: Type.Object({ name: Name, reason: Reason }, closed),
      responses: {
        200: { description: 'As it is now', schema: Type.Object({ bin: Type.String(), name: Type.String() }) },
      },
      handle: async (request) => {
        const { bin } = request.params;
        const { name, reason } = request.body;
        await supervision.rename(actorOf(request), bin, name, reason);
        return { status: 200, body: { bin, name } };
      },
    }),
    route({
      ...keepers,
      method: 'put',
      path: `${BASE}/:bin/address`,
      operationId: 'moveParticipant',
      summary: 'Change the legal address of a participant',
      body: Type.Object({ address: AddressBody, reason: Reason }, closed),
      responses: {
        200: { description: 'As it is now', schema: Type.Object({ bin: Type.String(), address: AddressBody }) },
      },
      handle: async (request) => {
        const { bin } = request.params;
        const { address, reason } = request.body;
        await supervision.move(actorOf(request), bin, address, reason);
        return { status: 200, body: { bin, address } };
      },
    }),
  ];
}

function entryAnswer({ registeredAt, ...entry }: ParticipantEntry) {
  return { ...entry, registeredAt: registeredAt.toISOString() };
}

function eventAnswer({ at, ...event }: ParticipantEvent) {
  return { ...event, at: at.toISOString() };
}
