const NAMESPACE = 'urn:tanba:documents:1';

export interface Spelling {
  /** Of the namespace; '' for the default one. */
  readonly prefix?: string;
  readonly gs?: string;
  /** Between elements. */
  readonly space?: string;
}

export interface PlainDocument {
  readonly kind: string;
  readonly body: object;
}

/** A document in XML as a sender could write it, its fields in the order in which they stand. */
export function toXml(
  { kind, body }: PlainDocument,
  { prefix = '', gs = '\\u001d', space = '' }: Spelling = {},
): string {
  const [named, declared] = prefix === '' ? ['', 'xmlns'] : [`${prefix}:`, `xmlns:${prefix}`];
  const element = (name: string, content: string, attributes = ''): string =>
    `<${named}${name}${attributes}>${content}</${named}${name}>${space}`;
  const field = (name: string, value: unknown): string => {
    if (name === 'codes' && Array.isArray(value)) {
      const codes = value.map((code: unknown) => element('code', escaped(String(code).replaceAll('\u001d', gs))));
      return element('codes', space + codes.join(''));
    }
    if (Array.isArray(value)) return value.map((one) => field(name, one)).join('');
    return typeof value === 'object' && value !== null
      ? element(name, space + fields(value))
      : element(name, escaped(String(value)));
  };
  const fields = (object: object): string =>
    Object.entries(object)
      .map(([name, value]) => field(name, value))
      .join('');
  const content = space + element('body', space + fields(body));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('document', content, ` ${declared}="${NAMESPACE}" kind="${kind}"`)}`;
}

/** A document of this kind with this in its body. */
export function xmlDocument(kind: string, body: string): string {
  return `<document xmlns="${NAMESPACE}" kind="${kind}"><body>${body}</body></document>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
