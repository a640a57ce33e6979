import type { TSchema } from 'typebox';
import Type from 'typebox';
import type { Role } from '../../../access/permissions.ts';
import type { ErrorCode, Problem } from '../../errors.ts';
import type { Outage } from '../../outages/grace.ts';
import { instantOf } from '../dates.ts';

/** The body of a document without its codes: validated, kept beside the raw document. */
export type DocumentHeader = Readonly<Record<string, unknown>>;

/** Whether a document lists codes. Optional: without them it concerns all that is left of what it refers to. */
export type CodesOfKind = 'required' | 'optional' | 'none';

/** What a rule may look at besides the header. */
export interface RuleContext {
  readonly sender: string;
  readonly now: Date;
  readonly receivedAt: Date;
  /** Announced by the operator, by their beginning. */
  readonly outages: readonly Outage[];
}

/** One thing that the schema cannot say. */
export interface DocumentRule {
  readonly name: string;
  /** A document with an error has no effect; a warning is kept with it and told. */
  readonly severity: 'error' | 'warning';
  /** The codes with which it speaks; their texts are in the table of errors. */
  readonly says: readonly ErrorCode[];
  /** The law's paragraph, where it comes from one. */
  readonly source: string | null;
  /** ISO date from which it holds, by the time of receipt; null: always. */
  readonly effectiveFrom: string | null;
  readonly check: (header: DocumentHeader, context: RuleContext) => readonly Problem[];
}

export interface KindRules {
  readonly summary: string;
  /** Schema of the body without `codes`. */
  readonly header: TSchema;
  readonly codes: CodesOfKind;
  /** Who may send it. */
  readonly roles: readonly Role[];
  /** Business date of the effects; the time of receipt where the header names none. */
  readonly occurredAt: (header: DocumentHeader, receivedAt: Date) => Date;
  readonly rules: readonly DocumentRule[];
}

/** Those who deal in goods. */
export const TRADERS: readonly Role[] = ['manufacturer', 'importer', 'wholesaler', 'retailer'];

/** Not by `format: uuid`, which takes urn:uuid: too; the store does not. */
const UUID = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
export const DocumentId = Type.String({ pattern: UUID });
const PlaceId = Type.String({ pattern: UUID, description: 'One’s own place of business where it happened.' });

export const BusinessDate = Type.Union(
  [Type.String({ format: 'date' }), Type.String({ format: 'date-time', maxLength: 40 })],
  {
    description: 'ISO 8601 date (a day in Kazakhstan, UTC+5) or date and time with zone.',
  },
);
export const oneOf = (names: readonly string[]): TSchema => Type.Union(names.map((name) => Type.Literal(name)));
export const closed = (properties: Record<string, TSchema>): TSchema =>
  Type.Object(properties, { additionalProperties: false });
/** Of every document: what its kind asks for, and where it happened. */
export const bodyOf = (properties: Record<string, TSchema>): TSchema =>
  closed({ ...properties, placeId: Type.Optional(PlaceId) });
/** No control characters and no halves of characters: the store could not keep them. */
export const text = (maxLength: number): TSchema =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\p{Cc}\\p{Cs}]+$' });
export const Sscc = Type.String({
  minLength: 1,
  maxLength: 24,
  description: 'SSCC, 18 digits, with or without AI 00.',
});

export function dateOf(header: DocumentHeader, name: string): Date | null {
  const value = header[name];
  return typeof value === 'string' ? instantOf(value) : null;
}

export function textOf(header: DocumentHeader, name: string): string | null {
  const value = header[name];
  return typeof value === 'string' ? value : null;
}

/** The business date stands in this field, where it is given. */
export const occurredOn =
  (name: string) =>
  (header: DocumentHeader, receivedAt: Date): Date =>
    dateOf(header, name) ?? receivedAt;

export const asReceived = (_header: DocumentHeader, receivedAt: Date): Date => receivedAt;

export function problem(code: ErrorCode, path: string, details?: Problem['details']): Problem {
  return details === undefined ? { code, path } : { code, path, details };
}

/** Zones like +05 and leap seconds pass the schema, but name no instant that we can read. */
export function notADate(path: string): Problem {
  return problem('documents.invalid', path, { problem: 'not a date and time with zone' });
}

/** An order of the Ministry of Energy that reads as the template of all product groups' rules. */
export const ORDER_44 = 'order 44-н/қ of 30.01.2026';
