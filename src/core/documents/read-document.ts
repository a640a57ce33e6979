import { cisOfSscc } from '../aggregation/sscc.ts';
import type { Problem } from '../errors.ts';
import { TanbaError } from '../errors.ts';
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

/** Above this a wrong header is told by its first fault only: it is no slip, and looking for more costs. */
const THOROUGH_BYTES_MAX = 262_144;

export function createDocumentReader(codesMax: number, problemsMax = 100): DocumentReader {
  const validation = createValidation();
  const checks = new Map(
    DOCUMENT_KINDS.map((kind) => {
      const { header } = KINDS[kind];
      return [kind, { first: validation.json(header), all: validation.allOf(header, problemsMax) }];
    }),
  );

  function headerProblems(kind: DocumentKind, header: DocumentHeader, prefix: string): Problem[] {
    const check = checks.get(kind);
    const first = check?.first(header) ?? [];
    const isBounded = first.length > 0 && JSON.stringify(header).length <= THOROUGH_BYTES_MAX;
    const problems = isBounded ? (check?.all(header) ?? []) : first;
    const sscc: Problem[] =
      typeof header['sscc'] === 'string' && cisOfSscc(header['sscc']) === undefined && first.length === 0
        ? [{ code: 'aggregation.sscc_malformed', path: '/sscc' }]
        : [];
    return [...problems, ...sscc].map((problem) => ({ ...problem, path: `${prefix}/body${problem.path ?? ''}` }));
  }

  function readHeader(value: Record<string, unknown>, body: Record<string, unknown>, prefix: string) {
    const kind = kindOf(value['kind'], prefix);
    const extra = Object.keys(value).find((name) => name !== 'kind' && name !== 'body');
    const { codes, ...header } = body;
    const problems = headerProblems(kind, header, prefix);
    if (extra !== undefined) {
      const field = extra.slice(0, 100);
      problems.unshift({ code: 'request.value_unexpected', path: `${prefix}/${field}`, details: { field } });
    }
    return { kind, header, codes, problems };
  }

  return {
    read(value) {
      if (!isRecord(value)) refuse([{ code: 'request.value_type', path: '', details: { expected: 'object' } }]);
      const { body } = value;
      if (!isRecord(body)) {
        kindOf(value['kind'], '');
        return refuse([{ code: 'request.value_type', path: '/body', details: { expected: 'object' } }]);
      }
      const { kind, header, codes, problems } = readHeader(value, body, '');
      const list = readCodes(kind, codes, codesMax, problemsMax);
      const all = [...problems, ...list.problems];
      if (all.length > 0) refuse(all.slice(0, problemsMax));
      return { kind, header, codes: list.codes };
    },
    readStreamHeader(value) {
      if (!isRecord(value) || !isRecord(value['body']))
        throw new TanbaError('documents.header_missing', { path: STREAM_HEADER });
      const { kind, header, codes, problems } = readHeader(value, value['body'], STREAM_HEADER);
      if (problems.length > 0) refuse(problems);
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

interface ReadCodes {
  readonly codes: readonly string[];
  readonly problems: readonly Problem[];
}

function readCodes(kind: DocumentKind, codes: unknown, codesMax: number, problemsMax: number): ReadCodes {
  const path = '/body/codes';
  const wrong = (problem: Problem): ReadCodes => ({ codes: [], problems: [problem] });
  const expects = KINDS[kind].codes;
  if (codes === undefined && expects !== 'required') return { codes: [], problems: [] };
  if (expects === 'none') return wrong({ code: 'request.value_unexpected', path, details: { field: 'codes' } });
  if (!Array.isArray(codes)) return wrong({ code: 'request.value_type', path, details: { expected: 'array' } });
  if (codes.length === 0) return wrong({ code: 'documents.no_codes', path });
  if (codes.length > codesMax) return wrong({ code: 'documents.too_many_codes', path, details: { limit: codesMax } });
  const problems: Problem[] = [];
  for (let index = 0; index < codes.length && problems.length < problemsMax; index++) {
    if (!isCodeText(codes[index])) problems.push({ code: 'documents.code_malformed', path: `${path}/${index}` });
  }
  return { codes, problems };
}

/** One fault that has a name of its own is the answer; else the document is invalid, with the list of what is wrong. */
function refuse(problems: readonly Problem[]): never {
  const [first, ...others] = problems;
  const path = first?.path ?? '';
  if (first !== undefined && others.length === 0 && !first.code.startsWith('request.')) {
    throw new TanbaError(first.code, { path, ...(first.details === undefined ? {} : { details: first.details }) });
  }
  throw new TanbaError('documents.invalid', { path, problems: [...problems] });
}

function isCodeText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= CODE_LENGTH_MAX;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
