import { cisOfSscc } from '../aggregation/sscc.ts';
import type { Problem } from '../errors.ts';
import { TanbaError } from '../errors.ts';
import type { Check } from '../validation.ts';
import { createValidation } from '../validation.ts';
import { CODE_LENGTH_MAX } from './document-schema.ts';
import type { DocumentHeader, DocumentKind } from './kinds.ts';
import { DOCUMENT_KINDS, isDocumentKind, KINDS } from './kinds.ts';

/** A document split into what is kept beside it and the codes it is about. */
export interface ReadDocument {
  readonly kind: DocumentKind;
  readonly header: DocumentHeader;
  readonly codes: readonly string[];
}

/** Checks documents by their form. Every refusal is a TanbaError with the place of what is wrong. */
export interface DocumentReader {
  /** `{kind, body: {codes, …}}`. The codes stay out of the schema: a million of them are checked in one plain loop. */
  read(value: unknown): ReadDocument;
  /** The first line of a stream: the same without codes. */
  readStreamHeader(value: unknown): ReadDocument;
  /** A further line of a stream; `count` codes have come so far. */
  checkStreamedCode(value: unknown, line: number, count: number): void;
}

const STREAM_HEADER = '/lines/1';

export function createDocumentReader(codesMax: number): DocumentReader {
  const validation = createValidation();
  const checks = new Map<DocumentKind, Check>(
    DOCUMENT_KINDS.map((kind) => [kind, validation.json(KINDS[kind].header)]),
  );

  function readHeader(value: Record<string, unknown>, body: Record<string, unknown>, prefix: string) {
    const kind = kindOf(value['kind'], prefix);
    const extra = Object.keys(value).find((name) => name !== 'kind' && name !== 'body');
    if (extra !== undefined) {
      const field = extra.slice(0, 100);
      throw invalid({ code: 'request.value_unexpected', path: `${prefix}/${field}`, details: { field } });
    }
    const { codes, ...header } = body;
    const [problem] = checks.get(kind)?.(header) ?? [];
    if (problem !== undefined) throw invalid({ ...problem, path: `${prefix}/body${problem.path ?? ''}` });
    if (typeof header['sscc'] === 'string' && cisOfSscc(header['sscc']) === undefined) {
      throw new TanbaError('aggregation.sscc_malformed', { path: `${prefix}/body/sscc` });
    }
    return { kind, header, codes };
  }

  function codesOf(kind: DocumentKind, codes: unknown): readonly string[] {
    const expects = KINDS[kind].codes;
    if (expects !== 'required' && codes === undefined) return [];
    if (expects !== 'none') return codeList(codes, codesMax);
    throw invalid({ code: 'request.value_unexpected', path: '/body/codes', details: { field: 'codes' } });
  }

  return {
    read(value) {
      if (!isRecord(value)) throw invalid({ code: 'request.value_type', path: '', details: { expected: 'object' } });
      const { body } = value;
      if (!isRecord(body))
        throw invalid({ code: 'request.value_type', path: '/body', details: { expected: 'object' } });
      const { kind, header, codes } = readHeader(value, body, '');
      return { kind, header, codes: codesOf(kind, codes) };
    },
    readStreamHeader(value) {
      if (!isRecord(value) || !isRecord(value['body']))
        throw new TanbaError('documents.header_missing', { path: STREAM_HEADER });
      const { kind, header, codes } = readHeader(value, value['body'], STREAM_HEADER);
      if (codes !== undefined)
        throw new TanbaError('documents.header_missing', { path: `${STREAM_HEADER}/body/codes` });
      return { kind, header, codes: [] };
    },
    checkStreamedCode(value, line, count) {
      if (count > codesMax) {
        throw new TanbaError('documents.too_many_codes', { path: `/lines/${line}`, details: { limit: codesMax } });
      }
      if (!isCodeText(value)) throw new TanbaError('documents.code_malformed', { path: `/lines/${line}` });
    },
  };
}

function kindOf(kind: unknown, prefix: string): DocumentKind {
  if (isDocumentKind(kind)) return kind;
  const shown = typeof kind === 'string' ? kind.slice(0, 64) : typeof kind;
  throw new TanbaError('documents.unknown_kind', { path: `${prefix}/kind`, details: { kind: shown } });
}

function codeList(codes: unknown, codesMax: number): readonly string[] {
  if (!Array.isArray(codes))
    throw invalid({ code: 'request.value_type', path: '/body/codes', details: { expected: 'array' } });
  if (codes.length === 0) throw new TanbaError('documents.no_codes', { path: '/body/codes' });
  if (codes.length > codesMax) {
    throw new TanbaError('documents.too_many_codes', { path: '/body/codes', details: { limit: codesMax } });
  }
  const bad = codes.findIndex((code) => !isCodeText(code));
  if (bad >= 0) throw new TanbaError('documents.code_malformed', { path: `/body/codes/${bad}` });
  return codes;
}

function invalid(problem: Problem & { readonly path: string }): TanbaError {
  return new TanbaError('documents.invalid', { path: problem.path, problems: [problem] });
}

function isCodeText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= CODE_LENGTH_MAX;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
