import { isUtf8 } from 'node:buffer';
import { TanbaError } from '../core/errors.ts';

const BYTE_ORDER_MARK = 0xfeff;

/** JSON bytes to a value; says where they break. */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new TanbaError('request.invalid_utf8', { details: { position: firstBadByte(bytes) } });
  const decoded = bytes.toString('utf8');
  // 1C and Windows tools write one; RFC 8259 §8.1 lets a reader skip it.
  const text = decoded.charCodeAt(0) === BYTE_ORDER_MARK ? decoded.slice(1) : decoded;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TanbaError('request.malformed_json', { details: place(text, jsonErrorPosition(text)), cause });
  }
  // A key may also be written with escaped underscores; only then, or when it stands there, is the value searched.
  if (bytes.includes('__proto__') || bytes.includes('\\u005')) refuseProtoKeys(value);
  return value;
}

function firstBadByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  // Every prefix up to the fault is valid but for a character cut short, hence the three bytes of slack.
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(completeCharacters(bytes, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** The first `length` bytes, without a character that the cut goes through. */
function completeCharacters(bytes: Buffer, length: number): Buffer {
  let end = length;
  while (end > 0 && length - end < 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

function place(text: string, position: number): { position: number; line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { position, line, column: position - lineStart + 1 };
}

function refuseProtoKeys(root: unknown): void {
  const waiting: unknown[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) throw new TanbaError('request.forbidden_key');
    for (const inner of Object.values(value)) if (typeof inner === 'object') waiting.push(inner);
  }
}

/**
 * Where a text that JSON.parse refused stops being JSON: V8 names the position in some of its messages only.
 * Runs after a failure only, in one pass, without recursion.
 */
export function jsonErrorPosition(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end' = 'value';
  for (let at = afterSpace(text, 0); at < text.length; at = afterSpace(text, at)) {
    const character = text[at] ?? '';
    const container = open.at(-1);
    if (expected === 'comma or end') {
      if (character === ',' && container !== undefined) {
        expected = container === '{' ? 'key' : 'value';
      } else if ((character === '}' && container === '{') || (character === ']' && container === '[')) {
        open.pop();
      } else {
        return at;
      }
      at += 1;
    } else if (expected === 'colon') {
      if (character !== ':') return at;
      expected = 'value';
      at += 1;
    } else if ((character === ']' && expected === 'value or ]') || (character === '}' && expected === 'key or }')) {
      open.pop();
      expected = 'comma or end';
      at += 1;
    } else if (expected === 'key' || expected === 'key or }') {
      if (character !== '"') return at;
      const token = stringEnd(text, at);
      if (!token.complete) return token.at;
      at = token.at;
      expected = 'colon';
    } else if (character === '{' || character === '[') {
      open.push(character);
      expected = character === '{' ? 'key or }' : 'value or ]';
      at += 1;
    } else {
      const token = scalarEnd(text, at);
      if (!token.complete) return token.at;
      at = token.at;
      expected = 'comma or end';
    }
  }
  return text.length;
}

interface Token {
  readonly complete: boolean;
  /** Behind the token, or at the character that breaks it. */
  readonly at: number;
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (' \t\n\r'.includes(text[at] ?? 'x')) at += 1;
  return at;
}

function scalarEnd(text: string, start: number): Token {
  if (text[start] === '"') return stringEnd(text, start);
  for (const word of ['true', 'false', 'null']) {
    if (word[0] !== text[start]) continue;
    let matched = 1;
    while (matched < word.length && text[start + matched] === word[matched]) matched += 1;
    return { complete: matched === word.length, at: start + matched };
  }
  return numberEnd(text, start);
}

function stringEnd(text: string, start: number): Token {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '"') return { complete: true, at: at + 1 };
    if (character < ' ') return { complete: false, at };
    if (character !== '\\') continue;
    at += 1;
    if (text[at] === 'u') {
      const digits = /[0-9a-fA-F]{0,4}/y;
      digits.lastIndex = at + 1;
      const count = digits.exec(text)?.[0].length ?? 0;
      if (count < 4) return { complete: false, at: at + 1 + count };
      at += 4;
    } else if (!'"\\/bfnrt'.includes(text[at] ?? 'x')) {
      return { complete: false, at: Math.min(at, text.length) };
    }
  }
  return { complete: false, at: text.length };
}

function numberEnd(text: string, start: number): Token {
  const isDigit = (at: number) => (text[at] ?? 'x') >= '0' && (text[at] ?? 'x') <= '9';
  const digits = (from: number): Token => {
    let at = from;
    while (isDigit(at)) at += 1;
    return { complete: at > from, at };
  };
  const first = text[start] === '-' ? start + 1 : start;
  const whole = text[first] === '0' ? { complete: true, at: first + 1 } : digits(first);
  if (!whole.complete) return whole;
  const fraction = text[whole.at] === '.' ? digits(whole.at + 1) : whole;
  if (!fraction.complete || (text[fraction.at] ?? '').toLowerCase() !== 'e') return fraction;
  const sign = '+-'.includes(text[fraction.at + 1] ?? 'x') ? 1 : 0;
  return digits(fraction.at + 1 + sign);
}
