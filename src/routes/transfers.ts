import Type from 'typebox';
import { seesEverything } from '../access/permissions.ts';
import type {
  TransferAsker,
  TransferDetails,
  TransferQueries,
  TransferView,
} from '../core/transfers/transfer-queries.ts';
import { LINE_OUTCOMES } from '../core/transfers/transfer-queries.ts';
import { TRANSFER_STATUSES } from '../core/transfers/transfer-status.ts';
import { nullable } from './nullable.ts';
import type { AnyRoute, RouteRequest } from './route.ts';
import { route } from './route.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

const Time = Type.String({ format: 'date-time' });
const Status = Type.Enum([...TRANSFER_STATUSES]);
const Outcome = Type.Enum([...LINE_OUTCOMES]);
const Id = Type.Object({ id: Type.String({ format: 'uuid' }) });
const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX }));

const TRANSFER = {
  shipmentId: Type.String({ format: 'uuid' }),
  number: Type.String(),
  sender: Type.String(),
  receiver: Type.String(),
  receiverRegistered: Type.Boolean({ description: 'False: the shipment waits for its receiver to register.' }),
  status: Status,
  shippedAt: Time,
  recordedAt: Time,
  acceptBy: Type.String({ format: 'date-time', description: 'The last moment in which acceptance is in time.' }),
  decidedAt: nullable(Time),
};
const Transfer = Type.Object(TRANSFER);
const Details = Type.Object({
  ...TRANSFER,
  lines: Type.Record(Outcome, Type.Integer()),
  discrepancies: Type.Array(Type.Object({ cis: Type.String(), root: Type.String(), soldAt: Time }), {
    description: 'Goods sold at a till out of the packages while they were under way.',
  }),
});

/** The registers of shipments: what is on its way to whom, and what became of it. */
export function transferRoutes(queries: TransferQueries): AnyRoute[] {
  return [listRoute(queries), getRoute(queries), linesRoute(queries)];
}

function listRoute(queries: TransferQueries): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/transfers',
    operationId: 'listTransfers',
    tag: 'transfers',
    summary: 'One’s own shipments and those to oneself, newest first',
    access: 'codes',
    query: Type.Object({
      direction: Type.Optional(Type.Enum(['incoming', 'outgoing'])),
      status: Type.Optional(Status),
      partner: Type.Optional(Type.String({ pattern: '^[0-9]{12}$' })),
      number: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\p{Cc}\\p{Cs}]+$' })),
      after: Type.Optional(Type.String({ format: 'uuid', description: '`next` of the page before.' })),
      limit: Limit,
    }),
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({ transfers: Type.Array(Transfer), next: nullable(Type.String()) }),
      },
    },
    handle: async ({ principal, query }) => {
      const { direction = null, status = null, partner = null, number = null, after = null } = query;
      const limit = query.limit ?? PAGE_DEFAULT;
      const found = await queries.list(principal.bin, { direction, status, partner, number, after, limit });
      const next = found.length === limit ? (found.at(-1)?.shipmentId ?? null) : null;
      return { status: 200, body: { transfers: found.map(answerOf), next } };
    },
  });
}

function getRoute(queries: TransferQueries): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/transfers/:id',
    operationId: 'getTransfer',
    tag: 'transfers',
    summary: 'A shipment, with its lines counted by outcome and what was sold on the way',
    description: 'For its sender and its receiver; authorities see every one, and that is written down.',
    access: 'codes',
    params: Id,
    responses: { 200: { description: 'The shipment', schema: Details } },
    handle: async (request) => {
      const { lines, discrepancies, ...transfer } = await queries.one(askerOf(request), request.params.id);
      return { status: 200, body: { ...answerOf(transfer), lines, discrepancies: discrepancies.map(discrepancyOf) } };
    },
  });
}

function linesRoute(queries: TransferQueries): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/transfers/:id/lines',
    operationId: 'getTransferLines',
    tag: 'transfers',
    summary: 'The lines of a shipment by code, with what became of each',
    access: 'codes',
    params: Id,
    query: Type.Object({
      after: Type.Optional(
        Type.String({
          maxLength: 512,
          pattern: '^[^\\p{Cc}\\p{Cs}]*$',
          description: 'The last `cis` of the page before.',
        }),
      ),
      limit: Limit,
    }),
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({
          lines: Type.Array(
            Type.Object({
              cis: Type.String(),
              line: nullable(Type.Integer({ description: 'Place in the shipment; null: decided on alone.' })),
              outcome: Outcome,
              decidedBy: nullable(Type.String()),
            }),
          ),
          next: nullable(Type.String()),
        }),
      },
    },
    handle: async (request) => {
      const { after = '', limit = PAGE_DEFAULT } = request.query;
      const lines = await queries.lines(askerOf(request), request.params.id, after, limit);
      return { status: 200, body: { lines, next: lines.length === limit ? (lines.at(-1)?.cis ?? null) : null } };
    },
  });
}

function answerOf({ shippedAt, recordedAt, acceptBy, decidedAt, ...transfer }: TransferView) {
  return {
    ...transfer,
    shippedAt: shippedAt.toISOString(),
    recordedAt: recordedAt.toISOString(),
    acceptBy: acceptBy.toISOString(),
    decidedAt: decidedAt?.toISOString() ?? null,
  };
}

function discrepancyOf({ cis, root, soldAt }: TransferDetails['discrepancies'][number]) {
  return { cis, root, soldAt: soldAt.toISOString() };
}

function askerOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): TransferAsker {
  return { bin: principal.bin, ip, seesEverything: seesEverything(principal) };
}
