import type { Clock } from '../../../core/clock.ts';
import { TanbaError } from '../../../core/errors.ts';
import type { FoundReceipt, ReceiptName } from '../../../core/receipts/receipt-look-up.ts';
import type { Reception } from '../../../core/receipts/reception.ts';
import { isOutage } from '../../../store/outage.ts';
import { fiscalSignOf, receiptUrl } from '../fiscal-sign.ts';
import type { TicketRequest } from '../protocol/messages.ts';
import type { ResultName } from '../protocol/result-codes.ts';
import { RULES, type Version } from '../protocol/versions.ts';
import type { RegisterState } from '../registers/register-store.ts';
import { relayed } from '../relay/relay-message.ts';
import type { OfdSettings } from '../settings.ts';
import { type ReadTicket, readTicket, TicketError } from '../ticket.ts';
import { clockTextOf } from '../values.ts';
import type { Command } from './commands.ts';
import type { Asked, Handled } from './handled.ts';
import { NOTHING_ELSE } from './handled.ts';

export interface TicketDeps {
  readonly clock: Clock;
  readonly reception: Pick<Reception, 'accept'>;
  readonly findReceipt: (name: ReceiptName) => Promise<FoundReceipt | null>;
  readonly fiscalKey: Buffer;
  readonly settings: Pick<OfdSettings, 'shiftHours' | 'offlineHours' | 'oldestDays' | 'receiptUrl' | 'relay'>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRST_SHIFT = 1;

/** What the core says of a receipt, in the protocol's words. Anything else is a fault of ours. */
const RESULT_OF: Readonly<Record<string, ResultName>> = {
  'receipts.invalid': 'incorrect_request_data',
  'receipts.date_out_of_range': 'incorrect_request_data',
  'receipts.too_many_marks': 'incorrect_request_data',
  'receipts.not_storable': 'incorrect_request_data',
  'receipts.conflict': 'incorrect_request_data',
  'receipts.foreign_bin': 'blocked',
  'receipts.queue_full': 'temporarily_unavailable',
  'receipts.busy': 'temporarily_unavailable',
  'store.unavailable': 'temporarily_unavailable',
};

/**
 * COMMAND_TICKET: the receipt is settled first, under a key that the same ticket has ever again; then the register's
 * state is written. A kill between the two leaves a register without an answer, which asks once more.
 */
export function ticketCommand(deps: TicketDeps): Command {
  return async (asked) => {
    const { ticket } = asked.request;
    if (ticket === undefined) return refusedTicket('incorrect_request_data', 'ticket');
    try {
      demandFields(ticket, asked.version);
      return await settle(deps, asked, ticket, readTicket(ticket));
    } catch (error) {
      if (error instanceof TicketError)
        return refusedTicket('incorrect_request_data', `${error.field}: ${error.message}`);
      if (isOutage(error)) return { ...NOTHING_ELSE, result: 'temporarily_unavailable' };
      const result = error instanceof TanbaError ? RESULT_OF[error.code] : undefined;
      if (result === undefined) throw error;
      return refusedTicket(result, error instanceof TanbaError ? error.code : null);
    }
  };
}

/** What each version of the protocol demands of a ticket. */
function demandFields(ticket: TicketRequest, version: Version): void {
  const { parentOfReturns, unitCode } = RULES[version];
  const isReturn = ticket.operation === 1 || ticket.operation === 3;
  if (parentOfReturns && isReturn && ticket.parent_ticket === undefined) {
    throw new TicketError('parent_ticket', 'a return names its sale');
  }
  if (!unitCode) return;
  ticket.items?.forEach(({ commodity }, index) => {
    if (commodity !== undefined && (commodity.measure_unit_code ?? '') === '') {
      throw new TicketError(`items[${index}].measure_unit_code`, 'missing');
    }
  });
}

async function settle(deps: TicketDeps, asked: Asked, ticket: TicketRequest, read: ReadTicket): Promise<Handled> {
  const { clock, reception, settings } = deps;
  const { register, payload, address } = asked;
  const age = clock.now().getTime() - read.at.getTime();
  if (age > settings.oldestDays * DAY_MS) return refusedTicket('incorrect_request_data', 'date_time: too long ago');
  const shiftNumber = read.shiftNumber ?? register.shiftNumber ?? FIRST_SHIFT;
  if (!read.isOffline && isOverdue(register, shiftNumber, read.at, settings.shiftHours)) {
    return { ...NOTHING_ELSE, result: 'open_shift_expired' };
  }
  const { fiscalSign, isKnown } = await signOf(deps, register, ticket, { ...read, shiftNumber });
  const { registrationNumber, bin } = register;
  if (!isKnown) {
    const receipt = {
      fiscalSign,
      registerId: registrationNumber,
      bin,
      at: read.at.toISOString(),
      operation: read.operation,
      items: read.items,
      ...(read.parent === null ? {} : { parent: { ...read.parent, at: read.parent.at.toISOString() } }),
    };
    await reception.accept({ bin, ip: address, forAnyBin: false }, receipt, payload);
  }
  const url = receiptUrl(settings.receiptUrl, {
    fiscalSign,
    registrationNumber,
    sum: read.sum,
    time: clockTextOf(read.at),
  });
  // Known, but not counted: the hub was gone between the receipt and the register's state.
  const isCounted = register.countedSign === fiscalSign;
  const isNewShift = register.shiftNumber !== shiftNumber;
  const offlineTooLong = read.isOffline && age > settings.offlineHours * HOUR_MS;
  return {
    ...NOTHING_ELSE,
    result: 'ok',
    response: { ticket: { ticket_number: fiscalSign, qr_code: Buffer.from(url) } },
    rotatesToken: true,
    shift: isNewShift ? { number: shiftNumber, openedAt: read.at } : null,
    entry: isCounted ? null : { fiscalSign, shiftNumber, operation: read.operation, sum: read.sum },
    alert: offlineTooLong
      ? { kind: 'register_offline_too_long', details: { at: read.at.toISOString(), fiscalSign } }
      : null,
    messages: settings.relay && !isCounted ? [relayed('ticket', asked)] : [],
  };
}

/**
 * An offline ticket has the number that was printed on it; but a ticket that came online first, and whose answer was
 * lost, is printed as an offline one and sent again: that is the same receipt.
 */
async function signOf(
  { findReceipt, fiscalKey }: TicketDeps,
  { deviceId, registrationNumber }: RegisterState,
  ticket: TicketRequest,
  read: ReadTicket,
): Promise<{ fiscalSign: string; isKnown: boolean }> {
  const documentNumbers = [
    ticket.shift_document_number === undefined ? null : String(ticket.shift_document_number),
    ticket.printed_document_number === undefined
      ? (ticket.printed_document_number_old ?? null)
      : String(ticket.printed_document_number),
  ];
  const online = fiscalSignOf(fiscalKey, { ...read, deviceId, documentNumbers });
  if (read.offlineNumber === null) return { fiscalSign: online, isKnown: false };
  const isKnown = (await findReceipt({ registerId: registrationNumber, fiscalSign: online, at: read.at })) !== null;
  return { fiscalSign: isKnown ? online : String(read.offlineNumber), isKnown };
}

function isOverdue(register: RegisterState, shiftNumber: number, at: Date, hours: number): boolean {
  const { shiftOpenedAt } = register;
  if (shiftOpenedAt === null || register.shiftNumber !== shiftNumber) return false;
  return at.getTime() - shiftOpenedAt.getTime() > hours * HOUR_MS;
}

/** Kept as it came: it has been printed, whatever is wrong with it. */
function refusedTicket(result: ResultName, reason: string | null): Handled {
  const document = { kind: 'refused-ticket', details: { result, reason } } as const;
  return { ...NOTHING_ELSE, result, text: reason, document };
}
