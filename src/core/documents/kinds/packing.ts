import type { KindRules } from './form.ts';
import { asReceived, bodyOf, Sscc, TRADERS } from './form.ts';

/** What is inside what. */
export const PACKING = {
  aggregation: {
    summary: 'Packing: the codes are now inside the transport package with this SSCC.',
    header: bodyOf({ sscc: Sscc }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: asReceived,
    rules: [],
  },
  reaggregation: {
    summary: 'Packing more into a transport package that is there already.',
    header: bodyOf({ sscc: Sscc }),
    codes: 'required',
    roles: TRADERS,
    occurredAt: asReceived,
    rules: [],
  },
  removal: {
    summary: 'Taking codes out of all the packages that they are in; they stand alone afterwards.',
    header: bodyOf({}),
    codes: 'required',
    roles: TRADERS,
    occurredAt: asReceived,
    rules: [],
  },
  disaggregation: {
    summary: 'Breaking up a transport package: its content moves up one level.',
    header: bodyOf({ sscc: Sscc }),
    codes: 'none',
    roles: TRADERS,
    occurredAt: asReceived,
    rules: [],
  },
} as const satisfies Record<string, KindRules>;
