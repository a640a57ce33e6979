import Type from 'typebox';
import { gtinProblem } from '../../codes/code-parts.ts';
import type { Problem } from '../../errors.ts';
import { isValidBin } from '../../participants/bin.ts';
import { plausible } from './dates.ts';
import type { DocumentRule, KindRules } from './form.ts';
import {
  asReceived,
  BusinessDate,
  bodyOf,
  closed,
  DocumentId,
  occurredOn,
  oneOf,
  problem,
  TRADERS,
  text,
  textOf,
} from './form.ts';

const LINES_MAX = 1_000;
/** Over this, in tiyn, a sum of a thousand lines is no safe integer any more. */
const PRICE_MAX = 1_000_000_000_000;

/** One line of the accompanying document: what is said of all its goods with this GTIN. */
const GoodsLine = closed({
  gtin: Type.String({ pattern: '^[0-9]{14}$' }),
  quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  priceTiyn: Type.Optional(Type.Integer({ minimum: 0, maximum: PRICE_MAX, description: 'Of one piece, without VAT.' })),
  vatPercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  originSign: Type.Optional(oneOf(['1', '2', '3', '4', '5', '6'])),
  customsDeclaration: Type.Optional(text(40)),
});

const Transport = closed({
  kind: oneOf(['ROAD', 'RAIL', 'AIR', 'SEA', 'PIPELINE', 'OTHER']),
  number: Type.Optional(text(40)),
  carrier: Type.Optional(Type.String({ pattern: '^[0-9]{12}$', description: 'BIN or IIN.' })),
});

const RECEIVER: DocumentRule = {
  name: 'receiver_is_somebody_else',
  severity: 'error',
  says: ['participants.bin_invalid', 'transfers.to_oneself'],
  source: null,
  effectiveFrom: null,
  check: (header, { sender }) => {
    const receiver = textOf(header, 'receiver') ?? '';
    if (!isValidBin(receiver)) return [problem('participants.bin_invalid', '/body/receiver', { bin: receiver })];
    return receiver === sender ? [problem('transfers.to_oneself', '/body/receiver')] : [];
  },
};

const GOODS_LINES: DocumentRule = {
  name: 'goods_lines_name_each_gtin_once',
  severity: 'error',
  says: ['code.gtin_check_digit', 'documents.gtin_repeated'],
  source: null,
  effectiveFrom: null,
  check: (header) => {
    const { goods } = header;
    if (!Array.isArray(goods)) return [];
    const seen = new Set<string>();
    return goods.flatMap((line: unknown, index): Problem[] => {
      const gtin = typeof line === 'object' && line !== null && 'gtin' in line ? String(line.gtin) : '';
      const path = `/body/goods/${index}/gtin`;
      const fault = gtinProblem(gtin);
      if (fault !== undefined) return [problem(fault, path)];
      if (seen.has(gtin)) return [problem('documents.gtin_repeated', path, { gtin })];
      seen.add(gtin);
      return [];
    });
  },
};

/** From one participant to another. Ownership moves when the receiver confirms, not before (order 44-н/қ, p.40). */
export const DELIVERY = {
  shipment: {
    summary: 'Accompanying document of goods shipped to another participant; they stay the sender’s until accepted.',
    header: bodyOf({
      receiver: Type.String({ pattern: '^[0-9]{12}$', description: 'BIN or IIN; may register later.' }),
      number: text(64),
      date: BusinessDate,
      basis: Type.Optional(text(200)),
      transport: Type.Optional(Transport),
      goods: Type.Optional(Type.Array(GoodsLine, { minItems: 1, maxItems: LINES_MAX })),
    }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: occurredOn('date'),
    rules: [RECEIVER, plausible('date'), GOODS_LINES],
  },
  acceptance: {
    summary:
      'Acceptance of a shipment: of the codes listed (packages or single goods out of them), or of all that is left.',
    header: bodyOf({ shipmentId: DocumentId }),
    codes: 'optional',
    roles: TRADERS,
    occurredAt: asReceived,
    rules: [],
  },
  refusal: {
    summary: 'Refusal of a shipment, of the codes listed or of all that is left: they go back to the sender.',
    header: bodyOf({ shipmentId: DocumentId, reason: oneOf(['MISSING', 'DAMAGED', 'EXCESS', 'MISMATCH', 'OTHER']) }),
    codes: 'optional',
    roles: TRADERS,
    occurredAt: asReceived,
    rules: [],
  },
  shipment_cancellation: {
    summary: 'The sender takes back what has not been accepted or refused of a shipment.',
    header: bodyOf({ shipmentId: DocumentId }),
    codes: 'none',
    roles: TRADERS,
    occurredAt: asReceived,
    rules: [],
  },
} as const satisfies Record<string, KindRules>;

/** Acceptance is due within so many working days of the shipment's registration (order 44-н/қ, p.38). */
export const ACCEPTANCE_WORKING_DAYS = 15;
