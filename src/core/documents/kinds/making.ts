import Type from 'typebox';
import { EXPIRY_AFTER_PRODUCTION, inTime, plausible, plausiblePaper } from './dates.ts';
import type { DocumentRule, KindRules } from './form.ts';
import { BusinessDate, bodyOf, closed, ORDER_44, occurredOn, oneOf, problem, TRADERS, text } from './form.ts';

/** COMMISSION: bought from individuals; REMAINS: stock from before the duty to mark. */
export const INTRODUCTION_TYPES = ['PRODUCTION', 'IMPORT', 'COMMISSION', 'REMAINS'] as const;

const PRODUCTION_FACTS = {
  productionDate: BusinessDate,
  expiryDate: Type.Optional(BusinessDate),
  batch: Type.Optional(text(64)),
};

const CUSTOMS_DECLARATION_OF_IMPORT: DocumentRule = {
  name: 'import_has_customs_declaration',
  severity: 'error',
  says: ['documents.customs_declaration_missing'],
  source: `${ORDER_44}, p.33(2), 34`,
  effectiveFrom: null,
  check: (header) =>
    header['introductionType'] === 'IMPORT' && header['customsDeclaration'] === undefined
      ? [problem('documents.customs_declaration_missing', '/body/customsDeclaration')]
      : [],
};

/** From the code on paper to the goods in circulation. */
export const MAKING = {
  utilisation: {
    summary: 'Application report: the codes have been applied to goods.',
    header: bodyOf(PRODUCTION_FACTS),
    codes: 'required',
    roles: TRADERS,
    occurredAt: occurredOn('productionDate'),
    rules: [plausible('productionDate'), EXPIRY_AFTER_PRODUCTION],
  },
  introduction: {
    summary: 'Introduction into circulation: own production, import, bought from individuals, or stock.',
    header: bodyOf({
      introductionType: oneOf(INTRODUCTION_TYPES),
      date: BusinessDate,
      customsDeclaration: Type.Optional(closed({ number: text(40), date: BusinessDate })),
    }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: occurredOn('date'),
    rules: [plausible('date'), CUSTOMS_DECLARATION_OF_IMPORT, plausiblePaper('customsDeclaration')],
  },
  correction: {
    summary: 'Correction of what the application report said of the goods: these dates and batch stand in its place.',
    header: bodyOf({ ...PRODUCTION_FACTS, changedOn: Type.Optional(BusinessDate) }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: occurredOn('changedOn'),
    rules: [
      plausible('productionDate'),
      EXPIRY_AFTER_PRODUCTION,
      plausible('changedOn'),
      inTime('changedOn', 3, 'p.57'),
    ],
  },
} as const satisfies Record<string, KindRules>;
