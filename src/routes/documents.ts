import Type from 'typebox';
import { seesEverything } from '../access/permissions.ts';
import type { Clock } from '../core/clock.ts';
import { documentSchema } from '../core/documents/document-schema.ts';
import type { DocumentRow } from '../core/documents/document-store.ts';
import { findErrors } from '../core/documents/document-store.ts';
import type { DocumentIntake, Sender } from '../core/documents/intake.ts';
import { DOCUMENT_KINDS } from '../core/documents/kinds.ts';
import type { DocumentProcessor } from '../core/documents/processor.ts';
import type { DocumentValidator } from '../core/documents/validate.ts';
import type { DocumentAsker } from '../core/documents/visible-document.ts';
import { visibleDocument } from '../core/documents/visible-document.ts';
import type { Problem as CoreProblem, Language } from '../core/errors.ts';
import type { Database } from '../store/database.ts';
import { localized } from './problem.ts';
import type { AnyRoute, RouteReply, RouteRequest } from './route.ts';
import { route } from './route.ts';

export interface DocumentRoutesDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly intake: DocumentIntake;
  readonly processor: DocumentProcessor;
  readonly validator: DocumentValidator;
  readonly limits: {
    readonly jsonBodyBytes: number;
    readonly streamBodyBytes: number;
    readonly waitSecondsMax: number;
  };
}

const XML_TYPES = ['application/xml', 'text/xml'];
const ERRORS_SHOWN = 10;
const ERRORS_PER_PAGE_MAX = 1_000;
const ERRORS_PASSED_MAX = 1_000_000;

/** Each kind with its own body, for readers of the API; checked by the intake, which keeps the codes out of ajv. */
const DocumentBody = Type.Union(DOCUMENT_KINDS.map(documentSchema));

const Problem = Type.Object({
  code: Type.String(),
  path: Type.Optional(Type.String()),
  cis: Type.Optional(Type.String()),
  message: Type.String(),
});

const DocumentAnswer = Type.Object({
  documentId: Type.String({ format: 'uuid' }),
  kind: Type.Optional(Type.String()),
  status: Type.String({ description: 'received, accepted, rejected or failed' }),
  codeCount: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  receivedAt: Type.Optional(Type.String({ format: 'date-time' })),
  completedAt: Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()])),
  errorCount: Type.Optional(Type.Integer()),
  errors: Type.Optional(Type.Array(Problem)),
  warnings: Type.Optional(Type.Array(Problem)),
  actedBy: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: 'BIN of the service provider that sent it for its sender; told the sender and authorities.',
    }),
  ),
});

const Id = Type.Object({ id: Type.String({ format: 'uuid' }) });

export function documentRoutes(deps: DocumentRoutesDeps): AnyRoute[] {
  return [submitRoute(deps), validateRoute(deps), getRoute(deps), errorsRoute(deps)];
}

function submitRoute(deps: DocumentRoutesDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/api/v1/documents',
    operationId: 'submitDocument',
    tag: 'documents',
    summary: 'Submit a document: application, introduction, packing, withdrawal, return, write-off',
    description:
      'Answered with 202 when the document is durable; with `Prefer: wait=N` the answer waits up to N seconds for the ' +
      'final state (then 200). A document takes effect whole or not at all. As a stream (application/x-ndjson) the first ' +
      'line is {"kind", "body"} without codes and every further line is one code as a JSON string. XML ' +
      '(application/xml, text/xml) follows the XSD of its kind, see /api/v1/documents/schemas. Without an ' +
      'Idempotency-Key the content itself is the key: the same document again has the same answer and no second effect.',
    access: 'documents',
    body: DocumentBody,
    bodyLimitBytes: deps.limits.jsonBodyBytes,
    handlerChecksBody: true,
    rawTypes: XML_TYPES,
    streamTypes: ['application/x-ndjson', 'application/ndjson'],
    streamLimitBytes: deps.limits.streamBodyBytes,
    headers: [
      {
        name: 'Idempotency-Key',
        description: "The sender's own key of this document.",
        schema: Type.String({ minLength: 1, maxLength: 255 }),
      },
      { name: 'Prefer', description: '`wait=N`, seconds.', schema: Type.String({ maxLength: 200 }) },
    ],
    responses: {
      200: { description: 'Final state (after Prefer: wait, or of a document sent before)', schema: DocumentAnswer },
      202: { description: 'Received', schema: DocumentAnswer },
    },
    handle: async (request) => {
      const sender = senderOf(request);
      const acceptance = XML_TYPES.includes(request.contentType)
        ? await deps.intake.acceptXml(sender, request.rawBody)
        : request.body === undefined
          ? await deps.intake.acceptStream(sender, request.stream)
          : await deps.intake.acceptJson(sender, request.body, request.rawBody);
      const waitMs = waitOf(request.headers['prefer'], deps.limits.waitSecondsMax);
      if (waitMs === 0 && acceptance.status === 'received') return { status: 202, body: acceptance };
      const document = await deps.processor.waitFor(acceptance.documentId, waitMs, request.signal);
      if (document === null) return { status: 202, body: acceptance };
      return documentReply(deps, document, askerOf(request), request.language);
    },
  });
}

function validateRoute(deps: DocumentRoutesDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/api/v1/documents/validate',
    operationId: 'validateDocument',
    tag: 'documents',
    summary: 'Check a document by every rule, without effect',
    description:
      'The same checks as of a document that is submitted, against the goods as they are now. Everything wrong is listed, ' +
      'up to a limit. What does not fit the schema is answered with 400, as by submitting.',
    access: 'documents',
    body: DocumentBody,
    bodyLimitBytes: deps.limits.jsonBodyBytes,
    handlerChecksBody: true,
    rawTypes: XML_TYPES,
    responses: {
      200: {
        description: 'What would be said of the document',
        schema: Type.Object({
          valid: Type.Boolean(),
          kind: Type.String(),
          codeCount: Type.Integer(),
          errors: Type.Array(Problem),
          warnings: Type.Array(Problem),
        }),
      },
    },
    handle: async (request) => {
      const sender = senderOf(request);
      const { kind, codeCount, errors, warnings } = XML_TYPES.includes(request.contentType)
        ? await deps.validator.validateXml(sender, request.rawBody)
        : await deps.validator.validate(sender, request.body);
      const told = (problems: readonly CoreProblem[]) =>
        problems.map((problem) => localized(problem, request.language));
      const body = { valid: errors.length === 0, kind, codeCount, errors: told(errors), warnings: told(warnings) };
      return { status: 200, body };
    },
  });
}

function getRoute(deps: DocumentRoutesDeps): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/documents/:id',
    operationId: 'getDocument',
    tag: 'documents',
    summary: 'State of a document, with its first errors',
    access: 'codes',
    params: Id,
    responses: { 200: { description: 'The document', schema: DocumentAnswer } },
    handle: async (request) => {
      const document = await visibleDocument(deps, askerOf(request), request.params.id);
      return { ...(await documentReply(deps, document, askerOf(request), request.language)), status: 200 };
    },
  });
}

function errorsRoute(deps: DocumentRoutesDeps): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/documents/:id/errors',
    operationId: 'getDocumentErrors',
    tag: 'documents',
    summary: 'Errors of a rejected document, page by page',
    access: 'codes',
    params: Id,
    query: Type.Object(
      {
        after: Type.Optional(
          Type.Integer({ minimum: 0, maximum: ERRORS_PASSED_MAX, description: 'How many errors to pass over.' }),
        ),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: ERRORS_PER_PAGE_MAX })),
      },
      { additionalProperties: false },
    ),
    responses: {
      200: {
        description: 'One page; `next` is the following page’s `after`, null on the last',
        schema: Type.Object({
          errorCount: Type.Integer(),
          errors: Type.Array(Problem),
          next: Type.Union([Type.Integer(), Type.Null()]),
        }),
      },
    },
    handle: async (request) => {
      const document = await visibleDocument(deps, askerOf(request), request.params.id);
      const after = request.query.after ?? 0;
      const problems = await findErrors(deps.db, document.documentId, after, request.query.limit ?? 100);
      const next = after + problems.length;
      return {
        status: 200,
        body: {
          errorCount: document.errorCount,
          errors: problems.map((problem) => localized(problem, request.language)),
          next: next < document.errorCount ? next : null,
        },
      };
    },
  });
}

async function documentReply(
  deps: DocumentRoutesDeps,
  document: DocumentRow,
  asker: DocumentAsker,
  language: Language,
): Promise<RouteReply> {
  const { documentId, kind, status, codeCount, receivedAt, completedAt, errorCount, actedBy } = document;
  // Who works for the sender is nothing to the receiver of its shipment.
  const showsActor = asker.bin === document.bin || asker.seesEverything;
  const problems = errorCount === 0 ? [] : await findErrors(deps.db, documentId, 0, ERRORS_SHOWN);
  return {
    status: status === 'received' ? 202 : 200,
    body: {
      documentId,
      kind,
      status,
      codeCount,
      receivedAt: receivedAt.toISOString(),
      completedAt: completedAt?.toISOString() ?? null,
      errorCount,
      errors: problems.map((problem) => localized(problem, language)),
      warnings: (document.warnings ?? []).map((problem) => localized(problem, language)),
      ...(showsActor ? { actedBy } : {}),
    },
  };
}

function askerOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): DocumentAsker {
  return { bin: principal.bin, seesEverything: seesEverything(principal), ip };
}

function senderOf(request: RouteRequest<unknown, unknown, unknown>): Sender {
  const key = request.headers['idempotency-key'];
  const { principal, ip, trace } = request;
  return {
    bin: principal.bin,
    role: principal.role,
    ip,
    trace,
    idempotencyKey: typeof key === 'string' ? key : undefined,
    actedBy: principal.actedBy,
  };
}

/** RFC 7240 `wait`, in milliseconds. */
function waitOf(prefer: string | string[] | undefined, secondsMax: number): number {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(String(prefer ?? ''))?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds), secondsMax) * 1_000;
}
