import type { Problem } from '../errors.ts';
import type { Outage } from '../outages/grace.ts';
import { instantOf } from './dates.ts';
import type { DocumentRow } from './document-store.ts';
import { KINDS } from './kinds.ts';

/** Runs every rule in force on the header of a document that fits its schema. */
export function checkHeader(
  { kind, header, bin, receivedAt }: Pick<DocumentRow, 'kind' | 'header' | 'bin' | 'receivedAt'>,
  now: Date,
  outages: readonly Outage[] = [],
): { readonly errors: Problem[]; readonly warnings: Problem[] } {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  for (const { severity, effectiveFrom, check } of KINDS[kind].rules) {
    const from = effectiveFrom === null ? null : instantOf(effectiveFrom);
    if (from !== null && receivedAt < from) continue;
    (severity === 'error' ? errors : warnings).push(...check(header, { sender: bin, now, receivedAt, outages }));
  }
  return { errors, warnings };
}
