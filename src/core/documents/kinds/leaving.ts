import Type from 'typebox';
import { REASON_RETAIL } from '../../lifecycle/transitions.ts';
import { inTime, plausible, plausiblePaper } from './dates.ts';
import type { DocumentRule, KindRules } from './form.ts';
import { BusinessDate, bodyOf, closed, ORDER_44, occurredOn, oneOf, problem, TRADERS, text } from './form.ts';

/**
 * Retail sale is not among the withdrawal reasons: only a cash register's receipt withdraws by RETAIL
 * (order 44-н/қ, p.41–42).
 */
export const WITHDRAWAL_REASONS = [
  'OWN_USE',
  'PRODUCTION_USE',
  'MEDICAL_USE',
  'DISTANCE',
  'BY_SAMPLES',
  'VENDING',
  'DONATION',
  'STATE_CONTRACT',
  'QA_SAMPLES',
  'DEMO_SAMPLES',
  'EXPORT',
  'EAEU_EXPORT',
  'EXPIRY',
  'DEFECT',
  'RECALL',
  'CONFISCATION',
  'UTILIZATION',
  'LIQUIDATION',
  'OTHER',
] as const;
export const WRITE_OFF_REASONS = ['SPOILED', 'LOST', 'DESTROYED'] as const;
export const RETURN_REASONS = [`${REASON_RETAIL}_RETURN`, 'REMOTE_SALE_RETURN', 'LEGAL_RETURN', 'OTHER'] as const;

/** What somebody else has to have decided or attested: without the act nobody could check it. */
const REASONS_BY_ACT: readonly unknown[] = ['CONFISCATION', 'UTILIZATION', 'LIQUIDATION'];

const ACT_OF_DESTRUCTION: DocumentRule = {
  name: 'destruction_and_confiscation_by_act',
  severity: 'error',
  says: ['documents.act_missing'],
  source: `${ORDER_44}, p.43`,
  effectiveFrom: null,
  check: (header) =>
    REASONS_BY_ACT.includes(header['reason']) && header['primaryDocument'] === undefined
      ? [problem('documents.act_missing', '/body/primaryDocument')]
      : [],
};

export const OTHER_IS_EXPLAINED: DocumentRule = {
  name: 'other_reason_is_explained',
  severity: 'error',
  says: ['documents.comment_missing'],
  source: `${ORDER_44}, p.43`,
  effectiveFrom: null,
  check: (header) =>
    header['reason'] === 'OTHER' && header['comment'] === undefined
      ? [problem('documents.comment_missing', '/body/comment')]
      : [],
};

const EXPLAINED = {
  primaryDocument: Type.Optional(closed({ kind: text(100), number: text(64), date: BusinessDate })),
  comment: Type.Optional(text(1_000)),
};

/** Out of circulation, and back. */
export const LEAVING = {
  withdrawal: {
    summary: 'Withdrawal from circulation other than by a cash register.',
    header: bodyOf({ reason: oneOf(WITHDRAWAL_REASONS), date: BusinessDate, ...EXPLAINED }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: occurredOn('date'),
    rules: [
      plausible('date'),
      ACT_OF_DESTRUCTION,
      OTHER_IS_EXPLAINED,
      plausiblePaper('primaryDocument'),
      inTime('date', 3, 'p.43'),
    ],
  },
  return: {
    summary: 'Return into circulation of withdrawn goods.',
    header: bodyOf({
      reason: Type.Optional(oneOf(RETURN_REASONS)),
      date: Type.Optional(BusinessDate),
      ...EXPLAINED,
    }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: occurredOn('date'),
    rules: [plausible('date'), OTHER_IS_EXPLAINED, plausiblePaper('primaryDocument'), inTime('date', 3, 'p.47')],
  },
  write_off: {
    summary: 'Write-off of spoiled, lost or destroyed codes or goods; final.',
    header: bodyOf({ reason: oneOf(WRITE_OFF_REASONS), date: Type.Optional(BusinessDate), ...EXPLAINED }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: occurredOn('date'),
    rules: [plausible('date'), plausiblePaper('primaryDocument')],
  },
} as const satisfies Record<string, KindRules>;
