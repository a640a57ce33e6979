import { PassThrough } from 'node:stream';
import Type from 'typebox';
import type { Language } from '../core/errors.ts';
import { errorText, TanbaError } from '../core/errors.ts';
import type { NumberedLine } from '../core/ndjson.ts';
import { parseLine, readLines } from '../core/ndjson.ts';
import type { ReceiptDesk } from '../core/receipts/desk.ts';
import type { MarkOutcome } from '../core/receipts/judge.ts';
import { Receipt } from '../core/receipts/receipt.ts';
import type { AcceptedReceipt, ReceiptSender, Reception } from '../core/receipts/reception.ts';
import type { Log } from '../log.ts';
import { knownError, localized, problemStatus } from './problem.ts';
import type { AnyRoute, RouteReply, RouteRequest } from './route.ts';
import { route } from './route.ts';

export interface ReceiptRoutesDeps {
  readonly log: Pick<Log, 'error'>;
  readonly reception: Reception;
  readonly desk: ReceiptDesk;
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
async function pushStream(deps: ReceiptRoutesDeps, request: AnyRequest): Promise<RouteReply> {
  const output = new PassThrough();
  void streamAnswers(deps, request, output).catch((error: unknown) => {
    output.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return { status: 200, contentType: NDJSON, stream: output };
}

async function streamAnswers(deps: ReceiptRoutesDeps, request: AnyRequest, output: PassThrough): Promise<void> {
  const sender = senderOf(request);
  const limit = deps.limits.receiptsPerStream;
  let answers: Promise<object>[] = [];
  const write = async (): Promise<void> => {
    for (const answer of await Promise.all(answers)) output.write(`${JSON.stringify(answer)}\n`);
    answers = [];
  };
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
    // The stream itself is broken: what came before it stands, and the last line says where and why it ended.
    answers.push(Promise.resolve(refusal({ line: lineOf(error) ?? lastLine + 1 }, error, request)));
  }
  await write();
  output.end();
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
