import type { ErrorCode } from '../errors.ts';
import {
  gtinProblem,
  KEY_ID_LENGTH,
  type ParseResult,
  packageCode,
  refused,
  type SerialLengthOf,
  SHORT_CODE_LENGTH,
  unitCode,
} from './code-parts.ts';

const AI_HERE = /^\((\d{2,4})\)/;
const AI_ANYWHERE = /\(\d{2,4}\)/;

/**
 * `(01)…(21)…` as it is printed under a symbol. A serial may itself contain "(91)": where the GTIN's serial length is
 * known the serial is cut by it, otherwise at the first thing that looks like an AI.
 */
export function parseHumanReadable(raw: string, serialLengthOf: SerialLengthOf): ParseResult {
  // White space is in no alphabet of GS1, people put it between the groups.
  const text = raw.replace(/\s/g, '');
  const elements = new Map<string, string>();
  let expected: number | undefined;
  let last = '';
  for (let at = 0; at < text.length; ) {
    const ai = aiAt(text, at);
    if (ai === undefined) return refused(tooLong(last));
    if (elements.has(ai)) return refused('code.malformed');
    const start = at + ai.length + 2;
    const length = fixedLength(ai, expected);
    const end = length === undefined ? nextAi(text, start) : Math.min(start + length, text.length);
    const value = text.slice(start, end);
    elements.set(ai, value);
    if (ai === '01') {
      const problem = gtinProblem(value);
      if (problem !== undefined) return refused(problem);
      expected = serialLengthOf(value);
    }
    last = ai;
    at = end;
  }
  return codeOf(elements, expected);
}

function fixedLength(ai: string, serialLength: number | undefined): number | undefined {
  if (ai === '21') return serialLength;
  if (ai === '91') return KEY_ID_LENGTH;
  return ai === '93' ? SHORT_CODE_LENGTH : undefined;
}

/** What it means when no AI follows an element. */
function tooLong(ai: string): ErrorCode {
  if (ai === '21') return 'code.serial_length';
  return ai === '91' || ai === '93' ? 'code.tail_malformed' : 'code.malformed';
}

function aiAt(text: string, at: number): string | undefined {
  return AI_HERE.exec(text.slice(at))?.[1];
}

function nextAi(text: string, from: number): number {
  const distance = text.slice(from).search(AI_ANYWHERE);
  return distance === -1 ? text.length : from + distance;
}

function codeOf(elements: ReadonlyMap<string, string>, expected: number | undefined): ParseResult {
  const gtin = elements.get('01');
  const serial = elements.get('21');
  const sscc = elements.get('00');
  if (sscc !== undefined) return gtin === undefined ? packageCode(sscc) : refused('code.malformed');
  if (gtin === undefined || serial === undefined) return refused('code.malformed');
  const tail = { ai91: elements.get('91'), ai92: elements.get('92'), ai93: elements.get('93') };
  return unitCode({ gtin, serial, ...tail }, expected);
}
