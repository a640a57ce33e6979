import type { Queryable } from '../store/database.ts';

/** The number of the exchange's life: raised after a restore, so that carriers from before it are not believed. */
export interface Epoch {
  current(): number;
  refresh(): Promise<void>;
}

const EXCHANGE_EPOCH = `select exchange_epoch as epoch from instance`;
// Nobody carries anything in the new epoch yet.
const RAISE_EPOCH = `
with uncarried as (update delivery set carried_until = null where carried_until is not null)
update instance set exchange_epoch = exchange_epoch + 1 returning exchange_epoch as epoch`;

export function createEpoch(db: Queryable): Epoch {
  let epoch = 0;
  return {
    current: () => epoch,
    refresh: async () => {
      const { rows } = await db.query<{ epoch: number }>(EXCHANGE_EPOCH);
      epoch = rows[0]?.epoch ?? 1;
    },
  };
}

export async function raiseEpoch(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ epoch: number }>(RAISE_EPOCH);
  return rows[0]?.epoch ?? 1;
}
