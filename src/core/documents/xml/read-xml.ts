import { isUtf8 } from 'node:buffer';
import { ParseOption, XmlDocument, type XmlElement, XmlParseError, XmlValidateError, XsdValidator } from 'libxml2-wasm';
import { GS } from '../../codes/charset.ts';
import type { ErrorDetails, Problem } from '../../errors.ts';
import { TanbaError } from '../../errors.ts';
import type { DocumentKind } from '../kinds.ts';
import { isDocumentKind, KINDS } from '../kinds.ts';
import type { Field, Form, SchemaNode } from './form.ts';
import { fieldsOf, formOf } from './form.ts';
import { elementsIn, firstIn, hasMoreThan, pointerOf } from './xml-tree.ts';
import { DOCUMENTS_NAMESPACE, WRITTEN_CODE_MAX, xsdOf } from './xsd.ts';

/** Reads documents in XML, here and now: a large one is a worker's business. */
export interface XmlReader {
  /**
   * What the same document would be in JSON, checked against the XSD of its kind.
   * @throws TanbaError documents.xml_malformed, documents.xml_doctype, documents.unknown_kind, documents.too_many_codes;
   *   documents.invalid with a documents.xml_invalid for each fault
   */
  read(bytes: Uint8Array, codesMax: number): XmlContent;
  /** The codes of a document that passed the check when it came in. */
  codes(bytes: Uint8Array): readonly string[];
  /** Lets go of the compiled schemas. */
  dispose(): void;
}

export interface XmlContent {
  readonly kind: DocumentKind;
  readonly body: Readonly<Record<string, unknown>>;
}

const PROBLEMS_MAX = 100;
const PROBLEM_SHOWN = 300;
/** Apart from codes. A thousand lines of goods have 7,000 elements; attributes are the kind and those of XML Schema. */
const MOST = { elements: 20_000, attributes: 1_000 } as const;
/** Nothing is substituted, loaded or looked up; libxml2's own limits (depth 256, names, texts) stay on. */
const OPTIONS =
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_NO_SYS_CATALOG |
  ParseOption.XML_PARSE_BIG_LINES;

export function createXmlReader(): XmlReader {
  const validators = new Map<DocumentKind, XsdValidator>();

  function validatorOf(kind: DocumentKind): XsdValidator {
    const validator = validators.get(kind) ?? compile(kind);
    validators.set(kind, validator);
    return validator;
  }

  return {
    read(bytes, codesMax) {
      assertText(bytes, codesMax);
      return withDocument(bytes, (document) => contentOf(document, validatorOf));
    },
    codes: (bytes) => withDocument(bytes, ({ root }) => takeCodes(firstIn(root, 'body')).codes),
    dispose() {
      for (const validator of validators.values()) validator.dispose();
      validators.clear();
    },
  };
}

function compile(kind: DocumentKind): XsdValidator {
  const schema = XmlDocument.fromString(xsdOf(kind));
  try {
    return XsdValidator.fromDoc(schema);
  } finally {
    schema.dispose();
  }
}

const DECLARED_ENCODING = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)/;
const DECLARATION_BYTES = 200;

/** What is decided before the parser sees a byte. */
function assertText(bytes: Uint8Array, codesMax: number): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [, encoding = 'utf-8'] = DECLARED_ENCODING.exec(text.toString('utf8', 0, DECLARATION_BYTES)) ?? [];
  if (!isUtf8(bytes) || !/^utf-?8$/i.test(encoding)) throw malformed(1, 'the encoding must be UTF-8');
  // Also where it would only be a text in a comment: nobody needs it, and no parser has to be trusted to see the same.
  if (text.includes('<!DOCTYPE')) throw new TanbaError('documents.xml_doctype');
  // A start and an end each: the memory for a tree of 8 million elements is not even asked for.
  if (countOf(text, '<') > 2 * (codesMax + MOST.elements)) {
    throw new TanbaError('documents.too_many_codes', { path: '/body/codes', details: { limit: codesMax } });
  }
}

function countOf(text: Buffer, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

function withDocument<T>(bytes: Uint8Array, use: (document: XmlDocument) => T): T {
  let document: XmlDocument | undefined;
  try {
    // With the encoding named, neither a declaration nor a byte order mark makes the parser read anything else.
    document = XmlDocument.fromBuffer(bytes, { encoding: 'utf-8', option: OPTIONS });
    return use(document);
  } catch (error) {
    if (!(error instanceof XmlParseError)) throw error;
    const [first] = error.details;
    throw malformed(first?.line ?? 1, first?.message ?? '');
  } finally {
    document?.dispose();
  }
}

function contentOf(document: XmlDocument, validatorOf: (kind: DocumentKind) => XsdValidator): XmlContent {
  const { root } = document;
  if (root.name !== 'document' || root.namespaceUri !== DOCUMENTS_NAMESPACE) {
    throw invalid([fault(root.line, `The root element must be 'document' of the namespace ${DOCUMENTS_NAMESPACE}.`)]);
  }
  const kind = root.attr('kind')?.value;
  if (!isDocumentKind(kind)) {
    const shown = (kind ?? 'undefined').slice(0, 64);
    throw new TanbaError('documents.unknown_kind', { path: '/kind', details: { kind: shown } });
  }
  const body = firstIn(root, 'body');
  const { codes, places, isWhole } = takeCodes(body);
  if (hasMoreThan(root, MOST)) throw invalid([fault(root.line, 'There are too many elements or attributes.')]);
  const problems = validate(document, validatorOf(kind), KINDS[kind].header, places);
  if (problems.length > 0) throw invalid(problems);
  if (body === undefined || !isWhole) {
    throw invalid([fault(root.line, 'There are too many codes with attributes.', '/body/codes')]);
  }
  const header = objectOf(body, fieldsOf(KINDS[kind].header));
  return { kind, body: firstIn(body, 'codes') === undefined ? header : { ...header, codes } };
}

interface TakenCodes {
  readonly codes: readonly string[];
  /** Where those stood that were left in the tree. */
  readonly places: readonly number[];
  /** False when more are out of order than would be told: the rest was not read. */
  readonly isWhole: boolean;
}

/**
 * Reads the codes, and takes all out of the tree that the XSD could not object to, but for the first. So the check costs
 * the same for ten codes as for a million. It does for a million bad ones too: libxml2 counts siblings for each fault.
 */
function takeCodes(body: XmlElement | undefined): TakenCodes {
  const list = body === undefined ? undefined : firstIn(body, 'codes');
  const codes: string[] = [];
  const places: number[] = [];
  let odd = 0;
  for (const element of list === undefined ? [] : elementsIn(list)) {
    const text = odd <= PROBLEMS_MAX ? element.content : '';
    const isOdd = odd <= PROBLEMS_MAX && !isInOrder(element, text);
    if (isOdd) odd += 1;
    if (isOdd || codes.length === 0) places.push(codes.length);
    else element.remove();
    codes.push(text.replaceAll(GS_AS_WRITTEN, GS));
  }
  return { codes, places, isWhole: odd <= PROBLEMS_MAX };
}

/** XML 1.0 has no place for GS, not even as a character reference. */
const GS_AS_WRITTEN = /\\u001[dD]|\u241d/g;

function isInOrder(element: XmlElement, text: string): boolean {
  const named = element.name === 'code' && element.namespaceUri === DOCUMENTS_NAMESPACE;
  if (!named || text.length === 0 || text.length > WRITTEN_CODE_MAX || element.attrs.length > 0) return false;
  return elementsIn(element).next().done === true;
}

function validate(
  document: XmlDocument,
  validator: XsdValidator,
  header: SchemaNode,
  codePlaces: readonly number[],
): readonly Problem[] {
  try {
    validator.validate(document);
    return [];
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error;
    return error.details
      .slice(0, PROBLEMS_MAX)
      .map(({ line, message, xpath }) => fault(line, message, pointerOf(document, xpath, header, codePlaces)));
  }
}

function objectOf(element: XmlElement, fields: readonly Field[]): Record<string, unknown> {
  const forms = new Map(fields.map(({ name, schema }) => [name, formOf(schema)]));
  const lists = new Map<string, unknown[]>();
  const object: Record<string, unknown> = {};
  for (const child of elementsIn(element)) {
    const { name } = child;
    const form = forms.get(name);
    if (form === undefined) continue;
    if (form.is === 'list') {
      const list = lists.get(name) ?? [];
      list.push(valueIn(child, formOf(form.item)));
      lists.set(name, list);
      object[name] = list;
    } else {
      object[name] = valueIn(child, form);
    }
  }
  return object;
}

/** White space around them belongs to texts, not to dates and numbers (XML Schema, whiteSpace). */
function valueIn(element: XmlElement, form: Form): unknown {
  const text = element.content;
  switch (form.is) {
    case 'object':
      return objectOf(element, form.fields);
    case 'integer':
      return Number(text.trim());
    case 'boolean':
      return /^(true|1)$/.test(text.trim());
    case 'named':
      return form.type === 'Uuid' ? text : text.trim();
    default:
      return text;
  }
}

function malformed(line: number, problem: string): TanbaError {
  return new TanbaError('documents.xml_malformed', { details: told(line, problem) });
}

function invalid(problems: readonly Problem[]): TanbaError {
  return new TanbaError('documents.invalid', { problems });
}

function fault(line: number, problem: string, path = ''): Problem {
  return { code: 'documents.xml_invalid', path, details: told(line, problem) };
}

function told(line: number, problem: string): ErrorDetails {
  return { line, problem: problem.replaceAll(`{${DOCUMENTS_NAMESPACE}}`, '').trim().slice(0, PROBLEM_SHOWN) };
}
