import Type from 'typebox';
import { seesEverything } from '../access/permissions.ts';
import { errorText } from '../core/errors.ts';
import type { AnomalyList } from '../core/receipts/anomaly-list.ts';
import { type AnyRoute, route } from './route.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

const Time = Type.String({ format: 'date-time', maxLength: 40 });

const AnomalyAnswer = Type.Object({
  anomalyId: Type.String({ format: 'uuid' }),
  recordedAt: Time,
  at: Type.String({ format: 'date-time', description: 'Of the receipt.' }),
  kind: Type.String(),
  message: Type.String(),
  cis: Type.String({ description: 'The code, or what stood in its place.' }),
  gtin: Type.Union([Type.String(), Type.Null()]),
  receiptId: Type.String({ format: 'uuid' }),
  registerId: Type.Union([Type.String(), Type.Null()]),
  seller: Type.String(),
  owner: Type.Union([Type.String(), Type.Null()]),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
});

export function anomalyRoutes(anomalies: AnomalyList): AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/anomalies',
      operationId: 'listAnomalies',
      tag: 'receipts',
      summary: 'What was wrong about receipts, oldest first',
      description: 'Of what one sold or owned; authorities and the operator see all, and that is written down.',
      access: 'codes',
      query: Type.Object({
        from: Type.Optional(Time),
        to: Type.Optional(Time),
        kind: Type.Optional(Type.String({ pattern: '^[a-z_]{1,60}$' })),
        gtin: Type.Optional(Type.String({ pattern: '^[0-9]{14}$' })),
        after: Type.Optional(Type.String({ format: 'uuid', description: '`next` of the page before.' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
      }),
      responses: {
        200: {
          description: 'A page',
          schema: Type.Object({ anomalies: Type.Array(AnomalyAnswer), next: Type.Union([Type.String(), Type.Null()]) }),
        },
      },
      handle: async ({ principal, ip, query, language }) => {
        const { from, to, kind = null, gtin = null, after = null, limit = PAGE_DEFAULT } = query;
        const found = await anomalies.page(
          { bin: principal.bin, ip, seesEverything: seesEverything(principal) },
          {
            from: from === undefined ? null : new Date(from),
            to: to === undefined ? null : new Date(to),
            kind,
            gtin,
            after,
            limit,
          },
        );
        const body = found.map(({ recordedAt, at, ...anomaly }) => ({
          ...anomaly,
          recordedAt: recordedAt.toISOString(),
          at: at.toISOString(),
          message: errorText(`receipts.${anomaly.kind}`, language),
        }));
        const next = found.length === limit ? (found.at(-1)?.anomalyId ?? null) : null;
        return { status: 200, body: { anomalies: body, next } };
      },
    }),
  ];
}
