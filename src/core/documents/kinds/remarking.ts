import Type from 'typebox';
import type { Problem } from '../../errors.ts';
import { plausible } from './dates.ts';
import type { DocumentRule, KindRules } from './form.ts';
import { BusinessDate, bodyOf, occurredOn, oneOf, problem, TRADERS, text } from './form.ts';
import { OTHER_IS_EXPLAINED } from './leaving.ts';

const REMARKING_REASONS = ['DAMAGED', 'LOST', 'DESCRIPTION_ERROR', 'OTHER'] as const;

const CODES_MAX = 10_000;
const CIS_LENGTH_MAX = 128;
/** More repetitions than this are one mistake, told often enough. */
const REPETITIONS_TOLD = 100;

const EACH_OLD_CODE_ONCE: DocumentRule = {
  name: 'each_old_code_once',
  severity: 'error',
  says: ['remarking.old_repeated'],
  source: null,
  effectiveFrom: null,
  check: ({ replaces }) => {
    const seen = new Set<unknown>();
    const problems: Problem[] = [];
    for (const [index, cis] of (Array.isArray(replaces) ? replaces : []).entries()) {
      if (seen.has(cis)) problems.push(problem('remarking.old_repeated', `/body/replaces/${index}`));
      if (problems.length >= REPETITIONS_TOLD) break;
      seen.add(cis);
    }
    return problems;
  },
};

/** A new code on goods whose code was damaged, lost or wrong; not needed where the code is undamaged (order 44-н/қ, p.48). */
export const REMARKING = {
  remarking: {
    summary:
      'Re-marking: each new code takes the place of an old one, at the same place of the list, that has left circulation.',
    header: bodyOf({
      replaces: Type.Array(text(CIS_LENGTH_MAX), {
        minItems: 1,
        maxItems: CODES_MAX,
        description: 'The old codes, each by its first part (AI 01 and 21), in the order of `codes`.',
      }),
      reason: oneOf(REMARKING_REASONS),
      comment: Type.Optional(text(1_000)),
      date: BusinessDate,
    }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: occurredOn('date'),
    rules: [plausible('date'), EACH_OLD_CODE_ONCE, { ...OTHER_IS_EXPLAINED, source: null }],
  },
} as const satisfies Record<string, KindRules>;
