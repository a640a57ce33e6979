import { GS, isDigits } from './charset.ts';
import {
  GTIN_LENGTH,
  gtinProblem,
  KEY_ID_LENGTH,
  type ParseResult,
  packageCode,
  refused,
  type SerialLengthOf,
  SHORT_CODE_LENGTH,
  SSCC_LENGTH,
  unitCode,
} from './code-parts.ts';

/** Elements of predefined length, AI included (GS1 General Specifications, figure 7.8.5-2). They need no GS after them. */
const PREDEFINED: ReadonlyMap<string, number> = new Map([
  ['02', 16],
  ['03', 16],
  ['04', 18],
  ...['11', '12', '13', '14', '15', '16', '17', '18', '19'].map((ai) => [ai, 8] as const),
  ['20', 4],
  ...['31', '32', '33', '34', '35', '36'].map((ai) => [ai, 10] as const),
  ['41', 16],
]);

/** The price on a block of tobacco always has six digits, and is printed without GS after it by some. */
const TOBACCO_PRICE = { ai: '8005', length: 10 } as const;

/** These identify; a second one in the same string contradicts the first. */
const IDENTIFYING: readonly string[] = ['00', '01', '21'];

/**
 * `01…21…` or `00…` as a scanner gives it, FNC1 already removed. "91", "92" or "93" may stand inside a serial, so fields
 * are cut by GS and by fixed lengths, never by the text.
 */
export function parseElementString(text: string, serialLengthOf: SerialLengthOf): ParseResult {
  if (text.startsWith('00')) return parsePackage(text);
  if (!text.startsWith('01')) return refused('code.malformed');
  const gtin = text.slice(2, 2 + GTIN_LENGTH);
  const problem = gtinProblem(gtin);
  if (problem !== undefined) return refused(problem);

  const serialAt = skipToSerial(text, skipSeparators(text, 2 + GTIN_LENGTH));
  if (serialAt === undefined) return refused('code.malformed');
  const expected = serialLengthOf(gtin);
  const separator = text.indexOf(GS, serialAt);
  const bareEnd = expected === undefined ? text.length : Math.min(serialAt + expected, text.length);
  const serialEnd = separator === -1 ? bareEnd : separator;
  const serial = text.slice(serialAt, serialEnd);
  if (expected !== undefined && serial.length !== expected) return refused('code.serial_length');

  const tail = readTail(text, skipSeparators(text, serialEnd));
  // Without GS, what does not read as a tail to its very end is a serial of a wrong length: cutting it short would
  // make another code of it.
  const cut = separator === -1 && serialEnd < text.length;
  if (cut && (tail === undefined || !tail.any)) return refused('code.serial_length');
  if (tail === undefined) return refused('code.tail_malformed');
  return unitCode({ gtin, serial, ai91: tail.ai91, ai92: tail.ai92, ai93: tail.ai93 }, expected);
}

function parsePackage(text: string): ParseResult {
  const end = 2 + SSCC_LENGTH;
  for (let at = skipSeparators(text, end); at < text.length; ) {
    const next = attributeEnd(text, at);
    if (next === undefined) return refused('code.malformed');
    at = skipSeparators(text, next);
  }
  return packageCode(text.slice(2, end));
}

function skipSeparators(text: string, from: number): number {
  let at = from;
  while (text[at] === GS) at += 1;
  return at;
}

function skipToSerial(text: string, from: number): number | undefined {
  let at = from;
  while (!text.startsWith('21', at)) {
    const end = attributeEnd(text, at);
    if (end === undefined) return undefined;
    at = skipSeparators(text, end);
  }
  return at + 2;
}

/** Where an element that says nothing to us ends; undefined when there is none at `at`. */
function attributeEnd(text: string, at: number): number | undefined {
  const ai = text.slice(at, at + 2);
  if (ai.length < 2 || !isDigits(ai) || IDENTIFYING.includes(ai)) return undefined;
  const length = text.startsWith(TOBACCO_PRICE.ai, at) ? TOBACCO_PRICE.length : PREDEFINED.get(ai);
  const separator = text.indexOf(GS, at);
  const fieldEnd = separator === -1 ? text.length : separator;
  if (length === undefined) return fieldEnd;
  return at + length <= fieldEnd ? at + length : undefined;
}

interface TailElements {
  ai91: string | undefined;
  ai92: string | undefined;
  ai93: string | undefined;
  any: boolean;
}

/** undefined: something stands there that is no element, or an element twice. */
function readTail(text: string, from: number): TailElements | undefined {
  const found: TailElements = { ai91: undefined, ai92: undefined, ai93: undefined, any: false };
  for (let at = from; at < text.length; ) {
    const name = tailElement(text, at);
    const end = name === undefined ? attributeEnd(text, at) : tailElementEnd(text, at, name);
    if (end === undefined) return undefined;
    if (name !== undefined) {
      if (found[name] !== undefined) return undefined;
      found[name] = text.slice(at + 2, end);
      found.any = true;
    }
    at = skipSeparators(text, end);
  }
  return found;
}

type TailElement = 'ai91' | 'ai92' | 'ai93';

function tailElement(text: string, at: number): TailElement | undefined {
  if (text.startsWith('91', at)) return 'ai91';
  if (text.startsWith('92', at)) return 'ai92';
  return text.startsWith('93', at) ? 'ai93' : undefined;
}

function tailElementEnd(text: string, at: number, name: TailElement): number {
  if (name === 'ai91') return Math.min(at + 2 + KEY_ID_LENGTH, text.length);
  if (name === 'ai93') return Math.min(at + 2 + SHORT_CODE_LENGTH, text.length);
  const separator = text.indexOf(GS, at);
  return separator === -1 ? text.length : separator;
}
