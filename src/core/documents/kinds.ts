import type { TSchema } from 'typebox';
import Type from 'typebox';
import type { ErrorCode, Problem } from '../errors.ts';
import { REASON_RETAIL } from '../lifecycle/transitions.ts';
import { endOfDay, instantOf } from './dates.ts';

export const DOCUMENT_KINDS = [
  'utilisation',
  'introduction',
  'aggregation',
  'disaggregation',
  'withdrawal',
  'return',
  'write_off',
] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

export function isDocumentKind(value: unknown): value is DocumentKind {
  return DOCUMENT_KINDS.some((kind) => kind === value);
}

/** The body of a document without its codes: validated, kept beside the raw document. */
export type DocumentHeader = Readonly<Record<string, unknown>>;

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

const BusinessDate = Type.Union(
  [Type.String({ format: 'date' }), Type.String({ format: 'date-time', maxLength: 40 })],
  {
    description: 'ISO 8601 date (a day in Kazakhstan, UTC+5) or date and time with zone.',
  },
);
const oneOf = (names: readonly string[]): TSchema => Type.Union(names.map((name) => Type.Literal(name)));
const closed = (properties: Record<string, TSchema>): TSchema =>
  Type.Object(properties, { additionalProperties: false });
/** No control characters and no halves of characters: the store could not keep them. */
const text = (maxLength: number): TSchema => Type.String({ minLength: 1, maxLength, pattern: '^[^\\p{Cc}\\p{Cs}]+$' });
const Sscc = Type.String({ minLength: 1, maxLength: 24, description: 'SSCC, 18 digits, with or without AI 00.' });

export interface KindRules {
  readonly summary: string;
  /** Schema of the body without `codes`. */
  readonly header: TSchema;
  readonly hasCodes: boolean;
  /** Business date of the effects; the time of receipt where the header names none. */
  readonly occurredAt: (header: DocumentHeader, receivedAt: Date) => Date;
  /** What the schema cannot say. */
  readonly check: (header: DocumentHeader, now: Date) => readonly Problem[];
}

/** Every kind of document, as data. A new kind is a row here and an effect in `effects.ts`. */
export const KINDS: Readonly<Record<DocumentKind, KindRules>> = {
  utilisation: {
    summary: 'Application report: the codes have been applied to goods.',
    header: closed({
      productionDate: BusinessDate,
      expiryDate: Type.Optional(BusinessDate),
      batch: Type.Optional(text(64)),
    }),
    hasCodes: true,
    occurredAt: (header, receivedAt) => dateOf(header, 'productionDate') ?? receivedAt,
    check: (header, now) => [...plausibleDate(header, 'productionDate', now), ...expiryAfterProduction(header)],
  },
  introduction: {
    summary: 'Introduction into circulation, of own production or of an import.',
    header: closed({
      introductionType: oneOf(['PRODUCTION', 'IMPORT']),
      date: BusinessDate,
      customsDeclaration: Type.Optional(closed({ number: text(40), date: BusinessDate })),
    }),
    hasCodes: true,
    occurredAt: (header, receivedAt) => dateOf(header, 'date') ?? receivedAt,
    check: (header, now) => [...plausibleDate(header, 'date', now), ...customsDeclaration(header, now)],
  },
  aggregation: {
    summary: 'Packing: the codes are now inside the transport package with this SSCC.',
    header: closed({ sscc: Sscc }),
    hasCodes: true,
    occurredAt: (_header, receivedAt) => receivedAt,
    check: () => [],
  },
  disaggregation: {
    summary: 'Breaking up a transport package: its content moves up one level.',
    header: closed({ sscc: Sscc }),
    hasCodes: false,
    occurredAt: (_header, receivedAt) => receivedAt,
    check: () => [],
  },
  withdrawal: {
    summary: 'Withdrawal from circulation other than by a cash register.',
    header: closed({ reason: oneOf(WITHDRAWAL_REASONS), date: BusinessDate }),
    hasCodes: true,
    occurredAt: (header, receivedAt) => dateOf(header, 'date') ?? receivedAt,
    check: (header, now) => plausibleDate(header, 'date', now),
  },
  return: {
    summary: 'Return into circulation of withdrawn goods.',
    header: closed({ reason: Type.Optional(oneOf(RETURN_REASONS)), date: Type.Optional(BusinessDate) }),
    hasCodes: true,
    occurredAt: (header, receivedAt) => dateOf(header, 'date') ?? receivedAt,
    check: (header, now) => plausibleDate(header, 'date', now),
  },
  write_off: {
    summary: 'Write-off of spoiled, lost or destroyed codes or goods; final.',
    header: closed({ reason: oneOf(WRITE_OFF_REASONS), date: Type.Optional(BusinessDate) }),
    hasCodes: true,
    occurredAt: (header, receivedAt) => dateOf(header, 'date') ?? receivedAt,
    check: (header, now) => plausibleDate(header, 'date', now),
  },
};

function dateOf(header: DocumentHeader, name: string): Date | null {
  const value = header[name];
  return typeof value === 'string' ? instantOf(value) : null;
}

/** Goods in circulation may be older than marking, not older than industry: an earlier year is a slip. */
const EARLIEST_DAY = '1900-01-01';
const EARLIEST = new Date(`${EARLIEST_DAY}T00:00:00Z`);

function plausibleDate(header: DocumentHeader, name: string, now: Date, prefix = ''): Problem[] {
  if (header[name] === undefined) return [];
  const date = dateOf(header, name);
  const path = `/body${prefix}/${name}`;
  if (date === null) return [notADate(path)];
  if (date < EARLIEST) return [{ ...problem('documents.date_too_early', path), details: { earliest: EARLIEST_DAY } }];
  return date > now ? [problem('documents.date_in_future', path)] : [];
}

function expiryAfterProduction(header: DocumentHeader): Problem[] {
  const production = dateOf(header, 'productionDate');
  const expiry = header['expiryDate'];
  if (production === null || typeof expiry !== 'string') return [];
  if (instantOf(expiry) === null) return [notADate('/body/expiryDate')];
  return endOfDay(expiry).getTime() <= production.getTime()
    ? [problem('documents.expiry_before_production', '/body/expiryDate')]
    : [];
}

function customsDeclaration(header: DocumentHeader, now: Date): Problem[] {
  const declaration = header['customsDeclaration'];
  if (typeof declaration === 'object' && declaration !== null) {
    return plausibleDate({ ...declaration }, 'date', now, '/customsDeclaration');
  }
  return header['introductionType'] === 'IMPORT'
    ? [problem('documents.customs_declaration_missing', '/body/customsDeclaration')]
    : [];
}

/** Zones like +05 and leap seconds pass the schema, but name no instant that we can read. */
function notADate(path: string): Problem {
  return { code: 'documents.invalid', path, details: { problem: 'not a date and time with zone' } };
}

function problem(code: ErrorCode, path: string): Problem {
  return { code, path };
}
