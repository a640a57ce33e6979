import { CODE_LENGTH_MAX } from '../document-schema.ts';
import type { CodesOfKind } from '../kinds/form.ts';
import type { DocumentKind } from '../kinds.ts';
import { KINDS } from '../kinds.ts';
import type { Field, Form, SchemaNode } from './form.ts';
import { fieldsOf, formOf } from './form.ts';

/** The namespace of all documents. Another form of them would be another namespace. */
export const DOCUMENTS_NAMESPACE = 'urn:tanba:documents:1';

/** GS has no place in XML 1.0 and is written with six characters, so a code may be longer here than it is. */
export const WRITTEN_CODE_MAX = 6 * CODE_LENGTH_MAX;

/** An XSD 1.0 for the documents of this kind, made from the schema that their JSON is checked with. */
export function xsdOf(kind: DocumentKind): string {
  const { header, codes, summary } = KINDS[kind];
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"',
    `           xmlns="${DOCUMENTS_NAMESPACE}" targetNamespace="${DOCUMENTS_NAMESPACE}"`,
    '           elementFormDefault="qualified" blockDefault="#all">',
    ...indented([...documentation(summary), ...documentElement(kind, header, codes), ...NAMED_TYPES]),
    '</xs:schema>',
  ];
  return `${lines.join('\n')}\n`;
}

function documentElement(kind: DocumentKind, header: SchemaNode, codes: CodesOfKind): string[] {
  const body = complexType([...fieldsOf(header).flatMap(elementsOf), ...codesElement(codes)]);
  const attribute = tag('xs:attribute', { name: 'kind', use: 'required' }, restriction('xs:string', [choice(kind)]));
  return tag('xs:element', { name: 'document' }, complexType(tag('xs:element', { name: 'body' }, body), attribute));
}

function codesElement(codes: CodesOfKind): string[] {
  if (codes === 'none') return [];
  const code = tag('xs:element', { name: 'code', type: 'Code', maxOccurs: 'unbounded' });
  return tag('xs:element', { name: 'codes', ...occurrence(codes === 'required' ? 1 : 0, 1) }, complexType(code));
}

/** A list is its element again and again, without another one around it. */
function elementsOf({ name, schema, required }: Field): string[] {
  const form = formOf(schema);
  const told = documentation(schema.description);
  if (form.is !== 'list') return element(name, formOf(schema), told, occurrence(required ? 1 : 0, 1));
  return element(name, formOf(form.item), told, occurrence(required ? form.min : 0, form.max));
}

function element(name: string, form: Form, told: readonly string[], occurs: Attributes): string[] {
  if (form.is === 'named') return tag('xs:element', { name, type: form.type, ...occurs }, told);
  if (form.is === 'boolean') return tag('xs:element', { name, type: 'xs:boolean', ...occurs }, told);
  return tag('xs:element', { name, ...occurs }, [...told, ...typeOf(form)]);
}

function typeOf(form: Form): string[] {
  switch (form.is) {
    case 'object':
      return complexType(form.fields.flatMap(elementsOf));
    case 'choice':
      return restriction('xs:string', form.values.map(choice));
    case 'integer':
      return restriction('xs:integer', [...facet('xs:minInclusive', form.min), ...facet('xs:maxInclusive', form.max)]);
    case 'text':
      return restriction('xs:string', [
        ...facet('xs:minLength', form.min),
        ...facet('xs:maxLength', form.max),
        ...(form.pattern === undefined ? [] : facet('xs:pattern', xsdPattern(form.pattern))),
      ]);
    default:
      throw new TypeError(`${form.is} has no type of its own`);
  }
}

/**
 * An XSD pattern is anchored by itself, and XML has no halves of characters (Cs). Both regular expressions mean the
 * same by what else is let through.
 */
function xsdPattern(pattern: string): string {
  const [, inner] = /^\^([^$]*)\$$/.exec(pattern) ?? [];
  if (inner === undefined || /\(\?|[*+?}]\?|\\[^pPdDsS.\\-]/.test(inner)) {
    throw new TypeError(`no XML form for the pattern ${pattern}`);
  }
  return inner.replaceAll('\\p{Cs}', '');
}

const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const HEX = '[0-9A-Fa-f]';
const NAMED_TYPES: readonly string[] = [
  ...simpleType('Code', 'GS (0x1D) is written \\u001d, six characters, or ␝ (U+241D).', 'xs:string', [
    ...facet('xs:minLength', 1),
    ...facet('xs:maxLength', WRITTEN_CODE_MAX),
  ]),
  ...simpleType('Uuid', undefined, 'xs:string', facet('xs:pattern', `${HEX}{8}(-${HEX}{4}){3}-${HEX}{12}`)),
  ...tag('xs:simpleType', { name: 'BusinessDate' }, [
    ...documentation('A day in Kazakhstan (UTC+5), or date and time with zone.'),
    ...tag('xs:union', { memberTypes: 'Day Moment' }),
  ]),
  ...simpleType('Day', undefined, 'xs:date', facet('xs:pattern', DAY)),
  ...simpleType(
    'Moment',
    undefined,
    'xs:dateTime',
    facet('xs:pattern', `${DAY}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,14})?(Z|[+\\-][0-9]{2}:[0-9]{2})`),
  ),
];

type Attributes = Readonly<Record<string, string | number>>;

function tag(name: string, attributes: Attributes, content: readonly string[] = []): string[] {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const start = `<${name}${written.join('')}`;
  return content.length === 0 ? [`${start}/>`] : [`${start}>`, ...indented(content), `</${name}>`];
}

function complexType(content: readonly string[], attribute: readonly string[] = []): string[] {
  return tag('xs:complexType', {}, [...tag('xs:sequence', {}, content), ...attribute]);
}

function simpleType(name: string, told: string | undefined, base: string, facets: readonly string[]): string[] {
  return tag('xs:simpleType', { name }, [...documentation(told), ...tag('xs:restriction', { base }, facets)]);
}

function restriction(base: string, facets: readonly string[]): string[] {
  return tag('xs:simpleType', {}, tag('xs:restriction', { base }, facets));
}

function facet(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : tag(name, { value });
}

function choice(value: string): string {
  return `<xs:enumeration value="${escaped(value)}"/>`;
}

function occurrence(min: number, max: number | null): Attributes {
  return {
    ...(min === 1 ? {} : { minOccurs: min }),
    ...(max === 1 ? {} : { maxOccurs: max ?? 'unbounded' }),
  };
}

function documentation(text: string | undefined): string[] {
  if (text === undefined) return [];
  return [`<xs:annotation><xs:documentation xml:lang="en">${escaped(text)}</xs:documentation></xs:annotation>`];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
