/** How far the conversation with a register has come, as the store knows it. */
export interface Progress {
  /** What a request has to carry now. */
  readonly token: number;
  /** Of the last request that was answered; null before the first. */
  readonly last: {
    readonly token: number;
    readonly requestNumber: number;
    readonly command: number;
    /** SHA-256 of its payload. */
    readonly digest: Buffer;
  } | null;
}

/** A request by its header and payload. */
export interface Presented {
  readonly token: number;
  readonly requestNumber: number;
  readonly command: number;
  readonly digest: Buffer;
}

/**
 * next: a request that was not answered yet; `missed` numbers before it never came. repeated: the last request once
 * more: it gets the same answer. Otherwise the protocol's result.
 */
export type Continuity =
  | { readonly kind: 'next'; readonly missed: number }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly result: 'invalid_token' | 'invalid_request_number' | 'invalid_retry' };

const NUMBERS = 0x1_0000;
/** Numbers further behind than ahead have been used already. */
const AHEAD_MAX = NUMBERS / 2;

/**
 * A register counts its requests 0 … 65535 and round again, and takes its next token from each answer. So a request is
 * known by (token, number):
 *
 * - the last number under the last token is a repetition, if it is the same command with the same payload; else it is
 *   result 9. The last number under another right token is result 8.
 * - a later number under the present token is the next request. It may leave numbers out: what a register could not get
 *   through in its time it gives up, and goes on.
 * - a later number under the last token as well: the answer with the new token was lost on its way, and the register has
 *   given up. Before this is the only token that it can know; as soon as it has used the new one, the old one is worth
 *   nothing.
 * - an earlier number is result 8, any other token result 2.
 */
export function continuityOf({ token, last }: Progress, presented: Presented): Continuity {
  const isPresent = presented.token === token;
  if (last === null) return isPresent ? { kind: 'next', missed: 0 } : refused('invalid_token');
  const isLast = presented.token === last.token;
  if (!isPresent && !isLast) return refused('invalid_token');
  if (presented.requestNumber === last.requestNumber) {
    if (!isLast) return refused('invalid_request_number');
    const isSame = presented.command === last.command && presented.digest.equals(last.digest);
    return isSame ? { kind: 'repeated' } : refused('invalid_retry');
  }
  const ahead = (presented.requestNumber - last.requestNumber + NUMBERS) % NUMBERS;
  return ahead < AHEAD_MAX ? { kind: 'next', missed: ahead - 1 } : refused('invalid_request_number');
}

function refused(result: Extract<Continuity, { kind: 'refused' }>['result']): Continuity {
  return { kind: 'refused', result };
}
