import { isDigits } from './charset.ts';
import {
  GTIN_LENGTH,
  gtinProblem,
  type ParseResult,
  packageCode,
  refused,
  type SerialLengthOf,
  SSCC_LENGTH,
  unitCode,
} from './code-parts.ts';

/**
 * GS1 Digital Link URI: any host, any path before the primary key, `/01/…/21/…?91=…&92=…` or `/00/…`. Cut by hand
 * because the URL class takes a serial "." or ".." for a step in the path.
 */
export function parseDigitalLink(uri: string, serialLengthOf: SerialLengthOf): ParseResult {
  const [address = ''] = uri.split('#', 1);
  const question = address.indexOf('?');
  const path = question === -1 ? address : address.slice(0, question);
  const query = question === -1 ? '' : address.slice(question + 1);
  const keys = pathElements(path.split('/').slice(3));
  const attributes = queryElements(query);
  if (keys === undefined || attributes === undefined) return refused('code.malformed');
  const gtin = keys.get('01');
  const sscc = keys.get('00');
  if (gtin === undefined) return sscc === undefined ? refused('code.malformed') : packageCode(sscc);
  const problem = gtinProblem(gtin);
  if (problem !== undefined) return refused(problem);
  const serial = keys.get('21');
  if (serial === undefined) return refused('code.malformed');
  const tail = { ai91: attributes.get('91'), ai92: attributes.get('92'), ai93: attributes.get('93') };
  return unitCode({ gtin, serial, ...tail }, serialLengthOf(gtin));
}

/** The primary key and the key qualifiers after it, percent-decoded. */
function pathElements(segments: readonly string[]): ReadonlyMap<string, string> | undefined {
  const start = segments.findIndex((segment, i) => isPrimaryKey(segment, segments[i + 1] ?? ''));
  const pairs = start === -1 ? [] : segments.slice(start);
  if (pairs.at(-1) === '') pairs.pop();
  if (pairs.length === 0 || pairs.length % 2 !== 0) return undefined;
  const elements = new Map<string, string>();
  for (let i = 0; i < pairs.length; i += 2) {
    const ai = pairs[i] ?? '';
    const value = decoded(pairs[i + 1] ?? '');
    if (value === undefined || !isDigits(ai) || elements.has(ai)) return undefined;
    elements.set(ai, value);
  }
  return elements;
}

function isPrimaryKey(ai: string, value: string): boolean {
  if (!isDigits(value)) return false;
  return (ai === '01' && value.length === GTIN_LENGTH) || (ai === '00' && value.length === SSCC_LENGTH);
}

/** A plus sign stands for itself: base64 in AI 92 holds it, and no alphabet of GS1 holds a space. */
function queryElements(query: string): ReadonlyMap<string, string> | undefined {
  const elements = new Map<string, string>();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    const ai = part.slice(0, Math.max(equals, 0));
    if (ai !== '91' && ai !== '92' && ai !== '93') continue;
    const value = decoded(part.slice(equals + 1));
    if (value === undefined || elements.has(ai)) return undefined;
    elements.set(ai, value);
  }
  return elements;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
