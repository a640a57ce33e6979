import Type from 'typebox';
import { seesEverything } from '../access/permissions.ts';
import type { Asker } from '../core/codes/code-queries.ts';
import { type ErrorDetails, errorText, isErrorCode, type Language } from '../core/errors.ts';
import { EXPORT_FORMATS, EXPORT_LISTS, type ExportFormat } from '../core/exports/columns.ts';
import type { ExportDesk } from '../core/exports/export-desk.ts';
import type { ExportTask } from '../core/exports/export-store.ts';
import { ExportRequest } from '../core/exports/wanted.ts';
import { Paging } from './document-search.ts';
import { nullable } from './nullable.ts';
import { type AnyRoute, type RouteRequest, route } from './route.ts';

const PAGE_DEFAULT = 100;
const BODY_BYTES = 10_000;

const Time = Type.String({ format: 'date-time' });

const ExportAnswer = Type.Object({
  exportId: Type.String({ format: 'uuid' }),
  list: Type.Enum([...EXPORT_LISTS]),
  filter: Type.Record(Type.String(), Type.String()),
  format: Type.Enum([...EXPORT_FORMATS]),
  language: Type.Enum(['kk', 'ru', 'en']),
  status: Type.Enum(['waiting', 'running', 'ready', 'failed', 'expired']),
  rows: Type.Integer({ description: 'Written so far.' }),
  total: nullable(Type.Integer({ description: 'Where it is known before the end.' })),
  progress: nullable(Type.Number({ description: 'From 0 to 1; null where the end is not known.' })),
  bytes: Type.Integer(),
  createdAt: Time,
  completedAt: nullable(Time),
  expiresAt: nullable(Time),
  failure: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
});

const Id = Type.Object({ id: Type.String({ format: 'uuid' }) });

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

export function exportRoutes(desk: ExportDesk): AnyRoute[] {
  return [requestRoute(desk), listRoute(desk), getRoute(desk), fileRoute(desk), removeRoute(desk)];
}

const common = { tag: 'exports', access: 'codes' } as const;

function requestRoute(desk: ExportDesk): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: '/api/v1/exports',
    operationId: 'requestExport',
    summary: 'Ask for a list as a file, CSV or XLSX',
    description:
      'The filter has the names of the list’s own query. The file is written in the background and kept for 24 hours; ' +
      'GET /api/v1/exports/{id} tells when it is ready.',
    body: ExportRequest,
    bodyLimitBytes: BODY_BYTES,
    responses: { 202: { description: 'It waits for its turn', schema: ExportAnswer } },
    handle: async (request) => {
      const task = await desk.request(askerOf(request), request.body, request.language);
      return {
        status: 202,
        headers: { Location: `/api/v1/exports/${task.exportId}` },
        body: answerOf(task, request.language),
      };
    },
  });
}

function listRoute(desk: ExportDesk): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: '/api/v1/exports',
    operationId: 'listExports',
    summary: 'One’s own exports, newest first',
    query: Type.Object(Paging),
    responses: {
      200: {
        description: 'A page; `next` is the following page’s `after`, null on the last',
        schema: Type.Object({ exports: Type.Array(ExportAnswer), next: nullable(Type.String()) }),
      },
    },
    handle: async (request) => {
      const { after = null, limit = PAGE_DEFAULT } = request.query;
      const found = await desk.list(askerOf(request), { after, limit });
      const next = found.length === limit ? (found.at(-1)?.exportId ?? null) : null;
      return { status: 200, body: { exports: found.map((task) => answerOf(task, request.language)), next } };
    },
  });
}

function getRoute(desk: ExportDesk): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: '/api/v1/exports/:id',
    operationId: 'getExport',
    summary: 'State of an export',
    params: Id,
    responses: { 200: { description: 'The export', schema: ExportAnswer } },
    handle: async (request) => {
      const task = await desk.get(askerOf(request), request.params.id);
      return { status: 200, body: answerOf(task, request.language) };
    },
  });
}

function fileRoute(desk: ExportDesk): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: '/api/v1/exports/:id/file',
    operationId: 'fetchExport',
    summary: 'The file of an export that is ready',
    params: Id,
    responses: {
      200: { description: 'The file (for XLSX as a workbook)', contentType: 'text/csv' },
      409: { description: 'Not ready yet, or failed', contentType: 'application/problem+json' },
    },
    handle: async (request) => {
      const { task, stream } = await desk.file(askerOf(request), request.params.id);
      const name = `${task.list}-${task.createdAt.toISOString().slice(0, 10)}.${task.format}`;
      return {
        status: 200,
        headers: {
          'Content-Length': task.bytes,
          'Content-Disposition': `attachment; filename="${name}"`,
          'Cache-Control': 'no-store',
        },
        contentType: CONTENT_TYPES[task.format],
        stream,
      };
    },
  });
}

function removeRoute(desk: ExportDesk): AnyRoute {
  return route({
    ...common,
    method: 'delete',
    path: '/api/v1/exports/:id',
    operationId: 'deleteExport',
    summary: 'Remove an export and its file, also while it is being written',
    params: Id,
    responses: { 204: { description: 'Removed' } },
    handle: async (request) => {
      await desk.remove(askerOf(request), request.params.id);
      return { status: 204 };
    },
  });
}

function askerOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): Asker {
  return { bin: principal.bin, seesEverything: seesEverything(principal), ip };
}

function answerOf(task: ExportTask, language: Language): object {
  const { parts: _parts, reason, reasonDetails, bytes, createdAt, completedAt, expiresAt, ...shown } = task;
  return {
    ...shown,
    progress: progressOf(task),
    bytes: Number(bytes),
    createdAt: createdAt.toISOString(),
    completedAt: completedAt?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    ...(reason === null ? {} : { failure: failureOf(reason, reasonDetails, language) }),
  };
}

function progressOf({ status, rows, total }: ExportTask): number | null {
  if (status === 'ready' || status === 'expired') return 1;
  if (status === 'waiting') return 0;
  return total === null || total === 0 ? null : Math.min(rows / total, 1);
}

function failureOf(code: string, details: ErrorDetails | null, language: Language): { code: string; message: string } {
  return { code, message: isErrorCode(code) ? errorText(code, language, details ?? {}) : code };
}
