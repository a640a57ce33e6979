import { parse as parseQuery } from 'node:querystring';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import Type from 'typebox';
import type { Authenticator } from '../access/authenticator.ts';
import { type OnBehalf, principalAsked } from '../access/on-behalf.ts';
import { may, type Principal } from '../access/permissions.ts';
import { type Problem, TanbaError } from '../core/errors.ts';
import type { Check, Validation } from '../core/validation.ts';
import type { Log } from '../log.ts';
import { CallerGone, openBody, readBody } from './body.ts';
import { parseJson } from './json-text.ts';
import type { Metrics } from './metrics.ts';
import { problemReply } from './problem.ts';
import { dismissBody, type HeaderList, type ReplyContext, sendReply } from './reply.ts';
import { IncomingCall } from './request.ts';
import type { AnyRoute, RouteReply } from './route.ts';

export interface DispatchDeps {
  readonly authenticator: Authenticator;
  /** Without it nobody acts for others. */
  readonly onBehalf?: Pick<OnBehalf, 'act'>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly validation: Validation;
  readonly pageHeaders: HeaderList;
  readonly trustProxyHops: number;
  readonly unreadMs: number;
  readonly isStopping: () => boolean;
}

export type Answer = (call: IncomingCall, req: Request, res: Response) => Promise<RouteReply>;

// What nginx calls it: the caller closed the connection before the answer.
const STATUS_CALLER_GONE = 499;

/** Turns an answer into an Express handler: the one place that sends, counts and logs. */
export function handlerOf(path: string, answer: Answer, deps: DispatchDeps): RequestHandler {
  return async (req: Request, res: Response, _next: NextFunction) => {
    const started = performance.now();
    const call = new IncomingCall(req, res, deps.trustProxyHops);
    const { requestId } = call;
    const context: ReplyContext = { requestId, pageHeaders: deps.pageHeaders, lastAnswer: deps.isStopping() };
    let status: number;
    try {
      const reply = await answer(call, req, res);
      status = reply.status;
      await sendReply(req, res, reply, context);
    } catch (error) {
      status = await answerError(error, call, req, res, context, deps.log);
    }
    call.close();
    dismissBody(req, deps.unreadMs);
    const seconds = (performance.now() - started) / 1000;
    deps.metrics.observeRequest(path, req.method, status, seconds);
    if (deps.log.isLevelEnabled('debug')) {
      deps.log.debug({ requestId, method: req.method, path, status, seconds, ip: call.ip }, 'answered');
    }
  };
}

async function answerError(
  error: unknown,
  call: IncomingCall,
  req: Request,
  res: Response,
  context: ReplyContext,
  log: Log,
): Promise<number> {
  if (error instanceof CallerGone || res.destroyed) return STATUS_CALLER_GONE;
  const reply = problemReply(error, call.language, call.requestId);
  const about = { requestId: call.requestId, method: req.method, path: req.path };
  if (reply.status === 503) {
    // Of an outage there are thousands: a line each without a stack.
    log.warn({ ...about, reason: error instanceof Error ? error.message : String(error) }, 'request put off');
  } else if (reply.status >= 500) {
    log.error({ ...about, err: error }, 'request failed');
  }
  if (res.headersSent) {
    // Too late for words: only a broken connection tells the caller that the answer is not whole.
    res.destroy();
  } else {
    await sendReply(req, res, reply, context);
  }
  return reply.status;
}

/** The steps before the handler, each compiled once: who asks, may they, parameters, body. */
export function answerOf(route: AnyRoute, deps: DispatchDeps): Answer {
  const authorize = authorizeWith(deps, route);
  const readParameters = parametersOf(route, deps.validation);
  const takeBody = bodyOf(route, deps.validation);
  return async (call, req, res) => {
    if (req.method === 'HEAD' && !answersHead(route)) throw methodNotAllowed(req, methodsOf(route));
    if (authorize !== null) call.principal = await authorize(call, req);
    readParameters(call, req);
    if (takeBody !== null) await takeBody(call, req, res);
    return route.handle(call);
  };
}

/** HEAD asks for the effect of GET without its answer: where GET hands out codes, they would be lost. */
function answersHead(route: AnyRoute): boolean {
  return route.method === 'get' && route.access === 'public';
}

export function methodsOf(route: AnyRoute): readonly string[] {
  return answersHead(route) ? ['GET', 'HEAD'] : [route.method.toUpperCase()];
}

export function methodNotAllowed(req: Request, methods: readonly string[]): TanbaError {
  return new TanbaError('request.method_not_allowed', { details: { method: req.method, allowed: methods.join(', ') } });
}

function authorizeWith(
  { authenticator, onBehalf }: DispatchDeps,
  { access, method, path }: AnyRoute,
): ((call: IncomingCall, req: Request) => Promise<Principal>) | null {
  if (access === 'public') return null;
  const operation = { permission: access, method: method.toUpperCase(), route: path };
  return async (call, req) => {
    const principal = await authenticator.authenticate(req.headers);
    if (principal === null) throw new TanbaError('access.token_missing');
    const other = principalAsked(req.headers);
    if (other !== null) {
      if (onBehalf === undefined) throw new TanbaError('access.not_on_behalf', { details: { bin: other } });
      return onBehalf.act(principal, { ...operation, principal: other, ip: call.ip });
    }
    if (!may(principal, access)) throw new TanbaError('access.forbidden', { details: { role: principal.role } });
    return principal;
  };
}

function parametersOf(route: AnyRoute, validation: Validation): (call: IncomingCall, req: Request) => void {
  const checkParams = route.params === undefined ? null : validation.parameters(route.params, '/path');
  const checkQuery = validation.parameters(route.query ?? Type.Object({}), '/query');
  const checkHeaders = headersCheck(route, validation);
  return (call, req) => {
    call.params = req.params;
    if (checkParams !== null) refuse(checkParams(call.params));
    const mark = req.url.indexOf('?');
    if (mark !== -1 || route.query !== undefined) {
      call.query = parseQuery(mark === -1 ? '' : req.url.slice(mark + 1));
      refuse(checkQuery(call.query));
    }
    if (checkHeaders !== null) refuse(checkHeaders(req));
  };
}

function headersCheck(route: AnyRoute, validation: Validation): ((req: Request) => readonly Problem[]) | null {
  if (route.headers === undefined || route.headers.length === 0) return null;
  const names = route.headers.map((header) => header.name);
  const properties = route.headers.map((header) => [header.name, Type.Optional(header.schema)] as const);
  const check = validation.parameters(Type.Object(Object.fromEntries(properties)), '/headers');
  return (req) => {
    const sent = names.flatMap((name) => {
      const value = req.headers[name.toLowerCase()];
      return value === undefined ? [] : [[name, value] as const];
    });
    return sent.length === 0 ? [] : check(Object.fromEntries(sent));
  };
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new TanbaError('request.invalid', { problems });
}

type TakeBody = (call: IncomingCall, req: Request, res: Response) => Promise<void>;

export const JSON_TYPE = 'application/json';
const DEFAULT_BODY_LIMIT = 1024 * 1024;

function bodyOf(route: AnyRoute, validation: Validation): TakeBody | null {
  const mode = route.bodyMode ?? (route.body === undefined ? 'none' : 'json');
  if (mode === 'none') return null;
  const limit = route.bodyLimitBytes ?? DEFAULT_BODY_LIMIT;
  const streamTypes = route.streamTypes ?? [];
  const rawTypes = route.rawTypes ?? [];
  const accepted = [JSON_TYPE, ...(route.bodyTypes ?? []), ...rawTypes, ...streamTypes];
  const check = route.body === undefined || route.handlerChecksBody ? null : validation.json(route.body);
  return async (call, req, res) => {
    call.contentType = mediaTypeOf(req, accepted);
    if (mode === 'stream') {
      call.stream = openBody(req, res, limit);
    } else if (streamTypes.includes(call.contentType)) {
      call.stream = openBody(req, res, route.streamLimitBytes ?? limit);
    } else {
      const bytes = await readBody(req, res, limit);
      if (bytes.length === 0) throw new TanbaError('request.body_missing');
      call.rawBody = bytes;
      if (!rawTypes.includes(call.contentType)) takeJson(call, bytes, check);
    }
  };
}

function takeJson(call: IncomingCall, bytes: Buffer, check: Check | null): void {
  call.body = parseJson(bytes);
  if (check !== null) refuse(check(call.body));
}

function mediaTypeOf(req: Request, accepted: readonly string[]): string {
  const header = req.headers['content-type'] ?? '';
  if (accepted.includes(header)) return header;
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const readable = charset === undefined || /^"?utf-?8"?$/.test(charset);
  if (accepted.includes(type) && readable) return type;
  throw new TanbaError('request.content_type', { details: { accepted: accepted.join(', ') } });
}
