import { sqlState } from './database.ts';

/** Classes 08 connection, 53 no room for it or on the disk, 57P server shut down, starting, or the session ended. */
const OUTAGE_STATES = /^(08|53|57P)/;
/** A database that its administrator has closed for a while (ALLOW_CONNECTIONS false) shares its state with other errors. */
const CLOSED = /not currently accepting connections/;
/** Of the driver and the socket, which give no SQLSTATE. */
const OUTAGE_MESSAGES = /ECONN|EPIPE|connect ENOENT|terminated|timeout exceeded|not queryable/;

/** The store is away, full or starting: nothing is known of what was asked, and it may be asked again. */
export function isOutage(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined && OUTAGE_STATES.test(state)) return true;
  if (!(error instanceof Error)) return false;
  return state === undefined ? OUTAGE_MESSAGES.test(error.message) : CLOSED.test(error.message);
}

/** 55P03 lock not had in time, 57014 statement not done in time. */
export function isTimeout(error: unknown): boolean {
  const state = sqlState(error);
  return state === '55P03' || state === '57014';
}
