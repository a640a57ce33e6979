import type { Queryable } from '../../store/database.ts';
import type { Outage } from './grace.ts';

/** The outages in memory, for rules that are asked with each document. */
export interface OutageRegister {
  /** By their beginning; as old as the last refresh. */
  known(): readonly Outage[];
  refresh(): Promise<void>;
}

/** So long another hub may not have heard of an outage. */
export const OUTAGE_REFRESH_MS = 30_000;

const READ_OUTAGES = `select began_at as "from", key_in_by as "keyInBy" from outage order by began_at, outage_id`;

export function createOutageRegister(db: Queryable): OutageRegister {
  let outages: readonly Outage[] = [];
  return {
    known: () => outages,
    refresh: async () => {
      outages = (await db.query<{ from: Date; keyInBy: Date | null }>(READ_OUTAGES)).rows;
    },
  };
}
