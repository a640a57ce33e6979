import { CODE_STATUSES, type CodeStatus } from '../lifecycle/transitions.ts';

/** What a national system (xTrace) calls the statuses of a code, and what they are here. */
const NATIONAL_STATUSES = {
  emitted: 'RECEIVED',
  applied: 'APPLIED',
  in_circulation: 'INTRODUCED',
  withdrawn: 'WITHDRAWN',
  written_off: 'WRITTEN_OFF',
} as const satisfies Record<CodeStatus, string>;

const OURS: ReadonlyMap<string, CodeStatus> = new Map(
  CODE_STATUSES.map((status) => [NATIONAL_STATUSES[status], status]),
);

export const NATIONAL_STATUS_NAMES = CODE_STATUSES.map((status) => NATIONAL_STATUSES[status]);

export function ourStatus(national: string): CodeStatus | undefined {
  return OURS.get(national);
}

/** An SQL expression: their word for the status in `column`. */
export function nationalStatusSql(column: string): string {
  const whens = CODE_STATUSES.map((status) => `when '${status}' then '${NATIONAL_STATUSES[status]}'`);
  return `case ${column} ${whens.join(' ')} end`;
}
