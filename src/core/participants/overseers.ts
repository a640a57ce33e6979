import type { Queryable } from '../../store/database.ts';
import type { Clock } from '../clock.ts';

/** The authorities that are told of what is wrong, whoever's goods it is. */
export interface Overseers {
  /** BINs; from memory, but for the first and once in REFRESH_MS. */
  list(): Promise<readonly string[]>;
}

const REFRESH_MS = 30_000;

const ACTIVE_AUTHORITIES = `select bin from participant where role = 'authority' and active order by bin`;

export function createOverseers({ db, clock }: { readonly db: Queryable; readonly clock: Clock }): Overseers {
  let known: { readonly at: number; readonly bins: Promise<readonly string[]> } | null = null;

  async function read(): Promise<readonly string[]> {
    const { rows } = await db.query<{ bin: string }>({ name: 'active_authorities', text: ACTIVE_AUTHORITIES });
    return rows.map(({ bin }) => bin);
  }

  return {
    list: () => {
      const at = clock.now().getTime();
      if (known !== null && at - known.at < REFRESH_MS) return known.bins;
      const bins = read();
      known = { at, bins };
      // Whoever asks next asks anew.
      bins.catch(() => {
        known = null;
      });
      return bins;
    },
  };
}
