import Type from 'typebox';
import { instantOf } from '../core/documents/dates.ts';
import { TanbaError } from '../core/errors.ts';
import type { PrintReport, Prints } from '../core/prints/prints.ts';
import { PRINT_KINDS } from '../core/prints/prints.ts';
import { nullable } from './nullable.ts';
import { After, askerOf, closed, Limit, nextAfter, pageOf, Time, Uuid } from './participant-schemas.ts';
import { type AnyRoute, route } from './route.ts';

const BASE = '/api/v1/prints';
const BODY_BYTES = 16_384;
const DEVICE_MAX = 100;
const REASON_MAX = 500;
const KEY_MAX = 255;
const TIME_MAX = 40;
const COUNT_MAX = 1_000_000;

const text = (maxLength: number, example: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cs}]+$', examples: [example] });

const PrintBody = Type.Object(
  {
    orderId: Uuid,
    gtin: Type.String({ pattern: '^[0-9]{14}$' }),
    kind: Type.Enum([...PRINT_KINDS]),
    count: Type.Integer({ minimum: 1, maximum: COUNT_MAX, description: 'How many codes.' }),
    printedAt: Type.String({ format: 'date-time', maxLength: TIME_MAX }),
    device: Type.Optional(text(DEVICE_MAX, 'Videojet 6330, line 2')),
    reason: Type.Optional(text(REASON_MAX, 'Smeared labels')),
  },
  closed,
);

const ReportAnswer = Type.Object({
  reportId: Uuid,
  gtin: Type.String(),
  kind: Type.Enum([...PRINT_KINDS]),
  count: Type.Integer(),
  printedAt: Time,
  device: nullable(Type.String()),
  reason: nullable(Type.String()),
  reportedAt: Time,
});

const PrintPage = Type.Object({
  totals: Type.Array(
    Type.Object({
      gtin: Type.String(),
      handedOver: Type.Integer(),
      printed: Type.Integer(),
      reprinted: Type.Integer(),
    }),
  ),
  reports: Type.Array(ReportAnswer),
  next: nullable(Uuid),
});

/** What came out of printers, as whoever ordered the codes reports it. */
export function printRoutes(prints: Prints): AnyRoute[] {
  return [reportRoute(prints), listRoute(prints)];
}

function reportRoute(prints: Prints): AnyRoute {
  return route({
    method: 'post',
    path: BASE,
    operationId: 'reportPrint',
    tag: 'prints',
    summary: 'Report that codes of an order were printed, or printed again',
    description: 'Prints together are no more than the codes handed over; a reprint has a reason and is counted apart.',
    access: 'orders',
    body: PrintBody,
    bodyLimitBytes: BODY_BYTES,
    headers: [
      {
        name: 'Idempotency-Key',
        description: 'The same key and report: the same answer, counted once.',
        schema: Type.String({ minLength: 1, maxLength: KEY_MAX }),
      },
    ],
    responses: { 201: { description: 'Counted', schema: ReportAnswer } },
    handle: async (request) => {
      const { printedAt: printedText, device = null, reason = null, ...body } = request.body;
      const printedAt = instantOf(printedText);
      if (printedAt === null) {
        throw new TanbaError('request.value_format', { path: '/printedAt', details: { format: 'date-time' } });
      }
      const key = request.headers['idempotency-key'];
      const print = { ...body, printedAt, device, reason };
      const report = await prints.report(askerOf(request), print, typeof key === 'string' ? key : null);
      return { status: 201, body: reportAnswer(report) };
    },
  });
}

function listRoute(prints: Prints): AnyRoute {
  return route({
    method: 'get',
    path: BASE,
    operationId: 'listPrints',
    tag: 'prints',
    summary: 'Prints of an order: sums by GTIN, and the reports, oldest first',
    description:
      'For whoever placed the order, for the operator and for authorities; a look of the latter two leaves an audit row.',
    access: 'codes',
    query: Type.Object({ orderId: Uuid, after: After, limit: Limit }, closed),
    responses: { 200: { description: 'A page', schema: PrintPage } },
    handle: async (request) => {
      const page = pageOf(request.query);
      const { totals, reports } = await prints.list(askerOf(request), request.query.orderId, page);
      const next = nextAfter(reports, page.limit, ({ reportId }) => reportId);
      return { status: 200, body: { totals, reports: reports.map(reportAnswer), next } };
    },
  });
}

function reportAnswer({ printedAt, reportedAt, ...report }: PrintReport) {
  return { ...report, printedAt: printedAt.toISOString(), reportedAt: reportedAt.toISOString() };
}
