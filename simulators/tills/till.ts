import { askOfd, type OfdAddress, OfdUnreachable } from '../../src/adapters/ofd/client.ts';
import type { Codec } from '../../src/adapters/ofd/protocol/codec.ts';
import { type Frame, FrameError } from '../../src/adapters/ofd/protocol/frame.ts';
import type { Request, Response, TicketItem, TicketRequest } from '../../src/adapters/ofd/protocol/messages.ts';
import { dateTimeOf, moneyOf } from '../../src/adapters/ofd/values.ts';

/** A cash register as registers behave: it keeps its token, counts its requests, retries, and goes offline. */
export interface Till {
  readonly deviceId: number;
  /** Whether its last request got no answer in its time. */
  readonly offline: boolean;
  /** Tickets that wait for a connection. */
  readonly waiting: number;
  /** Tickets that were sent later, and not taken then. */
  readonly refused: number;
  /** The answer; for an offline till its own number. */
  sell(sale: Sale): Promise<Sold>;
  /** Sends what waits, oldest first; false where there is no connection still. */
  reconnect(): Promise<boolean>;
  closeShift(): Promise<Response | null>;
  /** Any other request, without retries. @throws OfdUnreachable */
  ask(request: Request): Promise<Response>;
}

export interface Sale {
  readonly marks: readonly string[];
  /** Tiyn, of one piece. */
  readonly price: number;
  readonly at: Date;
  readonly operation?: 'sale' | 'sale_return';
  /** The sale that a return takes back. */
  readonly parent?: { readonly registrationNumber: string; readonly fiscalSign: string; readonly at: Date };
}

export interface Sold {
  readonly fiscalSign: string;
  readonly at: Date;
  readonly offline: boolean;
  /** Of the answer; null while it is offline. */
  readonly resultCode: number | null;
}

export interface TillOptions {
  readonly address: OfdAddress;
  readonly codec: Codec;
  readonly deviceId: number;
  readonly token: number;
  readonly version?: number;
  /** For one try. */
  readonly timeoutMs?: number;
  readonly tries?: number;
  readonly restMs?: number;
  /** How a frame goes and comes: a connection for each request unless told otherwise. */
  readonly exchange?: (request: Frame, signal: AbortSignal) => Promise<Frame>;
}

const NUMBERS = 0x1_0000;
const SELL = 2;
const SELL_RETURN = 3;
const PIECE = '796';
const QUANTITY_SCALE = 1_000n;
const COMMODITY = 1;
const TICKET = 1;
const CLOSE_SHIFT = 2;
const OK = 0;
const RETRY_LATER = [254, 255];

export function createTill(options: TillOptions): Till {
  const { address, codec, deviceId, version = 203, timeoutMs = 7_000, tries = 3, restMs = 500 } = options;
  const exchange = options.exchange ?? ((request: Frame, signal: AbortSignal) => askOfd(address, request, signal));
  let token = options.token;
  let requestNumber = 0;
  let shift = 1;
  let documents = 0;
  let offlineNumbers = 0;
  let offline = false;
  let refused = 0;
  const waiting: TicketRequest[] = [];
  const counts = { [SELL]: { count: 0, sum: 0 }, [SELL_RETURN]: { count: 0, sum: 0 } };

  async function once(request: Request): Promise<Response> {
    const frame: Frame = { version, deviceId, token, requestNumber, payload: codec.encodeRequest(request) };
    const answer = await exchange(frame, AbortSignal.timeout(timeoutMs));
    const response = codec.decodeResponse(answer.payload);
    token = answer.token;
    return response;
  }

  function nextNumber(): void {
    requestNumber = (requestNumber + 1) % NUMBERS;
  }

  /** The same request under the same number until it is answered; null when the tries are used up. */
  async function persistently(request: Request): Promise<Response | null> {
    nextNumber();
    for (let attempt = 1; attempt <= tries; attempt++) {
      try {
        const response = await once(request);
        if (!RETRY_LATER.includes(response.result?.result_code ?? 0)) return response;
      } catch (error) {
        if (!(error instanceof OfdUnreachable || error instanceof FrameError)) throw error;
      }
      if (attempt < tries) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    return null;
  }

  function count({ operation, amounts }: TicketRequest): void {
    const total = operation === SELL_RETURN ? counts[SELL_RETURN] : counts[SELL];
    total.count += 1;
    total.sum += Number(amounts?.total?.bills ?? 0n) * 100 + (amounts?.total?.coins ?? 0);
  }

  function keepOffline(ticket: TicketRequest, at: Date): Sold {
    offline = true;
    offlineNumbers += 1;
    const number = deviceId * 1_000 + offlineNumbers;
    waiting.push({ ...ticket, offline_ticket_number: number });
    return { fiscalSign: String(number), at, offline: true, resultCode: null };
  }

  async function flush(): Promise<boolean> {
    for (let ticket = waiting[0]; ticket !== undefined; ticket = waiting[0]) {
      const response = await persistently({ command: TICKET, ticket });
      if (response === null) return false;
      if (response.result?.result_code !== OK) refused += 1;
      waiting.shift();
    }
    offline = false;
    return true;
  }

  return {
    deviceId,
    get offline() {
      return offline;
    },
    get waiting() {
      return waiting.length;
    },
    get refused() {
      return refused;
    },
    sell: async (sale) => {
      documents += 1;
      const at = toSecond(sale.at);
      const ticket = ticketOf(sale, shift, documents);
      count(ticket);
      if (offline) return keepOffline(ticket, at);
      const response = await persistently({ command: TICKET, ticket });
      if (response === null) return keepOffline(ticket, at);
      const resultCode = response.result?.result_code ?? null;
      return { fiscalSign: response.ticket?.ticket_number ?? '', at, offline: false, resultCode };
    },
    reconnect: flush,
    closeShift: async () => {
      if (!(await flush())) return null;
      const operations = [SELL, SELL_RETURN] as const;
      const response = await persistently({
        command: CLOSE_SHIFT,
        close_shift: {
          close_time: dateTimeOf(new Date()),
          fr_shift_number: shift,
          z_report: {
            date_time: dateTimeOf(new Date()),
            shift_number: shift,
            ticket_operations: operations.map((operation) => ({
              operation,
              tickets_total_count: counts[operation].count,
              tickets_count: counts[operation].count,
              tickets_sum: moneyOf(counts[operation].sum),
            })),
          },
        },
      });
      if (response === null) return null;
      shift += 1;
      for (const operation of operations) counts[operation] = { count: 0, sum: 0 };
      return response;
    },
    ask: async (request) => {
      nextNumber();
      return await once(request);
    },
  };
}

/** Registers count whole seconds. */
function toSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1_000) * 1_000);
}

function ticketOf(
  { marks, price, at, operation = 'sale', parent }: Sale,
  shift: number,
  document: number,
): TicketRequest {
  const pieces = Math.max(1, marks.length);
  const sum = moneyOf(price * pieces);
  const item: TicketItem = {
    type: COMMODITY,
    commodity: {
      name: 'Товар',
      section_code: '1',
      quantity: BigInt(pieces) * QUANTITY_SCALE,
      price: moneyOf(price),
      sum,
      measure_unit_code: PIECE,
      list_excise_stamp: marks,
    },
  };
  return {
    operation: operation === 'sale' ? SELL : SELL_RETURN,
    date_time: dateTimeOf(at),
    operator: { code: 1, name: 'Кассир' },
    domain: { type: 0 },
    items: [item],
    payments: [{ type: 0, sum }],
    amounts: { total: sum, taken: sum, change: moneyOf(0) },
    fr_shift_number: shift,
    shift_document_number: document,
    ...(parent === undefined ? {} : { parent_ticket: parentOf(parent, sum) }),
  };
}

function parentOf(
  { registrationNumber, fiscalSign, at }: NonNullable<Sale['parent']>,
  total: ReturnType<typeof moneyOf>,
): NonNullable<TicketRequest['parent_ticket']> {
  return {
    parent_ticket_number: BigInt(fiscalSign),
    parent_ticket_data_time: dateTimeOf(at),
    kgd_kkm_id: registrationNumber,
    parent_ticket_total: total,
    parent_ticket_is_offline: false,
  };
}
