import { PassThrough } from 'node:stream';
import Type, { type Static } from 'typebox';
import type { Language } from '../core/errors.ts';
import { errorText, TanbaError } from '../core/errors.ts';
import type { NumberedLine } from '../core/ndjson.ts';
import { parseLine, readLines } from '../core/ndjson.ts';
import type { ReceiptDesk } from '../core/receipts/desk.ts';
import type { MarkOutcome } from '../core/receipts/judge.ts';
import { Receipt } from '../core/receipts/receipt.ts';
import type { ReceiptStreams } from '../core/receipts/receipt-streams.ts';
import type { AcceptedReceipt, ReceiptSender, Reception } from '../core/receipts/reception.ts';
import type { Log } from '../log.ts';
import { knownError, localized, problemStatus } from './problem.ts';
import type { AnyRoute, RouteReply, RouteRequest } from './route.ts';
import { route } from './route.ts';

export interface ReceiptRoutesDeps {
  readonly log: Pick<Log, 'error'>;
  readonly reception: Reception;
  readonly desk: ReceiptDesk;
  readonly streams: ReceiptStreams;
  readonly limits: {
    readonly receiptsPerArray: number;
    readonly receiptsPerStream: number;
    readonly receiptLineBytes: number;
    readonly jsonBodyBytes: number;
    readonly streamBodyBytes: number;
  };
}

const NDJSON = 'application/x-ndjson';
/** Receipts of one bulk request that wait for their answers at a time. */
const BULK_WINDOW = 1_024;
/** Receipts of one bulk request that are read before they are handed over. */
const PREPARED_AT_ONCE = 256;

const Problem = Type.Object({ code: Type.String(), path: Type.Optional(Type.String()), message: Type.String() });

const CodeAnswer = Type.Object({
  cis: Type.Union([Type.String(), Type.Null()]),
  mark: Type.Optional(Type.String()),
  outcome: Type.Union([Type.Literal('sold'), Type.Literal('returned'), Type.Literal('unchanged')]),
  anomaly: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
});

const ReceiptAnswer = Type.Object({
  status: Type.Union([Type.Literal('accepted'), Type.Literal('refused')]),
  receiptId: Type.Optional(Type.String({ format: 'uuid' })),
  registerId: Type.Optional(Type.String()),
  fiscalSign: Type.Optional(Type.String()),
  at: Type.Optional(Type.String()),
  codes: Type.Optional(Type.Array(CodeAnswer)),
  index: Type.Optional(Type.Integer({ description: 'Place in the array, from 0.' })),
  line: Type.Optional(Type.Integer({ description: 'Line of the stream, from 1.' })),
  sequence: Type.Optional(Type.Integer({ description: 'Its number, where the sender numbers them.' })),
  httpStatus: Type.Optional(Type.Integer({ description: 'Status that the receipt alone would have had.' })),
  error: Type.Optional(
    Type.Object({
      code: Type.String(),
      path: Type.Optional(Type.String()),
      message: Type.String(),
      errors: Type.Optional(Type.Array(Problem)),
    }),
  ),
});

const SEQUENCE_MAX = Number.MAX_SAFE_INTEGER;
const StreamName = Type.String({ pattern: '^[0-9A-Za-z._-]{1,64}$', description: 'A name of the sender’s own.' });

const Numbering = Type.Object({
  stream: Type.Optional(StreamName),
  from: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: SEQUENCE_MAX,
      description: 'Number of the first line in that stream; 1 at first.',
    }),
  ),
});

export function receiptRoutes(deps: ReceiptRoutesDeps): AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/receipts',
      operationId: 'pushReceipts',
      tag: 'receipts',
      summary: 'Push fiscal receipts: one, an array, or a stream of lines',
      description:
        'Answered when durable. A receipt is fiscal truth: it is never refused because a code in it is wrong; each code ' +
        'tells what became of it, and why. (registerId, fiscalSign, at) is the key of a receipt: the same again has one ' +
        'effect and the same answer, the same key with another body is a conflict and kept as evidence. In arrays and ' +
        'streams each receipt has its own answer, in order.',
      access: 'receipts',
      query: Numbering,
      body: Type.Union([Receipt, Type.Array(Receipt)]),
      bodyLimitBytes: deps.limits.jsonBodyBytes,
      handlerChecksBody: true,
      streamTypes: [NDJSON, 'application/ndjson'],
      streamLimitBytes: deps.limits.streamBodyBytes,
      responses: {
        200: {
          description: 'What became of the receipt, or of each receipt',
          schema: Type.Union([ReceiptAnswer, Type.Array(ReceiptAnswer)]),
        },
      },
      handle: async (request) => {
        if (request.body === undefined) return pushStream(deps, request);
        const value: unknown = request.body;
        return Array.isArray(value) ? pushArray(deps, request, value) : pushOne(deps, request, value);
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/receipts/streams/:stream',
      operationId: 'receiptStream',
      tag: 'receipts',
      summary: 'How far a stream of numbered receipts has come',
      description: 'Every receipt up to lastSequence has its final answer: go on behind it.',
      access: 'receipts',
      params: Type.Object({ stream: StreamName }),
      responses: {
        200: {
          description: '0 before the first',
          schema: Type.Object({ stream: Type.String(), lastSequence: Type.Integer() }),
        },
      },
      handle: async ({ principal, params: { stream } }) => {
        return { status: 200, body: { stream, lastSequence: await deps.streams.last(principal.bin, stream) } };
      },
    }),
  ];
}

type AnyRequest = RouteRequest<unknown, unknown, unknown>;

async function pushOne({ reception }: ReceiptRoutesDeps, request: AnyRequest, value: unknown): Promise<RouteReply> {
  const accepted = await reception.accept(senderOf(request), value, request.rawBody);
  return { status: 200, body: answerOf(accepted, request.language) };
}

async function pushArray(deps: ReceiptRoutesDeps, request: AnyRequest, values: unknown[]): Promise<RouteReply> {
  const limit = deps.limits.receiptsPerArray;
  if (values.length > limit) throw new TanbaError('receipts.too_many', { details: { limit } });
  const sender = senderOf(request);
  const answers: Promise<object>[] = [];
  for (let first = 0; first < values.length; first += PREPARED_AT_ONCE) {
    const group = values.slice(first, first + PREPARED_AT_ONCE).map(
      (value, index): Incoming => ({
        place: { index: first + index },
        read: () => ({ value, raw: Buffer.from(JSON.stringify(value)) }),
      }),
    );
    await pushGroup(deps, sender, request, group, answers);
  }
  return { status: 200, body: await Promise.all(answers) };
}

/**
 * Answers are kept until the caller reads them, so that a caller who sends everything before it reads cannot block
 * itself; the number of receipts bounds them.
 */
async function pushStream(deps: ReceiptRoutesDeps, request: NumberedRequest): Promise<RouteReply> {
  const { stream, from = 1 } = request.query;
  const { bin } = request.principal;
  if (stream !== undefined) await deps.streams.begin(bin, stream, from);
  const numbering = stream === undefined ? null : createNumbering(deps.streams, bin, stream, from);
  const output = new PassThrough();
  void streamAnswers(deps, request, output, numbering).catch((error: unknown) => {
    output.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return { status: 200, contentType: NDJSON, stream: output };
}

type NumberedRequest = RouteRequest<unknown, Static<typeof Numbering>, unknown>;

/** Numbers the lines of a stream, and writes down how far all of them have their final answers. */
interface LineNumbering {
  readonly numberOf: (line: number) => number;
  /** The next answers, in their order. Behind one that may be sent again, nothing counts. */
  answered(answers: readonly LineAnswer[]): Promise<void>;
}

interface LineAnswer {
  readonly line: number;
  readonly httpStatus?: number;
}

const TOO_MANY = 429;
const OUR_FAULT = 500;

function createNumbering(streams: ReceiptStreams, bin: string, stream: string, from: number): LineNumbering {
  let open = true;
  const numberOf = (line: number): number => from + line - 1;
  return {
    numberOf,
    answered: async (answers) => {
      let last = 0;
      for (const { line, httpStatus = 0 } of answers) {
        open &&= httpStatus !== TOO_MANY && httpStatus < OUR_FAULT;
        if (open) last = numberOf(line);
      }
      if (last > 0) await streams.advance(bin, stream, last);
    },
  };
}

async function streamAnswers(
  deps: ReceiptRoutesDeps,
  request: AnyRequest,
  output: PassThrough,
  numbering: LineNumbering | null,
): Promise<void> {
  const sender = senderOf(request);
  const limit = deps.limits.receiptsPerStream;
  let answers: Promise<object>[] = [];
  const write = async (): Promise<void> => {
    const made = await Promise.all(answers);
    answers = [];
    const lines = made.filter(isLineAnswer);
    if (open) await numbering?.answered(lines);
    for (const answer of made) {
      const sequence = numbering !== null && isLineAnswer(answer) ? { sequence: numbering.numberOf(answer.line) } : {};
      output.write(`${JSON.stringify({ ...answer, ...sequence })}\n`);
    }
  };
  let open = true;
  let count = 0;
  let lastLine = 0;
  try {
    for await (const lines of readLines(request.stream, deps.limits.receiptLineBytes)) {
      const room = lines.slice(0, limit - count);
      for (let first = 0; first < room.length; first += PREPARED_AT_ONCE) {
        const group = room.slice(first, first + PREPARED_AT_ONCE).map(incomingLine);
        await pushGroup(deps, sender, request, group, answers);
        if (answers.length >= BULK_WINDOW) await write();
      }
      count += room.length;
      lastLine = room.at(-1)?.number ?? lastLine;
      if (room.length < lines.length) throw new TanbaError('receipts.too_many', { details: { limit } });
    }
  } catch (error) {
    // The stream itself is broken: what came before it stands, and the last line says where and why it ended. That line
    // has come in part at most: it is not among those that have their answers.
    await write();
    open = false;
    answers.push(Promise.resolve(refusal({ line: lineOf(error) ?? lastLine + 1 }, error, request)));
  }
  await write();
  output.end();
}

function isLineAnswer(answer: object): answer is LineAnswer {
  return 'line' in answer && typeof answer.line === 'number';
}

interface Incoming {
  readonly place: { readonly index: number } | { readonly line: number };
  readonly read: () => { readonly value: unknown; readonly raw: Buffer };
}

function incomingLine(line: NumberedLine): Incoming {
  return { place: { line: line.number }, read: () => ({ value: parseLine(line), raw: line.bytes }) };
}

function lineOf(error: unknown): number | undefined {
  const line = error instanceof TanbaError ? error.options.details?.['line'] : undefined;
  return typeof line === 'number' ? line : undefined;
}

/**
 * Prepared side by side, since the first of a GTIN waits for the catalogue; handed over one after the other, so that a
 * code's sale and return keep their order, and only while the desk has room.
 */
async function pushGroup(
  deps: ReceiptRoutesDeps,
  sender: ReceiptSender,
  request: AnyRequest,
  group: readonly Incoming[],
  answers: Promise<object>[],
): Promise<void> {
  const prepared = group.map(async ({ place, read }) => {
    try {
      const { value, raw } = read();
      return { place, pending: await deps.reception.prepare(sender, value, raw) };
    } catch (error) {
      return { place, refused: failed(deps, place, error, request) };
    }
  });
  for (const each of prepared) {
    const { place, pending, refused } = await each;
    if (pending === undefined) {
      answers.push(Promise.resolve(refused));
      continue;
    }
    await deps.desk.roomForBulk();
    answers.push(
      deps.desk.settle(pending).then(
        (settled) => ({ ...place, ...answerOf({ ...settled, receipt: pending.receipt }, request.language) }),
        (error: unknown) => failed(deps, place, error, request),
      ),
    );
  }
}

function failed(deps: ReceiptRoutesDeps, place: object, error: unknown, request: AnyRequest): object {
  if (!(error instanceof TanbaError)) {
    deps.log.error({ err: error, requestId: request.requestId, ...place }, 'receipt failed');
  }
  return refusal(place, error, request);
}

function refusal(place: object, error: unknown, request: AnyRequest): object {
  const known = knownError(error);
  const { code, options } = known;
  const { path, details, problems } = options;
  return {
    ...place,
    status: 'refused',
    httpStatus: problemStatus(known),
    error: {
      code,
      ...(path === undefined ? {} : { path }),
      message: errorText(code, request.language, details),
      ...(problems === undefined ? {} : { errors: problems.map((problem) => localized(problem, request.language)) }),
    },
  };
}

function answerOf({ receipt, receiptId, outcomes }: AcceptedReceipt, language: Language): object {
  const { registerId, fiscalSign, at } = receipt;
  return {
    status: 'accepted',
    receiptId,
    registerId,
    fiscalSign,
    at,
    codes: outcomes.map((one) => codeAnswer(one, language)),
  };
}

function codeAnswer({ cis, mark, outcome, anomaly }: MarkOutcome, language: Language): object {
  const code = anomaly === null ? null : (`receipts.${anomaly}` as const);
  return {
    cis,
    ...(mark === undefined ? {} : { mark }),
    outcome,
    anomaly: code === null ? null : { code, message: errorText(code, language) },
  };
}

function senderOf(request: AnyRequest): ReceiptSender {
  const { bin, role } = request.principal;
  return { bin, ip: request.ip, forAnyBin: role === 'ofd' };
}
