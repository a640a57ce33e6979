import type { Clock } from '../../../core/clock.ts';
import type { Queryable } from '../../../store/database.ts';
import type { ReportRequest, ReportResponse } from '../protocol/messages.ts';
import { type RegisterState, readShift, type ShiftTotals } from '../registers/register-store.ts';
import { relayed } from '../relay/relay-message.ts';
import { instantOf } from '../values.ts';
import type { Command } from './commands.ts';
import { NOTHING_ELSE } from './handled.ts';
import { differencesOf, reportOf } from './shift-report.ts';

export interface ShiftDeps {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly relay: boolean;
}

/** ReportTypeEnum. */
const Z_REPORT = 0;

/** COMMAND_CLOSE_SHIFT: the register's Z-report is kept, and held against our count of its receipts. */
export function closeShiftCommand({ db, clock, relay }: ShiftDeps): Command {
  return async (asked) => {
    const { register, request } = asked;
    const closing = request.close_shift;
    const closedAt = instantOf(closing?.close_time);
    const shiftNumber = closing?.fr_shift_number ?? register.shiftNumber;
    if (closing === undefined || closedAt === null || shiftNumber === null) {
      return { ...NOTHING_ELSE, result: 'incorrect_request_data', text: 'close_shift' };
    }
    const shift = (await readShift(db, register.deviceId, shiftNumber)) ?? emptyShift(shiftNumber, closedAt);
    const differences = closing.z_report === undefined ? [] : differencesOf(shift, closing.z_report);
    const closed: ShiftTotals = { ...shift, closedAt: shift.closedAt ?? clock.now() };
    const details = {
      shiftNumber,
      closedAt: closedAt.toISOString(),
      offline: closing.is_offline ?? false,
      differences,
    };
    return {
      ...NOTHING_ELSE,
      result: 'ok',
      response: { report: { report: Z_REPORT, zx_report: reportOf(closed, clock.now()) } },
      rotatesToken: true,
      closesShift: shiftNumber,
      document: { kind: 'close-shift', details },
      alert: differences.length === 0 ? null : { kind: 'shift_mismatch', details: { shiftNumber, differences } },
      messages: relay ? [relayed('close-shift', asked)] : [],
    };
  };
}

/** COMMAND_REPORT: what we count so far. A report that the register sends along is kept. */
export function reportCommand({ db, clock }: ShiftDeps): Command {
  return async ({ register, request: { report } }) => {
    if (report === undefined) return { ...NOTHING_ELSE, result: 'incorrect_request_data', text: 'report' };
    const now = clock.now();
    const shift = await shiftAskedFor(db, register, report);
    const zx_report = reportOf(shift ?? emptyShift(register.shiftNumber ?? 0, now), now);
    const response: ReportResponse = { report: report.report ?? Z_REPORT, zx_report };
    const told = report.zx_report;
    return {
      ...NOTHING_ELSE,
      result: 'ok',
      response: { report: response },
      keepsReply: false,
      document: told === undefined ? null : { kind: 'report', details: { shiftNumber: told.shift_number ?? null } },
    };
  };
}

async function shiftAskedFor(db: Queryable, { deviceId, shiftNumber }: RegisterState, { zx_report }: ReportRequest) {
  const number = zx_report?.shift_number ?? shiftNumber;
  return number === null ? null : await readShift(db, deviceId, number);
}

function emptyShift(shiftNumber: number, at: Date): ShiftTotals {
  const none = { count: 0, sum: 0 };
  const counts = { sale: none, sale_return: none, purchase: none, purchase_return: none };
  return { shiftNumber, openedAt: at, closedAt: null, counts };
}
