import type { Queryable } from '../../store/database.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';

/** Receipts that a sender numbers from 1 on, so that it knows after a break where to go on. */
export interface ReceiptStreams {
  /** The last number before which every receipt has its final answer; 0 before the first. */
  last(bin: string, stream: string): Promise<number>;
  /** @throws TanbaError receipts.sequence_gap: `from` leaves numbers out. */
  begin(bin: string, stream: string, from: number): Promise<void>;
  /** Every receipt up to `sequence` has its final answer. Never goes back. */
  advance(bin: string, stream: string, sequence: number): Promise<void>;
}

const LAST = `select last_sequence as last from receipt_stream where bin = $1 and stream = $2`;

const ADVANCE = `
insert into receipt_stream as s (bin, stream, last_sequence, changed_at) values ($1, $2, $3, $4)
on conflict (bin, stream) do update set last_sequence = excluded.last_sequence, changed_at = excluded.changed_at
 where s.last_sequence < excluded.last_sequence`;

export function createReceiptStreams({ db, clock }: { readonly db: Queryable; readonly clock: Clock }): ReceiptStreams {
  async function last(bin: string, stream: string): Promise<number> {
    const { rows } = await db.query<{ last: string }>(LAST, [bin, stream]);
    return Number(rows[0]?.last ?? 0);
  }
  return {
    last,
    begin: async (bin, stream, from) => {
      const expected = (await last(bin, stream)) + 1;
      // Again what was answered already does no harm: the same receipt has one effect.
      if (from > expected)
        throw new TanbaError('receipts.sequence_gap', { path: '/query/from', details: { expected } });
    },
    advance: async (bin, stream, sequence) => {
      await db.query(ADVANCE, [bin, stream, sequence, clock.now()]);
    },
  };
}
