import type { Problem } from '../../errors.ts';
import { dueAfterOutages } from '../../outages/grace.ts';
import { workingDaysAfter } from '../../reference/working-days.ts';
import { endOfDay, instantOf } from '../dates.ts';
import type { DocumentHeader, DocumentRule } from './form.ts';
import { dateOf, notADate, ORDER_44, problem, textOf } from './form.ts';

/** Goods in circulation may be older than marking, not older than industry: an earlier year is a slip. */
const EARLIEST_DAY = '1900-01-01';
const EARLIEST = new Date(`${EARLIEST_DAY}T00:00:00Z`);

function implausible(header: DocumentHeader, name: string, now: Date, prefix = ''): Problem[] {
  if (header[name] === undefined) return [];
  const date = dateOf(header, name);
  const path = `/body${prefix}/${name}`;
  if (date === null) return [notADate(path)];
  if (date < EARLIEST) return [problem('documents.date_too_early', path, { earliest: EARLIEST_DAY })];
  return date > now ? [problem('documents.date_in_future', path)] : [];
}

/** A day of the calendar, not before 1900, not in the future. */
export function plausible(name: string): DocumentRule {
  return {
    name: `${name}_is_plausible`,
    severity: 'error',
    says: ['documents.invalid', 'documents.date_too_early', 'documents.date_in_future'],
    source: null,
    effectiveFrom: null,
    check: (header, { now }) => implausible(header, name, now),
  };
}

/** The same for a paper with number and date inside the header. */
export function plausiblePaper(field: string): DocumentRule {
  return {
    ...plausible('date'),
    name: `date_of_${field}_is_plausible`,
    check: (header, { now }) => {
      const paper = header[field];
      return typeof paper === 'object' && paper !== null ? implausible({ ...paper }, 'date', now, `/${field}`) : [];
    },
  };
}

export const EXPIRY_AFTER_PRODUCTION: DocumentRule = {
  name: 'expiry_after_production',
  severity: 'error',
  says: ['documents.invalid', 'documents.expiry_before_production'],
  source: null,
  effectiveFrom: null,
  check: (header) => {
    const production = dateOf(header, 'productionDate');
    const expiry = textOf(header, 'expiryDate');
    if (production === null || expiry === null) return [];
    const path = '/body/expiryDate';
    if (instantOf(expiry) === null) return [notADate(path)];
    return endOfDay(expiry).getTime() <= production.getTime()
      ? [problem('documents.expiry_before_production', path)]
      : [];
  },
};

/**
 * Reports late are taken: the duty has been done, and its lateness is on record. What fell due in an outage may be keyed
 * in within one working day after its end (p.35, 39); what comes even later is late with that ground.
 */
export function inTime(name: string, workingDays: number, paragraph: string): DocumentRule {
  return {
    name: `${name}_within_${workingDays}_working_days`,
    severity: 'warning',
    says: ['documents.late', 'documents.late_after_outage'],
    source: `${ORDER_44}, ${paragraph}`,
    effectiveFrom: null,
    check: (header, { receivedAt, outages }) => {
      const date = dateOf(header, name);
      if (date === null) return [];
      const due = workingDaysAfter(date, workingDays);
      if (receivedAt <= due) return [];
      const keyInBy = dueAfterOutages(due, outages);
      if (keyInBy === null || receivedAt <= keyInBy) return [];
      const path = `/body/${name}`;
      const details = { due: due.toISOString() };
      return keyInBy > due
        ? [problem('documents.late_after_outage', path, { ...details, keyInBy: keyInBy.toISOString() })]
        : [problem('documents.late', path, details)];
    },
  };
}
