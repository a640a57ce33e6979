import { createHash, randomInt } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Clock } from '../../core/clock.ts';
import { gather } from '../../exchange/gather.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../store/database.ts';
import { isOutage } from '../../store/outage.ts';
import { type Answerer, type Handled, NOTHING_ELSE } from './commands/handled.ts';
import { type Codec, ProtocolError } from './protocol/codec.ts';
import { encodeFrame, type Frame, type FrameError } from './protocol/frame.ts';
import type { Request } from './protocol/messages.ts';
import { RESULTS, type ResultName } from './protocol/result-codes.ts';
import { answerVersion, type Version } from './protocol/versions.ts';
import { continuityOf } from './registers/continuity.ts';
import { type Advance, moveRegisters, type RegisterState, readRegisters } from './registers/register-store.ts';
import { createTurns } from './turns.ts';

/** What one request of a register comes to: its answer, given when everything it does is durable. */
export interface Conversation {
  /** Null: nothing to answer, the connection ends. Never rejects. */
  answer(frame: Frame, address: string): Promise<Buffer | null>;
  /** The last words to a register whose frame is broken; null where it is no register at all. */
  complain(error: FrameError): Buffer | null;
}

export interface ConversationDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly wrongTokensPerMinute: number;
  readonly codec: Codec;
  readonly commands: Answerer;
  readonly onAnswer: (command: number | null, result: ResultName) => void;
}

/** Registers that ask at the same time share a statement. */
const TOGETHER = 256;
const TOKEN_MAX = 0xffff_ffff;

export function createConversation(deps: ConversationDeps): Conversation {
  const { db, clock, log, codec, commands, onAnswer } = deps;
  const turns = createTurns();
  const wrongTokens = new RateLimiterMemory({ points: deps.wrongTokensPerMinute, duration: 60 });
  const reading = gather<number, RegisterState | 'unknown'>(TOGETHER, async (deviceIds) => {
    const states = await readRegisters(db, [...new Set(deviceIds)]);
    return deviceIds.map((deviceId) => states.get(deviceId) ?? 'unknown');
  });
  const moving = gather<Advance, boolean>(TOGETHER, async (advances) => {
    const moved = await moveRegisters(db, advances, clock.now());
    return advances.map(({ from }) => moved.has(from.deviceId));
  });

  function reply(frame: Frame, version: Version, token: number, payload: Buffer): Buffer {
    const { deviceId, requestNumber } = frame;
    return encodeFrame({ version, deviceId, token, requestNumber, payload });
  }

  function refuse(frame: Frame, version: Version, name: ResultName, command: number | null): Buffer {
    onAnswer(command, name);
    return reply(frame, version, frame.token, responseOf(codec, command, name));
  }

  async function converse(frame: Frame, address: string, version: Version): Promise<Buffer> {
    const register = await reading.add(frame.deviceId);
    if (register === 'unknown') return refuse(frame, version, 'unknown_id', null);
    const source = `${frame.deviceId} ${address}`;
    if (await isGuessing(source)) return refuse(frame, version, 'temporarily_unavailable', null);
    if (frame.token !== register.token && frame.token !== register.last?.token) {
      await wrongTokens.consume(source).catch(() => undefined);
      return refuse(frame, version, 'invalid_token', null);
    }
    if (register.blocked) return refuse(frame, version, 'blocked', null);
    const request = codec.decodeRequest(frame.payload);
    return await answerKnown(frame, address, version, register, request);
  }

  async function isGuessing(source: string): Promise<boolean> {
    const used = await wrongTokens.get(source);
    return used !== null && used.remainingPoints <= 0;
  }

  async function answerKnown(
    frame: Frame,
    address: string,
    version: Version,
    register: RegisterState,
    request: Request,
  ): Promise<Buffer> {
    const { token, requestNumber, payload } = frame;
    const command = request.command ?? -1;
    const digest = createHash('sha256').update(payload).digest();
    const continuity = continuityOf(register, { token, requestNumber, command, digest });
    if (continuity.kind === 'refused') return refuse(frame, version, continuity.result, command);
    if (continuity.kind === 'repeated' && register.reply !== null) {
      onAnswer(command, 'ok');
      return reply(frame, version, register.token, register.reply);
    }
    const handled = await commands.answer({ register, request, version, payload, address });
    // What may be tried again leaves no trace: the register comes with the same number.
    if (RESULTS[handled.result].retry) return refuse(frame, version, handled.result, command);
    const response = responseOf(codec, command, handled.result, handled);
    const nextToken = handled.rotatesToken ? anotherToken(token, register.token) : register.token;
    if (continuity.kind === 'next') {
      const moved = await moving.add({
        ...handled,
        from: register,
        usedToken: token,
        nextToken,
        requestNumber,
        command,
        digest,
        payload,
        reply: handled.keepsReply ? response : null,
        missed: continuity.missed,
      });
      if (!moved) return refuse(frame, version, 'temporarily_unavailable', command);
    }
    onAnswer(command, handled.result);
    return reply(frame, version, continuity.kind === 'next' ? nextToken : register.token, response);
  }

  return {
    answer: async (frame, address) => {
      const version = answerVersion(frame.version);
      if (version === null) return refuse(frame, OUR_VERSION, 'protocol_error', null);
      try {
        const answer = await turns.take(frame.deviceId, () => converse(frame, address, version));
        return answer ?? refuse(frame, version, 'temporarily_unavailable', null);
      } catch (error) {
        if (error instanceof ProtocolError) return refuse(frame, version, 'protocol_error', null);
        if (isOutage(error)) return refuse(frame, version, 'temporarily_unavailable', null);
        log.error({ err: error, deviceId: frame.deviceId }, 'a request of a register failed');
        return refuse(frame, version, 'unknown_error', null);
      }
    },
    complain: ({ frame }) => {
      if (frame === null) return null;
      const version = answerVersion(frame.version) ?? OUR_VERSION;
      return refuse({ ...frame, payload: Buffer.alloc(0) }, version, 'protocol_error', null);
    },
  };
}

/** For requests whose own version is none of ours. */
const OUR_VERSION: Version = 203;

/** What an answer says besides its result. */
type Words = Pick<Handled, 'response' | 'text'>;

function responseOf(codec: Codec, command: number | null, name: ResultName, words: Words = NOTHING_ELSE): Buffer {
  const { code, text } = RESULTS[name];
  const result_text = words.text === null ? text.ru : `${text.ru}: ${words.text}`;
  return codec.encodeResponse({
    ...(command === null || command < 0 ? {} : { command }),
    result: { result_code: code, ...(name === 'ok' ? {} : { result_text }) },
    ...words.response,
  });
}

/** Never one that could be taken for a repetition. */
function anotherToken(...others: readonly number[]): number {
  for (;;) {
    const token = randomInt(1, TOKEN_MAX);
    if (!others.includes(token)) return token;
  }
}
