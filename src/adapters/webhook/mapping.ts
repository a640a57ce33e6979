/**
 * What a receiver gets in place of the envelope: an object of its own fields, each picked out of the envelope by a JSON
 * pointer (RFC 6901). `version` is the participant's own; it names the mapping in what is kept of an attempt.
 */
export interface Mapping {
  readonly version: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Makes the bytes of a body out of the bytes of an envelope. */
export type MapBody = (envelope: Buffer) => Buffer;

/** Without a mapping the envelope goes as it is. */
export function bodyMapper(mapping: Mapping | undefined): MapBody {
  if (mapping === undefined) return (envelope) => envelope;
  const fields = Object.entries(mapping.fields).map(([name, pointer]) => [name, tokensOf(pointer)] as const);
  return (bytes) => {
    const envelope: unknown = JSON.parse(bytes.toString('utf8'));
    return Buffer.from(JSON.stringify(Object.fromEntries(fields.map(([name, path]) => [name, pick(envelope, path)]))));
  };
}

/** For JSON Schema: a JSON pointer, of characters that the store takes. */
export const POINTER_PATTERN = '^(/([^~/\\u0000-\\u001f\\ud800-\\udfff]|~[01])*)*$';

function tokensOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Null where the pointer leads nowhere: a field is always there. */
function pick(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const token of path) {
    found = member(found, token);
    if (found === undefined) return null;
  }
  return found;
}

function member(value: unknown, token: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
  return Reflect.get(value, token);
}
