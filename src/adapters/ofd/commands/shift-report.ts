import type { TicketOperation, ZXReport } from '../protocol/messages.ts';
import { COUNTED_OPERATIONS, type CountedOperation, type ShiftTotals } from '../registers/register-store.ts';
import { dateTimeOf, moneyOf, tiynOf } from '../values.ts';

/** OperationTypeEnum. */
const OPERATION_NUMBER: Readonly<Record<CountedOperation, number>> = {
  purchase: 0,
  purchase_return: 1,
  sale: 2,
  sale_return: 3,
};

/** Money that comes in with the operation, and goes out. */
const SIGN: Readonly<Record<CountedOperation, 1 | -1>> = { sale: 1, sale_return: -1, purchase: -1, purchase_return: 1 };

/** What our count of a shift comes to, as a report. */
export function reportOf(shift: ShiftTotals, at: Date): ZXReport {
  const revenue = COUNTED_OPERATIONS.reduce((sum, name) => sum + SIGN[name] * shift.counts[name].sum, 0);
  return {
    date_time: dateTimeOf(at),
    shift_number: shift.shiftNumber,
    ticket_operations: COUNTED_OPERATIONS.map((name) => ({
      operation: OPERATION_NUMBER[name],
      tickets_total_count: shift.counts[name].count,
      tickets_count: shift.counts[name].count,
      tickets_sum: moneyOf(shift.counts[name].sum),
    })),
    revenue: { sum: moneyOf(Math.abs(revenue)), is_negative: revenue < 0 },
    open_shift_time: dateTimeOf(shift.openedAt),
    ...(shift.closedAt === null ? {} : { close_shift_time: dateTimeOf(shift.closedAt) }),
  };
}

export interface Difference {
  readonly operation: CountedOperation;
  readonly ours: { readonly count: number; readonly sum: number };
  /** The sum is null where the register's is none. */
  readonly theirs: { readonly count: number; readonly sum: number | null };
}

/** Where the register's report and our count differ. What it does not mention it did not do. */
export function differencesOf(shift: ShiftTotals, report: ZXReport): readonly Difference[] {
  return COUNTED_OPERATIONS.flatMap((operation) => {
    const told = report.ticket_operations?.find((one) => one.operation === OPERATION_NUMBER[operation]);
    const ours = shift.counts[operation];
    const theirs = toldTotals(told);
    return theirs.count === ours.count && theirs.sum === ours.sum ? [] : [{ operation, ours, theirs }];
  });
}

function toldTotals(told: TicketOperation | undefined): Difference['theirs'] {
  if (told === undefined) return { count: 0, sum: 0 };
  return { count: told.tickets_count ?? 0, sum: tiynOf(told.tickets_sum) };
}
