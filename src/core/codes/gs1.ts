import type { ErrorCode } from '../errors.ts';
import { GS, isCset82 } from './charset.ts';
import { type ParseResult, refused, type SerialLengthOf, type Tail } from './code-parts.ts';
import { parseDigitalLink } from './digital-link.ts';
import { parseElementString } from './element-string.ts';
import { parseHumanReadable } from './human-readable.ts';
import type { CodeTemplate } from './template.ts';

export type { ParsedCode, ParseResult, SerialLengthOf, Tail } from './code-parts.ts';
export { gtinProblem, SIGNATURE_LENGTH, ssccProblem } from './code-parts.ts';

/** The longest code of a template has 138 characters; a Digital Link with every character escaped stays below 512. */
const INPUT_MAX = 512;

/** AIM symbology identifier before the data: ]d2 DataMatrix, ]C1 GS1-128, ]e0 DataBar, ]Q3 QR and so on. */
const SYMBOLOGY = /^\][A-Za-z][0-9A-Za-z]/;
const WEB_ADDRESS = /^https?:\/\//i;
/** Some scanners pass on FNC1 as its DataMatrix codeword, 232. */
const FNC1_CODEWORD = '\u00e8';

/**
 * Reads a code in any form in which scanners, documents and people give it. Never throws, whatever the text.
 * A code without GS separators can only be cut where `serialLengthOf` knows the GTIN; otherwise all that follows AI 21
 * is its serial.
 */
export function parseCode(raw: string, serialLengthOf: SerialLengthOf): ParseResult {
  if (raw.length > INPUT_MAX) return refused('code.too_long');
  let text = raw.trim();
  if (text.startsWith(']')) text = text.replace(SYMBOLOGY, '');
  if (WEB_ADDRESS.test(text)) return parseDigitalLink(text, serialLengthOf);
  if (text.startsWith('(01)') || text.startsWith('(00)')) return parseHumanReadable(text, serialLengthOf);
  if (text.includes(FNC1_CODEWORD)) text = text.replaceAll(FNC1_CODEWORD, GS);
  return parseElementString(text.startsWith(GS) ? text.slice(1) : text, serialLengthOf);
}

/** The whole code as it is printed: identification part, then the tail, separated by GS. */
export function formatCode(cis: string, tail: Tail): string {
  return tail.kind === 'key' ? `${cis}${GS}91${tail.keyId}${GS}92${tail.value}` : `${cis}${GS}93${tail.value}`;
}

/** A participant's own serial: exact length, alphabet CSET 82, the group's prefix. */
export function serialProblem(serial: string, template: CodeTemplate): ErrorCode | undefined {
  if (serial.length !== template.serialLength) return 'code.serial_length';
  if (!isCset82(serial)) return 'code.serial_alphabet';
  return serial.startsWith(template.serialPrefix ?? '') ? undefined : 'code.serial_prefix';
}
