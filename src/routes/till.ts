import Type from 'typebox';
import type { TillCheck } from '../core/checks/till-check.ts';
import { TILL_REASONS } from '../core/checks/till-reasons.ts';
import type { Clock } from '../core/clock.ts';
import { TanbaError } from '../core/errors.ts';
import { newId } from '../store/ids.ts';
import { type AnyRoute, route } from './route.ts';

export interface TillRoutesDeps {
  readonly tillCheck: TillCheck;
  readonly clock: Clock;
  readonly limits: { readonly codesPerTillCheck: number };
}

const CODE_LENGTH_MAX = 512;
/** A hundred codes with everything that JSON makes of them. */
const BODY_BYTES = 262_144;

const TillCode = Type.Object({
  cis: Type.Union([Type.String(), Type.Null()]),
  mark: Type.Optional(Type.String({ description: 'What was sent, where it is no code.' })),
  gtin: Type.Union([Type.String(), Type.Null()]),
  found: Type.Boolean({ description: 'The code was issued.' }),
  valid: Type.Boolean({ description: 'Well-formed, of goods in the catalogue.' }),
  verified: Type.Union([Type.Boolean(), Type.Null()], { description: 'null: it came without a verification code.' }),
  sold: Type.Boolean(),
  blocked: Type.Boolean(),
  expired: Type.Boolean(),
  expiryDate: Type.Union([Type.String(), Type.Null()]),
  realizable: Type.Boolean({ description: 'May be sold here and now.' }),
  reason: Type.Union([Type.Enum([...TILL_REASONS]), Type.Null()]),
  message: Type.Union([Type.String(), Type.Null()], { description: 'For the cashier.' }),
});

export function tillRoutes({ tillCheck, clock, limits }: TillRoutesDeps): AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/till/check',
      operationId: 'checkAtTill',
      tag: 'receipts',
      summary: 'Whether goods may be sold at this till now',
      description:
        'Answered in time for the 1.5 s that a till waits, or refused with checks.till_too_slow: then the offline block ' +
        'list decides. requestId and at belong into the receipt.',
      access: 'receipts',
      body: Type.Object(
        {
          codes: Type.Array(Type.String({ minLength: 1, maxLength: CODE_LENGTH_MAX }), {
            minItems: 1,
            maxItems: limits.codesPerTillCheck,
            description: 'As scanned.',
          }),
          bin: Type.Optional(
            Type.String({ pattern: '^[0-9]{12}$', description: 'Whose till it is, where an operator asks for it.' }),
          ),
        },
        { additionalProperties: false },
      ),
      bodyLimitBytes: BODY_BYTES,
      responses: {
        200: {
          description: 'Each code, in order',
          schema: Type.Object({
            requestId: Type.String({ format: 'uuid' }),
            at: Type.String({ format: 'date-time' }),
            codes: Type.Array(TillCode),
          }),
        },
      },
      handle: async ({ principal, body, language }) => {
        const { codes, bin = principal.bin } = body;
        if (bin !== principal.bin && principal.role !== 'ofd') {
          throw new TanbaError('receipts.foreign_bin', { path: '/bin' });
        }
        const answers = await tillCheck.check({ bin, language }, codes);
        const at = clock.now();
        return {
          status: 200,
          headers: { 'Cache-Control': 'no-store' },
          body: {
            requestId: newId(at),
            at: at.toISOString(),
            codes: answers,
          },
        };
      },
    }),
  ];
}
