import type { Database } from '../../store/database.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import { TRANSITIONS } from '../lifecycle/transitions.ts';
import { groupsOf } from './content.ts';
import { EVENT_OF_KIND } from './kind-events.ts';
import type { DocumentKind } from './kinds.ts';

/** Kinds that do one event to each of their codes and ask nothing else of them. */
const ONE_EVENT: readonly DocumentKind[] = ['utilisation', 'introduction', 'correction', 'withdrawal', 'write_off'];

// Loose units only: what is in a package, or is one, is looked at with everything around it.
const COUNT_FITTING = `
select count(*)::integer as fitting
  from unnest($1::text[]) as wanted(cis) join code on code.cis = wanted.cis collate "C"
 where status = any($2::code_status[]) and owner = $3 and hold = $4::code_hold and type = any($5::code_type[])
   and parent is null and type <> 'transport'`;

// A plan for these very keys reads the whole table into a hash; the plan for any keys goes by the index: 4 µs a key.
const BY_INDEX = `set local plan_cache_mode = 'force_generic_plan'`;

/** While the store counts one group, the next is read: two groups at a time keep both busy. */
const COUNTED_AT_ONCE = 2;

/**
 * Whether a document of loose units is right about each of them, by one look at each: the common case. False says nothing
 * but that it has to be found out what is wrong.
 */
export async function fitsAtOnce(
  { db, markReader }: { readonly db: Database; readonly markReader: MarkReader },
  { kind, bin }: { readonly kind: DocumentKind; readonly bin: string },
  codes: readonly string[],
): Promise<boolean> {
  if (!ONE_EVENT.includes(kind)) return false;
  const { from, holdFrom, types } = TRANSITIONS[EVENT_OF_KIND[kind]];
  const seen = new Set<string>();
  const counting: Promise<boolean>[] = [];

  async function allFit(cises: readonly string[]): Promise<boolean> {
    const values = [cises, from, bin, holdFrom, types];
    const { rows } = await db.transaction(async (tx) => {
      await tx.query(BY_INDEX);
      return tx.query<{ fitting: number }>({ name: 'count_fitting', text: COUNT_FITTING, values });
    });
    return rows[0]?.fitting === cises.length;
  }

  for await (const group of groupsOf(codes)) {
    const cises: string[] = [];
    for (const result of await markReader.read(group.codes)) {
      if (!result.ok) return settled(counting, false);
      cises.push(result.code.cis);
      seen.add(result.code.cis);
    }
    if (seen.size !== group.first + group.codes.length) return settled(counting, false);
    counting.push(allFit(cises));
    if (counting.length >= COUNTED_AT_ONCE && !(await counting.shift())) return settled(counting, false);
  }
  return settled(counting, true);
}

/** No statement is left running behind the answer. */
async function settled(counting: readonly Promise<boolean>[], soFar: boolean): Promise<boolean> {
  const fits = await Promise.all(counting);
  return soFar && fits.every(Boolean);
}
