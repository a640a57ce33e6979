import { askOfd, type OfdAddress, OfdUnreachable } from '../../src/adapters/ofd/client.ts';
import type { Codec } from '../../src/adapters/ofd/protocol/codec.ts';
import type { Frame } from '../../src/adapters/ofd/protocol/frame.ts';
import { createTill, type Sold, type Till } from './till.ts';

/** A register of the fleet, as the hub knows it. */
export interface FleetRegister {
  readonly deviceId: number;
  readonly registrationNumber: string;
  readonly token: number;
}

/** A ticket as it was printed. */
export interface PrintedTicket {
  readonly deviceId: number;
  readonly registrationNumber: string;
  readonly fiscalSign: string;
  readonly at: Date;
  readonly operation: 'sale' | 'sale_return';
  readonly mark: string;
  readonly offline: boolean;
  /** Of an online ticket; null: it was printed offline. */
  readonly resultCode: number | null;
}

/** How careless the shops are, as shares of their tickets. */
export interface Behaviour {
  /** A till loses its network for some tickets. */
  readonly goesOffline: number;
  /** The customer brings the goods back at once. */
  readonly takesBack: number;
  /** What was scanned is no code. */
  readonly nonsense: number;
  /** The same frame is sent twice. */
  readonly sendsTwice: number;
}

export const BUSY_SHOPS: Behaviour = { goesOffline: 0.01, takesBack: 0.02, nonsense: 0.005, sendsTwice: 0.01 };

export interface FleetOptions {
  readonly address: OfdAddress;
  readonly codec: Codec;
  readonly registers: readonly FleetRegister[];
  /** The next code to sell; null: there are no more. Each is given once. */
  readonly nextMark: () => string | null;
  readonly behaviour: Behaviour;
  /** From 0 up to 1, as Math.random; seeded, the same fleet does the same. */
  readonly random: () => number;
  readonly now: () => Date;
  /** Tickets a second over all tills; null: as fast as they are answered. */
  readonly perSecond: number | null;
  readonly onTicket?: (ticket: PrintedTicket, milliseconds: number) => void;
}

export interface Fleet {
  /** Sells until there are no more marks, or until stopped; then sends what waits and closes the shifts. */
  run(): Promise<readonly PrintedTicket[]>;
  /** Offline tickets that were not taken. */
  readonly refused: number;
  stop(): void;
}

const OFFLINE_TICKETS = 5;
const DRIFT_MS = 4 * 60_000;
const PRICE = 100_000;
const TICKETS_PER_SHIFT = 200;
const RECONNECT_REST_MS = 200;
const CASHIER_MS = 100;
const RECONNECTS_MAX = 300;

/** Thousands of tills, each one ticket after the other; what one does disturbs no other. */
export function createFleet(options: FleetOptions): Fleet {
  const { registers, nextMark, behaviour, random, now, perSecond, onTicket } = options;
  const tickets: PrintedTicket[] = [];
  let stopping = false;
  let sent = 0;
  let refused = 0;
  const began = performance.now();

  const happens = (share: number): boolean => random() < share;

  /** When the next ticket of the fleet is due. */
  async function pace(): Promise<void> {
    sent += 1;
    if (perSecond === null) return;
    const wait = began + (sent * 1_000) / perSecond - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
  }

  async function work(register: FleetRegister): Promise<void> {
    const line = { cutFor: 0, twice: false };
    const drift = (random() * 2 - 1) * DRIFT_MS;
    const till = openTill(options, register, line);
    const clock = (): Date => new Date(now().getTime() + drift);
    let inShift = 0;
    while (!stopping) {
      const mark = happens(behaviour.nonsense) ? `nonsense ${register.deviceId} ${sent}` : nextMark();
      if (mark === null) break;
      await pace();
      if (line.cutFor === 0 && happens(behaviour.goesOffline)) line.cutFor = OFFLINE_TICKETS;
      line.twice = happens(behaviour.sendsTwice);
      const sold = await ticket(till, register, { mark, at: clock(), operation: 'sale' });
      if (!sold.offline && happens(behaviour.takesBack)) {
        const parent = { registrationNumber: register.registrationNumber, fiscalSign: sold.fiscalSign, at: sold.at };
        await ticket(till, register, {
          mark,
          at: new Date(sold.at.getTime() + 1_000),
          operation: 'sale_return',
          parent,
        });
      }
      // Without a hub to wait for, a till is as fast as its cashier.
      if (sold.offline) await new Promise((resolve) => setTimeout(resolve, CASHIER_MS));
      if (line.cutFor > 0) line.cutFor -= 1;
      if (till.offline && line.cutFor === 0) await till.reconnect();
      inShift += 1;
      if (inShift % TICKETS_PER_SHIFT === 0) await till.closeShift();
    }
    line.cutFor = 0;
    await finish(till);
  }

  interface Wanted {
    readonly mark: string;
    readonly at: Date;
    readonly operation: PrintedTicket['operation'];
    readonly parent?: { readonly registrationNumber: string; readonly fiscalSign: string; readonly at: Date };
  }

  async function ticket(till: Till, register: FleetRegister, { mark, ...sale }: Wanted): Promise<Sold> {
    const started = performance.now();
    const sold = await till.sell({ marks: [mark], price: PRICE, ...sale });
    const { deviceId, registrationNumber } = register;
    const printed = { deviceId, registrationNumber, operation: sale.operation, mark, ...sold };
    tickets.push(printed);
    onTicket?.(printed, performance.now() - started);
    return sold;
  }

  /** What was printed has to come in, however long the hub is away. */
  async function finish(till: Till): Promise<void> {
    for (let attempt = 0; attempt < RECONNECTS_MAX && !(await till.reconnect()); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_REST_MS));
    }
    await till.closeShift();
    refused += till.refused;
  }

  return {
    get refused() {
      return refused;
    },
    run: async () => {
      await Promise.all(registers.map(work));
      return tickets;
    },
    stop: () => {
      stopping = true;
    },
  };
}

function openTill(
  { address, codec }: FleetOptions,
  { deviceId, token }: FleetRegister,
  line: { readonly cutFor: number; readonly twice: boolean },
): Till {
  return createTill({
    address,
    codec,
    deviceId,
    token,
    restMs: 50,
    exchange: async (request: Frame, signal) => {
      if (line.cutFor > 0) throw new OfdUnreachable('connecting', 'cut');
      const answer = await askOfd(address, request, signal);
      return line.twice ? await askOfd(address, request, signal) : answer;
    },
  });
}
