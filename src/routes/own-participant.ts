import Type from 'typebox';
import type { ParticipantLookUp } from '../core/participants/look-up.ts';
import type { OwnRecord } from '../core/participants/own-record.ts';
import {
  Address,
  actorOf,
  askerOf,
  BASE,
  ContactBody,
  closed,
  Kato,
  Name,
  PlaceAnswer,
  PlaceKind,
  PlacePage,
  PlaceQuery,
  pageOf,
  placeAnswer,
  placePage,
  Uuid,
} from './participant-schemas.ts';
import { type AnyRoute, route } from './route.ts';

export interface OwnParticipantRoutesDeps {
  readonly ownRecord: OwnRecord;
  readonly lookUp: ParticipantLookUp;
}

const BODY_BYTES = 16_384;
const common = { tag: 'participants', access: 'participants' } as const;

const PlaceBody = Type.Object({ name: Name, kind: PlaceKind, kato: Kato, address: Address }, closed);

/** What a participant keeps up to date by itself. */
export function ownParticipantRoutes(deps: OwnParticipantRoutesDeps): AnyRoute[] {
  return [contactRoute(deps), ...placeRoutes(deps)];
}

function contactRoute({ ownRecord }: OwnParticipantRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'put',
    path: `${BASE}/me/contact`,
    operationId: 'putOwnContact',
    summary: 'Who answers for you',
    description: 'Seen by yourself, the operator and authorities; each look of theirs leaves an audit row.',
    body: ContactBody,
    bodyLimitBytes: BODY_BYTES,
    responses: { 200: { description: 'The contact as it is now', schema: ContactBody } },
    handle: async (request) => {
      await ownRecord.putContact(actorOf(request), request.body);
      return { status: 200, body: request.body };
    },
  });
}

function placeRoutes({ ownRecord, lookUp }: OwnParticipantRoutesDeps): AnyRoute[] {
  return [
    route({
      ...common,
      method: 'get',
      path: `${BASE}/me/places`,
      operationId: 'listOwnPlaces',
      summary: 'Your places of business, oldest first',
      query: PlaceQuery,
      responses: { 200: { description: 'A page', schema: PlacePage } },
      handle: async (request) => {
        const page = pageOf(request.query);
        const found = await lookUp.places(askerOf(request), request.principal.bin, page);
        return { status: 200, body: placePage(found, page.limit) };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${BASE}/me/places`,
      operationId: 'openPlace',
      summary: 'Add a place of business',
      body: PlaceBody,
      bodyLimitBytes: BODY_BYTES,
      responses: { 201: { description: 'The place', schema: PlaceAnswer } },
      handle: async (request) => {
        const place = await ownRecord.openPlace(actorOf(request), request.body);
        return { status: 201, body: placeAnswer(place) };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${BASE}/me/places/:id/close`,
      operationId: 'closePlace',
      summary: 'Close a place of business',
      params: Type.Object({ id: Uuid }),
      responses: { 200: { description: 'The place', schema: PlaceAnswer } },
      handle: async (request) => {
        const place = await ownRecord.closePlace(actorOf(request), request.params.id);
        return { status: 200, body: placeAnswer(place) };
      },
    }),
  ];
}
