import Type from 'typebox';
import type { Problem } from '../../errors.ts';
import { isValidBin } from '../../participants/bin.ts';
import { plausiblePaper } from './dates.ts';
import type { DocumentRule, KindRules } from './form.ts';
import {
  asReceived,
  BusinessDate,
  bodyOf,
  closed,
  DocumentId,
  ORDER_44,
  oneOf,
  problem,
  text,
  textOf,
} from './form.ts';

export const BLOCKING_REASONS = ['RECALL', 'SAFETY', 'COUNTERFEIT', 'COURT', 'INSPECTION', 'OTHER'] as const;

const Ground = closed({ kind: text(100), number: text(64), date: BusinessDate });

/** Released into circulation means imported: the document stands for the importer's introduction. */
const INTRODUCED_AS_IMPORT: DocumentRule = {
  name: 'release_into_circulation_is_an_import',
  severity: 'error',
  says: ['customs.introduction_type_missing', 'documents.customs_declaration_missing'],
  source: `${ORDER_44}, p.33(2), 34`,
  effectiveFrom: null,
  check: (header) => {
    if (header['introduce'] !== true) return [];
    const problems: Problem[] = [];
    if (header['introductionType'] !== 'IMPORT')
      problems.push(problem('customs.introduction_type_missing', '/body/introductionType'));
    if (header['customsDeclaration'] === undefined)
      problems.push(problem('documents.customs_declaration_missing', '/body/customsDeclaration'));
    return problems;
  },
};

const IMPORTER: DocumentRule = {
  name: 'importer_has_a_right_bin',
  severity: 'error',
  says: ['participants.bin_invalid'],
  source: null,
  effectiveFrom: null,
  check: (header) => {
    const bin = textOf(header, 'importer');
    return bin === null || isValidBin(bin) ? [] : [problem('participants.bin_invalid', '/body/importer', { bin })];
  },
};

/** What an authority orders about anybody's goods, each time with its ground. */
export const AUTHORITY = {
  blocking: {
    summary: 'An authority blocks goods, with everything inside the packages named, until its release.',
    header: bodyOf({ reason: oneOf(BLOCKING_REASONS), ground: Ground }),
    codes: 'required',
    roles: ['authority'],
    occurredAt: asReceived,
    rules: [plausiblePaper('ground')],
  },
  release: {
    summary: 'The end of a blocking: of the codes listed, or of all that are still blocked by it.',
    header: bodyOf({ blockingId: DocumentId, ground: Ground }),
    codes: 'optional',
    roles: ['authority'],
    occurredAt: asReceived,
    rules: [plausiblePaper('ground')],
  },
  customs_control: {
    summary: 'Customs hold goods before their introduction, each package by its one row, until their release.',
    header: bodyOf({ ground: Ground }),
    codes: 'required',
    roles: ['authority'],
    occurredAt: asReceived,
    rules: [plausiblePaper('ground')],
  },
  customs_release: {
    summary:
      'Customs let goods go; with `introduce` they are in circulation, and everything in the packages with them.',
    header: bodyOf({
      ground: Ground,
      introduce: Type.Boolean(),
      introductionType: Type.Optional(oneOf(['IMPORT'])),
      customsDeclaration: Type.Optional(closed({ number: text(40), date: BusinessDate })),
      importer: Type.Optional(Type.String({ pattern: '^[0-9]{12}$', description: 'BIN or IIN.' })),
    }),
    codes: 'required',
    roles: ['authority'],
    occurredAt: asReceived,
    rules: [plausiblePaper('ground'), INTRODUCED_AS_IMPORT, plausiblePaper('customsDeclaration'), IMPORTER],
  },
} as const satisfies Record<string, KindRules>;
