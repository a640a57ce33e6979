import type { Queryable } from '../store/database.ts';

/** The number of the exchange's life: raised after a restore, so that carriers from before it are not believed. */
export interface Epoch {
  current(): number;
  refresh(): Promise<void>;
}

const EXCHANGE_EPOCH = `select exchange_epoch as epoch from instance`;
const RAISE_EPOCH = `update instance set exchange_epoch = exchange_epoch + 1 returning exchange_epoch as epoch`;

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
