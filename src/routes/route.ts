import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import type { Permission, Principal } from '../access/permissions.ts';
import type { Language } from '../core/errors.ts';

/** What a handler gets: validated, typed by the route's schemas, with the asker known. */
export interface RouteRequest<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  /** The parsed and validated JSON body; undefined on routes without one. */
  readonly body: B;
  /** The body's bytes as they came (body: 'json', and `rawTypes`). Empty otherwise. */
  readonly rawBody: Buffer;
  /** The unread body (body: 'stream'), already limited in size and decompressed. */
  readonly stream: Readable;
  readonly contentType: string;
  readonly headers: IncomingHttpHeaders;
  readonly principal: Principal;
  readonly ip: string;
  readonly language: Language;
  readonly requestId: string;
  /** W3C traceparent: the caller's, or a new one. */
  readonly trace: string;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** `body` is sent as JSON (a string or Buffer as it is); `stream` is piped. Exactly one of the two, or neither. */
export interface RouteReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
  readonly stream?: Readable;
}

/** A request header that the operation reads. */
export interface HeaderSpec {
  readonly name: string;
  readonly description: string;
  readonly schema: TSchema;
}

export interface ResponseSpec {
  readonly description: string;
  readonly contentType?: string;
  /** What a caller may ask for instead. */
  readonly otherContentTypes?: readonly string[];
  readonly schema?: TSchema;
}

/** One operation of the API: the router, the checks and the OpenAPI document are all made from it. */
export interface RouteSpec<P extends TSchema = TSchema, Q extends TSchema = TSchema, B extends TSchema = TSchema> {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Express 5 path, parameters as `:name`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** 'public': no token asked. Otherwise the permission that the asker's role must hold. */
  readonly access: 'public' | Permission;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** How the body is taken: not at all, as JSON of at most `bodyLimitBytes`, or as an unread stream of at most that. */
  readonly bodyMode?: 'none' | 'json' | 'stream';
  readonly bodyLimitBytes?: number;
  /** The schema documents the body, and the handler checks it part by part: one bad part must not refuse the others. */
  readonly handlerChecksBody?: boolean;
  /** Media types accepted besides application/json. */
  readonly bodyTypes?: readonly string[];
  /** With bodyMode 'json': media types of which only the bytes are handed over (`rawBody`; `body` is undefined then). */
  readonly rawTypes?: readonly string[];
  /**
   * With bodyMode 'json': media types that are handed over as an unread stream all the same (`contentType` tells which
   * came; `body` is undefined then), of at most `streamLimitBytes`.
   */
  readonly streamTypes?: readonly string[];
  readonly streamLimitBytes?: number;
  /** Validated when they come; never required. */
  readonly headers?: readonly HeaderSpec[];
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  handle(request: RouteRequest<Static<P>, Static<Q>, Static<B>>): Promise<RouteReply>;
}

/** A route whose schema types have been forgotten, for lists of routes. */
export type AnyRoute = RouteSpec<TSchema, TSchema, TSchema>;

/** Keeps the handler typed by its schemas, then forgets the types for the list. */
export function route<P extends TSchema, Q extends TSchema, B extends TSchema>(spec: RouteSpec<P, Q, B>): AnyRoute {
  return spec;
}
