import Type from 'typebox';
import { Check, Errors } from 'typebox/value';
import { ROLES } from '../../access/permissions.ts';
import { PRODUCT_CARD } from '../catalogue/card.ts';
import { gtinProblem } from '../codes/code-parts.ts';
import { type ParsedCode, parseCode, type SerialLengthOf } from '../codes/gs1.ts';
import { instantOf } from '../documents/dates.ts';
import type { ErrorCode, ErrorDetails } from '../errors.ts';
import { type CodeStatus, isTerminal } from '../lifecycle/transitions.ts';
import { isValidBin } from '../participants/bin.ts';
import type { CopyValue } from './copy-rows.ts';
import { NATIONAL_STATUS_NAMES, ourStatus } from './statuses.ts';

export interface BadLine {
  readonly code: ErrorCode;
  readonly cis?: string;
  readonly details?: ErrorDetails;
}

/** The row to be staged, without its line number, or what is wrong with the line by itself. */
export type ReadLine = { readonly ok: true; readonly row: readonly CopyValue[] } | ({ readonly ok: false } & BadLine);

const STORABLE = '^[^\\u0000\\ud800-\\udfff]*$';
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: STORABLE });
const nullable = (maxLength: number) => Type.Optional(Type.Union([Type.Null(), text(maxLength)]));

const PARTICIPANT = Type.Object({
  bin: text(12),
  name: text(500),
  role: Type.Enum([...ROLES]),
  active: Type.Optional(Type.Boolean()),
});

const PRODUCT = Type.Object({
  gtin: text(14),
  productGroup: text(20),
  ownerBin: text(12),
  card: Type.Unknown(),
  status: Type.Optional(Type.Enum(['published', 'blocked', 'archived'])),
});

const NATIONAL_TYPES = ['unit', 'group', 'set', 'transport'] as const;

// What is more, an export of this system holds more: other fields are passed over.
const CODE = Type.Object({
  code: text(512),
  type: Type.Enum([...NATIONAL_TYPES]),
  status: Type.Enum([...NATIONAL_STATUS_NAMES]),
  owner: nullable(12),
  parent: nullable(512),
  reason: nullable(64),
  productionDate: nullable(40),
  expiryDate: nullable(40),
  batch: nullable(64),
  emittedAt: nullable(40),
  hold: nullable(40),
});

function invalid(schema: Type.TSchema, value: unknown): ReadLine {
  const [first] = Errors(schema, value);
  return fieldInvalid(first === undefined || first.instancePath === '' ? '/' : first.instancePath);
}

function fieldInvalid(field: string): ReadLine {
  return { ok: false, code: 'import.line_invalid', details: { field } };
}

export function readParticipant(value: unknown): ReadLine {
  if (!Check(PARTICIPANT, value)) return invalid(PARTICIPANT, value);
  const { bin, name, role, active = true } = value;
  if (!isValidBin(bin)) return { ok: false, code: 'participants.bin_invalid', details: { bin } };
  if (name.trim() === '') return fieldInvalid('/name');
  return { ok: true, row: [bin, name, role, String(active)] };
}

export function readProduct(value: unknown, isGroup: (name: string) => boolean): ReadLine {
  if (!Check(PRODUCT, value)) return invalid(PRODUCT, value);
  const { gtin, productGroup, ownerBin, card, status = 'published' } = value;
  const problem = gtinProblem(gtin);
  if (problem !== undefined) return { ok: false, code: problem };
  if (!isGroup(productGroup)) return { ok: false, code: 'orders.unknown_product_group', details: { productGroup } };
  if (!Check(PRODUCT_CARD, card)) return { ok: false, code: 'catalogue.card_invalid' };
  return { ok: true, row: [gtin, productGroup, ownerBin, JSON.stringify(card), status] };
}

export interface CodeLineContext {
  readonly serialLengthOf: SerialLengthOf;
  readonly now: Date;
}

export function readCode(value: unknown, { serialLengthOf, now }: CodeLineContext): ReadLine {
  if (!Check(CODE, value)) return invalid(CODE, value);
  const { type, owner = null, parent = null, reason = null, hold = null } = value;
  const parsed = parseCode(value.code, serialLengthOf);
  if (!parsed.ok) return { ok: false, code: parsed.error };
  const { cis, gtin } = parsed.code;
  const bad = (code: ErrorCode, details?: ErrorDetails): ReadLine =>
    details === undefined ? { ok: false, code, cis } : { ok: false, code, cis, details };
  if ((gtin === null) !== (type === 'transport')) return bad('import.type_differs', { type });
  if (gtin !== null && serialLengthOf(gtin) === undefined) return bad('import.gtin_unknown', { gtin });
  if (hold !== null && hold !== 'none') return bad('documents.on_hold', { hold });
  const status = ourStatus(value.status);
  if (status === undefined) return fieldInvalid('/status');
  if (owner === null && parent === null) return bad('import.line_invalid', { field: '/owner' });
  if (reason !== null && !isTerminal(status)) return bad('import.line_invalid', { field: '/reason' });
  if (type === 'transport' && status === 'emitted') return bad('import.package_status', { status: value.status });
  const above = parent === null ? null : parseCode(parent, serialLengthOf);
  if (above !== null && !above.ok) return bad('import.line_invalid', { field: '/parent' });
  const wrongDate = wrongDateOf(value, now);
  if (wrongDate !== null) return bad('import.line_invalid', { field: wrongDate });
  const facts = factsOf(value, type === 'transport' ? null : status);
  const whole = [cis, gtin, type, status, owner, above?.code.cis ?? null, reason, ...facts];
  const emittedAt = typeof value.emittedAt === 'string' ? instantOf(value.emittedAt) : null;
  return { ok: true, row: [...whole, emittedAt?.toISOString() ?? null, keyIdOf(parsed.code)] };
}

interface Dated {
  readonly productionDate?: string | null;
  readonly expiryDate?: string | null;
  readonly batch?: string | null;
  readonly emittedAt?: string | null;
}

const DATED_FIELDS = ['productionDate', 'expiryDate', 'emittedAt'] as const;

/** Goods may be older than marking, not older than industry: an earlier year is a slip. */
const EARLIEST = new Date('1900-01-01T00:00:00Z');

/** No such day, or one that is still to come where it cannot be. */
function wrongDateOf(line: Dated, now: Date): string | null {
  for (const field of DATED_FIELDS) {
    const value = line[field] ?? null;
    if (value === null) continue;
    const date = ISO_DATE.test(value) ? instantOf(value) : null;
    if (date === null || date < EARLIEST || (field !== 'expiryDate' && date > now)) return `/${field}`;
  }
  return null;
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Codes that are not on goods say nothing of goods. */
function factsOf(line: Dated, status: CodeStatus | null): readonly CopyValue[] {
  if (status === null || status === 'emitted') return [null, null, null];
  return [line.productionDate ?? null, line.expiryDate ?? null, line.batch ?? null];
}

function keyIdOf({ tail }: ParsedCode): string | null {
  return tail?.kind === 'key' ? tail.keyId : null;
}
