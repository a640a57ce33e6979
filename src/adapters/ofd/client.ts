import { once } from 'node:events';
import { connect } from 'node:net';
import { createFrameReader, encodeFrame, type Frame, FrameError } from './protocol/frame.ts';

export interface OfdAddress {
  readonly host: string;
  readonly port: number;
}

/** How far a request came before it failed. Until it was sent, the other side cannot have taken it. */
export class OfdUnreachable extends Error {
  override readonly name = 'OfdUnreachable';
  readonly phase: 'connecting' | 'sent';
  /** Short and stable: refused, reset, timeout, closed, broken_frame, other_request. */
  readonly code: string;

  constructor(phase: OfdUnreachable['phase'], code: string, options?: ErrorOptions) {
    super(`${phase}: ${code}`, options);
    this.phase = phase;
    this.code = code;
  }
}

const ANSWER_BYTES_MAX = 4_194_304;

/**
 * One request on a connection of its own, as registers do it, and its answer.
 *
 * @throws OfdUnreachable
 */
export async function askOfd({ host, port }: OfdAddress, request: Frame, signal: AbortSignal): Promise<Frame> {
  let phase: OfdUnreachable['phase'] = 'connecting';
  const socket = connect({ host, port, noDelay: true, signal });
  try {
    await once(socket, 'connect');
    phase = 'sent';
    socket.write(encodeFrame(request));
    const reader = createFrameReader({ payloadMax: ANSWER_BYTES_MAX });
    for await (const chunk of socket) {
      if (!Buffer.isBuffer(chunk)) continue;
      const [answer] = reader.push(chunk);
      if (reader.error !== null) throw reader.error;
      if (answer === undefined) continue;
      if (answer.requestNumber === request.requestNumber) return answer;
      throw new OfdUnreachable(phase, 'other_request');
    }
    throw new OfdUnreachable(phase, 'closed');
  } catch (error) {
    if (error instanceof OfdUnreachable) throw error;
    throw new OfdUnreachable(phase, codeOf(error, signal), { cause: error });
  } finally {
    socket.destroy();
  }
}

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'unknown_host',
};

function codeOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'timeout';
  if (error instanceof FrameError) return 'broken_frame';
  if (!(error instanceof Error) || !('code' in error)) return 'network';
  return CODES[String(error.code)] ?? 'network';
}
