import type { Operation } from '../../core/receipts/decision-table.ts';
import type { Receipt } from '../../core/receipts/receipt.ts';
import type { Commodity, ParentTicket, StornoCommodity, TicketItem, TicketRequest } from './protocol/messages.ts';
import { spread } from './spread.ts';
import { instantOf, tiynOf } from './values.ts';

/** What a ticket says in the words of the core; its fiscal sign is given by us. */
export interface ReadTicket {
  readonly operation: Operation;
  readonly at: Date;
  readonly items: readonly Receipt['items'][number][];
  /** The sale that a return takes back. */
  readonly parent: { readonly registerId: string; readonly fiscalSign: string; readonly at: Date } | null;
  /** Null where the register did not say. */
  readonly shiftNumber: number | null;
  /** What the customer pays or gets, tiyn. */
  readonly sum: number;
  /** The number that the register gave it while it was offline; null: it was online. */
  readonly offlineNumber: number | null;
  readonly isOffline: boolean;
}

/** A ticket that breaks the protocol: result 13. */
export class TicketError extends Error {
  override readonly name = 'TicketError';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

const OPERATIONS: readonly Operation[] = ['purchase', 'purchase_return', 'sale', 'sale_return'];

const COMMODITY = 1;
const STORNO_COMMODITY = 2;
const MARKUP = 3;
const STORNO_MARKUP = 4;
const DISCOUNT = 5;
const STORNO_DISCOUNT = 6;

/** Quantities are thousandths. */
const QUANTITY_SCALE = 1_000;
const GTIN = /^(\d{8}|\d{12,14})$/;
const NAME_MAX = 512;
/** Of an online ticket; on the wire its sign is a number, without its leading zeros. */
const SIGN_DIGITS = 10;
const UNIT = /^\d{3}$/;
const PIECES = '796';

interface Line {
  readonly name: string;
  readonly price: number;
  readonly gtin: string | undefined;
  readonly unit: string;
  marks: readonly string[];
  thousandths: number;
  sum: number;
}

/**
 * The lines that are left when everything taken back within the ticket is taken back, with the ticket's discounts and
 * markups spread over them, so that a line's sum is what was paid for it.
 *
 * @throws TicketError
 */
export function readTicket(ticket: TicketRequest): ReadTicket {
  const operation = OPERATIONS[ticket.operation ?? -1];
  if (operation === undefined) throw new TicketError('operation', 'unknown operation');
  const at = instantOf(ticket.date_time);
  if (at === null) throw new TicketError('date_time', 'no such date and time');
  const isReturn = operation === 'sale_return' || operation === 'purchase_return';
  const offlineNumber = ticket.offline_ticket_number ?? null;
  return {
    operation,
    at,
    items: itemsOf(ticket.items ?? []),
    parent: isReturn && ticket.parent_ticket !== undefined ? parentOf(ticket.parent_ticket) : null,
    shiftNumber: ticket.fr_shift_number ?? null,
    sum: money('amounts.total', ticket.amounts?.total),
    offlineNumber,
    isOffline: offlineNumber !== null,
  };
}

function itemsOf(items: readonly TicketItem[]): Receipt['items'] {
  let lines: Line[] = [];
  let modified = 0;
  items.forEach((item, index) => {
    const field = `items[${index}]`;
    if (item.type === COMMODITY) lines.push(lineOf(field, item.commodity));
    else if (item.type === STORNO_COMMODITY) lines = withoutStorno(field, lines, item.storno_commodity);
    else if (item.type === MARKUP) modified += money(field, item.markup?.sum);
    else if (item.type === STORNO_MARKUP) modified -= money(field, item.storno_markup?.sum);
    else if (item.type === DISCOUNT) modified -= money(field, item.discount?.sum);
    else if (item.type === STORNO_DISCOUNT) modified += money(field, item.storno_discount?.sum);
    else throw new TicketError(field, 'unknown type of item');
  });
  if (lines.length === 0) throw new TicketError('items', 'no goods are left in the ticket');
  const sums = spread(
    modified,
    lines.map(({ sum }) => sum),
  );
  if (sums === null) throw new TicketError('items', 'the discounts are higher than the goods');
  return lines.map(({ marks, gtin, name, unit, thousandths, price }, index) => ({
    marks: [...marks],
    ...(gtin === undefined ? {} : { gtin }),
    ...(name === '' ? {} : { name }),
    quantity: thousandths / QUANTITY_SCALE,
    ...(unit === PIECES ? {} : { measureUnit: unit }),
    price,
    sum: sums[index] ?? 0,
  }));
}

function lineOf(field: string, commodity: Commodity | undefined): Line {
  if (commodity === undefined) throw new TicketError(field, 'a commodity without its fields');
  const { name = '', code, quantity = 0n, barcode = '', ntin = '' } = commodity;
  if (name === '' && code === undefined) throw new TicketError(field, 'a commodity needs a name or a code');
  return {
    name: name.slice(0, NAME_MAX),
    price: money(`${field}.price`, commodity.price),
    unit: UNIT.test(commodity.measure_unit_code ?? '') ? (commodity.measure_unit_code ?? PIECES) : PIECES,
    gtin: [ntin, barcode].find((text) => GTIN.test(text)),
    marks: marksOf(commodity),
    thousandths: thousandths(`${field}.quantity`, quantity),
    sum: money(`${field}.sum`, commodity.sum),
  };
}

/** The list and its deprecated forerunner may both be filled. */
function marksOf({ list_excise_stamp = [], excise_stamp = '' }: Commodity | StornoCommodity): readonly string[] {
  const marks = list_excise_stamp.filter((mark) => mark !== '');
  return excise_stamp === '' || marks.includes(excise_stamp) ? marks : [...marks, excise_stamp];
}

/** Takes back from the nearest line before that has the same price, name and marks; a storno never stands for itself. */
function withoutStorno(field: string, lines: readonly Line[], storno: StornoCommodity | undefined): Line[] {
  if (storno === undefined) throw new TicketError(field, 'a storno without its fields');
  const { name = '', quantity = 0n } = storno;
  const marks = marksOf(storno);
  const price = money(`${field}.price`, storno.price);
  const sum = money(`${field}.sum`, storno.sum);
  const amount = thousandths(`${field}.quantity`, quantity);
  const index = lines.findLastIndex(
    (line) =>
      line.price === price &&
      (name === '' || line.name === name.slice(0, NAME_MAX)) &&
      line.thousandths >= amount &&
      line.sum >= sum &&
      marks.every((mark) => line.marks.includes(mark)),
  );
  const line = lines[index];
  if (line === undefined) throw new TicketError(field, 'a storno of a line that is not in the ticket');
  const left: Line = {
    ...line,
    thousandths: line.thousandths - amount,
    sum: line.sum - sum,
    marks: line.marks.filter((mark) => !marks.includes(mark)),
  };
  // A line taken back whole takes its marks along, also those that the storno did not name.
  return lines.flatMap((each) => (each !== line ? [each] : left.thousandths === 0 ? [] : [left]));
}

function thousandths(field: string, quantity: bigint): number {
  if (quantity <= 0n || quantity > BigInt(Number.MAX_SAFE_INTEGER)) throw new TicketError(field, 'no such quantity');
  return Number(quantity);
}

function money(field: string, value: Parameters<typeof tiynOf>[0]): number {
  const tiyn = tiynOf(value);
  if (tiyn === null) throw new TicketError(field, 'no such sum');
  return tiyn;
}

function parentOf(parent: ParentTicket): NonNullable<ReadTicket['parent']> {
  const at = instantOf(parent.parent_ticket_data_time);
  if (at === null) throw new TicketError('parent_ticket', 'no such date and time');
  const number = String(parent.parent_ticket_number ?? '');
  return {
    registerId: String(parent.kgd_kkm_id ?? ''),
    fiscalSign: parent.parent_ticket_is_offline === true ? number : number.padStart(SIGN_DIGITS, '0'),
    at,
  };
}
