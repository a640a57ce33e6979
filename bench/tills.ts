import { createCodec } from '../src/adapters/ofd/protocol/codec.ts';
import { dateTimeOf, moneyOf } from '../src/adapters/ofd/values.ts';
import { inClientProcess } from './client-process.ts';
import type { HubProcess } from './hub-process.ts';
import type { Measured } from './rounds.ts';

/** What tills-process.ts is told. */
export interface TillsTask {
  readonly port: number;
  readonly tills: readonly BenchTill[];
  /** Payloads of tickets, in turns over the tills. */
  readonly tickets: readonly Uint8Array[];
  /** Null: each till sends its next ticket as soon as it has its answer. */
  readonly perSecond: number | null;
}

export interface BenchTill {
  readonly deviceId: number;
  readonly token: number;
}

export interface TillsResult {
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly cpuSeconds: number;
  /** Answers other than result 0, and connections that failed. */
  readonly errors: number;
}

const SHIFT = 1;

/** Registers of a taxpayer that have not talked to the hub yet. */
export async function addTills(hub: HubProcess, bin: string, first: number, count: number): Promise<BenchTill[]> {
  const tills = Array.from({ length: count }, (_, index) => ({ deviceId: first + index, token: 1_000_000 + index }));
  await hub.db.query(
    `insert into cash_register (device_id, registration_number, bin, ofd_bin, token, registered_at)
     select device_id, 'bench-' || device_id, $3, $3, token, now() from unnest($1::bigint[], $2::bigint[]) as t(device_id, token)`,
    [tills.map(({ deviceId }) => deviceId), tills.map(({ token }) => token), bin],
  );
  return tills;
}

/** Tickets of `perTicket` lines with a mark each. */
export function ticketsOf(marks: readonly string[], perTicket: number): Buffer[] {
  const codec = createCodec();
  const now = Date.now();
  const tickets: Buffer[] = [];
  for (let first = 0; first + perTicket <= marks.length; first += perTicket) {
    const sum = moneyOf(799_000);
    const items = marks.slice(first, first + perTicket).map((mark) => ({
      type: 1,
      commodity: {
        name: 'Футболка',
        section_code: '1',
        quantity: 1_000n,
        price: sum,
        sum,
        measure_unit_code: '796',
        list_excise_stamp: [mark],
      },
    }));
    tickets.push(
      codec.encodeRequest({
        command: 1,
        ticket: {
          operation: 2,
          date_time: dateTimeOf(new Date(now)),
          items,
          amounts: { total: moneyOf(799_000 * perTicket) },
          fr_shift_number: SHIFT,
          shift_document_number: tickets.length + 1,
        },
      }),
    );
  }
  return tickets;
}

/** Runs the tills in a process of their own. */
export function runTills(task: TillsTask): Promise<TillsResult> {
  return inClientProcess(new URL('./tills-process.ts', import.meta.url), task);
}

export async function measureTills(task: TillsTask, meters: Readonly<Record<string, () => number>>): Promise<Measured> {
  const before = Object.entries(meters).map(([name, meter]) => [name, meter, meter()] as const);
  const { seconds, cpuSeconds, p50Ms, p99Ms, errors } = await runTills(task);
  if (errors > 0) throw new Error(`${errors} tickets were not taken`);
  const shares = before.map(([name, meter, used]) => [name, (meter() - used) / seconds]);
  return {
    perSecond: task.tickets.length / seconds,
    p50Ms,
    p99Ms,
    cpu: { ...Object.fromEntries(shares), client: cpuSeconds / seconds },
  };
}
