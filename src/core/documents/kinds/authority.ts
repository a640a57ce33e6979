import { plausiblePaper } from './dates.ts';
import type { KindRules } from './form.ts';
import { asReceived, BusinessDate, bodyOf, closed, DocumentId, oneOf, text } from './form.ts';

export const BLOCKING_REASONS = ['RECALL', 'SAFETY', 'COUNTERFEIT', 'COURT', 'INSPECTION', 'OTHER'] as const;

const Ground = closed({ kind: text(100), number: text(64), date: BusinessDate });

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
} as const satisfies Record<string, KindRules>;
