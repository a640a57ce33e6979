import Type from 'typebox';
import { CIS_TYPES, RELEASE_METHOD_TYPES, SERIAL_NUMBER_TYPES } from '../core/codes/order-request.ts';
import type { LineView } from '../core/codes/order-store.ts';
import type { Asker, Orders, OrderView } from '../core/codes/orders.ts';
import { errorText, isErrorCode, type Language } from '../core/errors.ts';
import { type AnyRoute, type RouteRequest, route } from './route.ts';

export interface OrderRoutesDeps {
  readonly orders: Orders;
  readonly limits: { readonly jsonBodyBytes: number };
}

const closed = { additionalProperties: false };

/** Bounds against abuse only; what an order may hold is checked in the core, where each refusal has its own code. */
const TEXT_MAX = 255;
const PRODUCTS_MAX = 1_000;

const OrderBody = Type.Object(
  {
    productGroup: Type.String({ maxLength: TEXT_MAX, description: 'For example shoes.' }),
    products: Type.Array(
      Type.Object(
        {
          gtin: Type.String({ maxLength: TEXT_MAX, description: 'GTIN-14 of the register of goods.' }),
          quantity: Type.Integer({ description: 'How many codes.' }),
          serialNumberType: Type.Enum([...SERIAL_NUMBER_TYPES]),
          serialNumbers: Type.Optional(
            Type.Array(Type.String({ maxLength: TEXT_MAX }), { description: 'With SELF_MADE: as many as quantity.' }),
          ),
          cisType: Type.Enum([...CIS_TYPES]),
        },
        closed,
      ),
      { maxItems: PRODUCTS_MAX },
    ),
    releaseMethodType: Type.Enum([...RELEASE_METHOD_TYPES]),
  },
  closed,
);

const OrderId = Type.String({ format: 'uuid' });
const OrderStatus = Type.Enum(['PENDING', 'READY', 'CLOSED', 'REJECTED']);
const BufferStatus = Type.Enum(['PENDING', 'ACTIVE', 'EXHAUSTED', 'REJECTED', 'CLOSED']);

const PlacedAnswer = Type.Object({
  orderId: OrderId,
  status: OrderStatus,
  productGroup: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
});

const OrderAnswer = Type.Object({
  ...PlacedAnswer.properties,
  releaseMethodType: Type.Enum([...RELEASE_METHOD_TYPES]),
  products: Type.Array(
    Type.Object({
      gtin: Type.String(),
      quantity: Type.Integer(),
      serialNumberType: Type.Enum([...SERIAL_NUMBER_TYPES]),
      cisType: Type.Enum([...CIS_TYPES]),
      bufferStatus: BufferStatus,
      availableCodes: Type.Integer({ description: 'Codes that can be fetched now.' }),
      leftInBuffer: Type.Integer({ description: 'Codes made and not handed over.' }),
      totalPassed: Type.Integer({ description: 'Codes handed over.' }),
      lastPackId: Type.Union([Type.String(), Type.Null()]),
      rejection: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
    }),
  ),
});

const CodesAnswer = Type.Object({
  packId: Type.String({ format: 'uuid' }),
  codes: Type.Array(Type.String({ description: 'A whole code; its parts are separated by GS (\\u001d).' })),
});

const Id = Type.Object({ id: Type.String({ maxLength: TEXT_MAX }) });

export function orderRoutes(deps: OrderRoutesDeps): AnyRoute[] {
  return [placeRoute(deps), getRoute(deps), codesRoute(deps), closeRoute(deps)];
}

function placeRoute({ orders, limits }: OrderRoutesDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/api/v1/orders',
    operationId: 'placeOrder',
    tag: 'orders',
    summary: 'Order marking codes',
    description:
      'Taken whole or refused with everything that is wrong with it. The codes are made after the answer; ' +
      'GET /api/v1/orders/{id} tells when they are ready.',
    access: 'orders',
    body: OrderBody,
    bodyLimitBytes: limits.jsonBodyBytes,
    headers: [
      {
        name: 'Idempotency-Key',
        description: 'The same key and order: the same answer, one order.',
        schema: Type.String({ minLength: 1, maxLength: TEXT_MAX }),
      },
    ],
    responses: { 201: { description: 'The order is taken', schema: PlacedAnswer } },
    handle: async (request) => {
      const key = request.headers['idempotency-key'];
      const placed = await orders.place(askerOf(request), request.body, typeof key === 'string' ? key : undefined);
      const { orderId, productGroup, createdAt } = placed;
      return {
        status: 201,
        headers: { Location: `/api/v1/orders/${orderId}` },
        body: { orderId, status: 'PENDING', productGroup, createdAt: createdAt.toISOString() },
      };
    },
  });
}

function getRoute({ orders }: OrderRoutesDeps): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/orders/:id',
    operationId: 'getOrder',
    tag: 'orders',
    summary: 'State of an order and of the codes of each GTIN',
    access: 'orders',
    params: Id,
    responses: { 200: { description: 'The order', schema: OrderAnswer } },
    handle: async (request) => {
      const view = await orders.get(askerOf(request), request.params.id);
      return { status: 200, body: orderAnswer(view, request.language) };
    },
  });
}

function codesRoute({ orders }: OrderRoutesDeps): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/orders/:id/codes',
    operationId: 'fetchCodes',
    tag: 'orders',
    summary: 'Fetch the next pack of codes',
    description:
      'A pack is confirmed by asking for the next one with its id in `lastPackId`; the same `lastPackId` (or none) ' +
      'gives the same pack again, whatever the quantity. While the codes are being made the answer is 409 with ' +
      'Retry-After; with `Prefer: wait=N` it waits up to N seconds for them. As CSV: one code per line, no heading, ' +
      'RFC 4180 quotes where a code holds a comma or a quotation mark, the pack’s id in X-Pack-Id.',
    access: 'orders',
    params: Id,
    query: Type.Object(
      {
        gtin: Type.String({ maxLength: TEXT_MAX }),
        quantity: Type.Optional(Type.Integer({ description: 'Default: all that is left, up to the pack limit.' })),
        lastPackId: Type.Optional(Type.String({ maxLength: TEXT_MAX })),
        format: Type.Optional(Type.Enum(['json', 'csv'])),
      },
      closed,
    ),
    headers: [{ name: 'Prefer', description: '`wait=N`, seconds.', schema: Type.String({ maxLength: 200 }) }],
    responses: {
      200: { description: 'The pack (as text/csv with format=csv)', schema: CodesAnswer },
      409: { description: 'Not ready, exhausted or closed', contentType: 'application/problem+json' },
    },
    handle: async (request) => {
      const { gtin, quantity, lastPackId, format = 'json' } = request.query;
      const pack = await orders.fetch(askerOf(request), {
        orderId: request.params.id,
        gtin,
        quantity,
        lastPackId,
        format,
        waitSeconds: waitOf(request.headers['prefer']),
        signal: request.signal,
      });
      return {
        status: 200,
        headers: { 'X-Pack-Id': pack.packId, 'Cache-Control': 'no-store' },
        contentType: format === 'csv' ? 'text/csv; charset=utf-8; header=absent' : 'application/json',
        stream: pack.stream,
      };
    },
  });
}

function closeRoute({ orders }: OrderRoutesDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/api/v1/orders/:id/close',
    operationId: 'closeOrder',
    tag: 'orders',
    summary: 'Close an order: no new packs, repeated fetches only',
    access: 'orders',
    params: Id,
    responses: {
      200: { description: 'The closed order', schema: OrderAnswer },
      409: { description: 'Codes are still being made', contentType: 'application/problem+json' },
    },
    handle: async (request) => {
      const view = await orders.close(askerOf(request), request.params.id);
      return { status: 200, body: orderAnswer(view, request.language) };
    },
  });
}

function askerOf({ principal, ip, trace }: RouteRequest<unknown, unknown, unknown>): Asker {
  return { bin: principal.bin, ip, trace };
}

/** RFC 7240 `wait`, in seconds. */
function waitOf(prefer: string | string[] | undefined): number {
  return Number(/(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(String(prefer ?? ''))?.[1] ?? 0);
}

function orderAnswer({ order, lines }: OrderView, language: Language): object {
  return {
    orderId: order.orderId,
    status: order.status.toUpperCase(),
    productGroup: order.productGroup,
    createdAt: order.createdAt.toISOString(),
    releaseMethodType: order.releaseMethodType,
    products: lines.map((line) => lineAnswer(line, language)),
  };
}

function lineAnswer(line: LineView, language: Language): object {
  const made = line.status !== 'pending' && line.status !== 'rejected';
  const left = made ? line.quantity - line.handedOver : 0;
  return {
    gtin: line.gtin,
    quantity: line.quantity,
    serialNumberType: line.serialNumberType,
    cisType: line.cisType.toUpperCase(),
    bufferStatus: line.status.toUpperCase(),
    availableCodes: line.status === 'active' ? left : 0,
    leftInBuffer: left,
    totalPassed: line.handedOver,
    lastPackId: line.lastPackId,
    ...(line.rejectionCode === null ? {} : { rejection: rejectionOf(line.rejectionCode, language) }),
  };
}

function rejectionOf(code: string, language: Language): { code: string; message: string } {
  return { code, message: isErrorCode(code) ? errorText(code, language) : code };
}
