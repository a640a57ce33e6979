import type { ErrorCode } from '../errors.ts';
import { hasCheckDigit, isCset82, isDigits } from './charset.ts';

/** What proves that a code was issued: AI 91 with 92, or AI 93 alone. */
export type Tail =
  | { readonly kind: 'key'; readonly keyId: string; readonly value: string }
  | { readonly kind: 'code'; readonly value: string };

export interface ParsedCode {
  readonly cis: string;
  /** null for a transport package (SSCC), as is `serial`. */
  readonly gtin: string | null;
  readonly serial: string | null;
  readonly tail: Tail | null;
}

export type ParseResult =
  | { readonly ok: true; readonly code: ParsedCode }
  | { readonly ok: false; readonly error: ErrorCode };

/** The serial length of the GTIN's product group; undefined when the GTIN is not known. */
export type SerialLengthOf = (gtin: string) => number | undefined;

export const GTIN_LENGTH = 14;
export const SSCC_LENGTH = 18;
const SERIAL_MAX = 20;
export const KEY_ID_LENGTH = 4;
export const SHORT_CODE_LENGTH = 4;
export const SIGNATURE_LENGTH = 88;
const VERIFICATION_LENGTHS: readonly number[] = [44, SIGNATURE_LENGTH];

export function refused(error: ErrorCode): ParseResult {
  return { ok: false, error };
}

export function gtinProblem(gtin: string): ErrorCode | undefined {
  if (gtin.length !== GTIN_LENGTH || !isDigits(gtin)) return 'code.gtin_malformed';
  return hasCheckDigit(gtin) ? undefined : 'code.gtin_check_digit';
}

export function ssccProblem(sscc: string): ErrorCode | undefined {
  if (sscc.length !== SSCC_LENGTH || !isDigits(sscc)) return 'code.sscc_malformed';
  return hasCheckDigit(sscc) ? undefined : 'code.sscc_check_digit';
}

/** The elements that mean something to us, as they were read, unchecked except for the GTIN. */
export interface UnitElements {
  readonly gtin: string;
  readonly serial: string;
  readonly ai91: string | undefined;
  readonly ai92: string | undefined;
  readonly ai93: string | undefined;
}

export function unitCode({ gtin, serial, ai91, ai92, ai93 }: UnitElements, expected: number | undefined): ParseResult {
  if (serial.length === 0 || serial.length > SERIAL_MAX) return refused('code.serial_length');
  if (expected !== undefined && serial.length !== expected) return refused('code.serial_length');
  if (!isCset82(serial)) return refused('code.serial_alphabet');
  const tail = tailOf(ai91, ai92, ai93);
  if (tail === undefined) return refused('code.tail_malformed');
  return { ok: true, code: { cis: `01${gtin}21${serial}`, gtin, serial, tail } };
}

export function packageCode(sscc: string): ParseResult {
  const problem = ssccProblem(sscc);
  if (problem !== undefined) return refused(problem);
  return { ok: true, code: { cis: `00${sscc}`, gtin: null, serial: null, tail: null } };
}

/** null: there is none; undefined: half of one, or one of a wrong shape. */
function tailOf(ai91: string | undefined, ai92: string | undefined, ai93: string | undefined): Tail | null | undefined {
  if (ai91 === undefined && ai92 === undefined) {
    if (ai93 === undefined) return null;
    return ai93.length === SHORT_CODE_LENGTH && isCset82(ai93) ? { kind: 'code', value: ai93 } : undefined;
  }
  if (ai91 === undefined || ai92 === undefined || ai93 !== undefined) return undefined;
  if (ai91.length !== KEY_ID_LENGTH || !VERIFICATION_LENGTHS.includes(ai92.length)) return undefined;
  return isCset82(ai91) && isCset82(ai92) ? { kind: 'key', keyId: ai91, value: ai92 } : undefined;
}
