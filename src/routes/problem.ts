import { STATUS_CODES } from 'node:http';
import { type ErrorKind, errorKind, errorText, type Language, type Problem, TanbaError } from '../core/errors.ts';
import { isOutage, isTimeout } from '../store/outage.ts';
import type { RouteReply } from './route.ts';

export const PROBLEM_TYPE = 'application/problem+json';

const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  too_many: 429,
  internal: 500,
  unavailable: 503,
};

export function problemStatus(error: TanbaError): number {
  return error.code === 'request.method_not_allowed' ? 405 : STATUS_OF_KIND[errorKind(error.code)];
}

const RETRY_AFTER_SECONDS = 2;

/** Whatever is not an error of ours is "internal", without a word of its text; a store that is away comes back. */
export function knownError(error: unknown): TanbaError {
  if (error instanceof TanbaError) return error;
  return isOutage(error) || isTimeout(error)
    ? new TanbaError('store.unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error })
    : new TanbaError('internal', { cause: error });
}

/** RFC 9457. */
export function problemReply(error: unknown, language: Language, requestId: string): RouteReply {
  const known = knownError(error);
  const { path, cis, details, problems, retryAfterSeconds } = known.options;
  const status = problemStatus(known);
  // A single fault is listed too, so that a reader of errors[] needs no second way.
  const errors =
    problems ?? (path === undefined && cis === undefined ? undefined : [{ ...known.options, code: known.code }]);
  return {
    status,
    contentType: PROBLEM_TYPE,
    headers: {
      'Content-Language': language,
      Vary: 'Accept-Language',
      ...(status === 401 ? { 'WWW-Authenticate': challenge(known) } : {}),
      ...(status === 405 ? { Allow: String(details?.['allowed'] ?? '') } : {}),
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
    },
    body: {
      type: `/api/v1/errors#${known.code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code: known.code,
      detail: errorText(known.code, language, details),
      ...(details === undefined ? {} : { details }),
      instance: `urn:uuid:${requestId}`,
      requestId,
      ...(errors === undefined ? {} : { errors: errors.map((problem) => localized(problem, language)) }),
    },
  };
}

/** One entry of errors[]: the same shape wherever problems are listed. */
export function localized(problem: Problem, language: Language): Readonly<Record<string, unknown>> {
  return {
    code: problem.code,
    ...(problem.path === undefined ? {} : { path: problem.path }),
    ...(problem.cis === undefined ? {} : { cis: problem.cis }),
    message: errorText(problem.code, language, problem.details),
  };
}

function challenge(error: TanbaError): string {
  return error.code === 'access.token_missing' ? 'Bearer realm="tanba"' : 'Bearer realm="tanba", error="invalid_token"';
}
