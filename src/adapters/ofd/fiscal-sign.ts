import { createHmac } from 'node:crypto';
import type { ReadTicket } from './ticket.ts';

const DIGITS = 10;
const NUMBERS = 10n ** BigInt(DIGITS);

/** By what a register knows its ticket, whether it sends it online or, when no answer came, again as an offline one. */
export interface TicketIdentity extends Pick<ReadTicket, 'operation' | 'at' | 'shiftNumber' | 'sum'> {
  readonly deviceId: number;
  /** The ticket's number in its shift, and over all: as far as the register names them. */
  readonly documentNumbers: readonly (string | null)[];
}

/**
 * The number that a fiscal data operator gives a ticket: ten digits, the same whenever the same ticket comes, so that a
 * ticket whose answer was lost is one receipt. Keyed, so that nobody makes up the numbers of other people's receipts.
 */
export function fiscalSignOf(
  key: Buffer,
  { deviceId, operation, at, shiftNumber, sum, documentNumbers }: TicketIdentity,
) {
  const identity = [deviceId, operation, at.getTime(), shiftNumber, sum, ...documentNumbers];
  const digest = createHmac('sha256', key).update(JSON.stringify(identity)).digest();
  return String(digest.readBigUInt64BE() % NUMBERS).padStart(DIGITS, '0');
}

/** i: fiscal sign, f: registration number, s: sum in tenge, t: clock time; as the operators of Kazakhstan print it. */
export function receiptUrl(
  base: string,
  receipt: {
    readonly fiscalSign: string;
    readonly registrationNumber: string;
    readonly sum: number;
    readonly time: string;
  },
): string {
  const url = new URL(base);
  url.searchParams.set('i', receipt.fiscalSign);
  url.searchParams.set('f', receipt.registrationNumber);
  url.searchParams.set('s', (receipt.sum / 100).toFixed(2));
  url.searchParams.set('t', receipt.time);
  return url.href;
}
