import type { Database, Queryable, Transaction } from '../../store/database.ts';
import type { Outage } from '../outages/grace.ts';
import { graceParameters, noGrace } from '../outages/grace.ts';
import type { ProductGroups } from '../reference/product-groups.ts';

/** Codes of a line that were received together: a pack, or what nobody has fetched of the line. */
export interface Stretch {
  readonly of: 'pack' | 'order_line';
  readonly id: string;
  /** The first moment in which they are too old. */
  readonly annulAfter: Date;
}

/** A stretch under the lock of its row. */
export interface LockedStretch extends Stretch {
  readonly lineId: string;
  readonly orderId: string;
  readonly bin: string;
  readonly gtin: string;
  readonly template: string;
  readonly sealedSeed: Buffer | null;
  readonly skipped: readonly number[];
  readonly first: number;
  readonly count: number;
  /** Of these, looked at in the present pass. */
  readonly done: number;
  /** Of those, still emitted. */
  readonly left: number;
  readonly trace: string | null;
}

// Days are those of Kazakhstan, UTC+5; the day of receipt does not count (Civil Code, art. 173).
const endOfTerm = (received: string): string => `
  (date_trunc('day', ${received} at time zone interval '+05:00') + make_interval(days => rule.days + 1))
    at time zone interval '+05:00'`;

const RULES = `
rule as (
  select * from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::integer[])
    as rule (product_group, from_time, to_time, days)
)`;

const ruleOf = (received: string): string => `
  rule.product_group = fresh.product_group and rule.from_time <= ${received}
  and (rule.to_time is null or rule.to_time > ${received})`;

const SET_TERMS_OF_PACKS = `
with ${RULES}, fresh as (
  select pack.pack_id, pack.created_at, code_order.product_group
    from pack join order_line using (line_id) join code_order using (order_id)
   where pack.annul_after is null for no key update of pack skip locked
)
update pack set annul_after = ${endOfTerm('fresh.created_at')}
  from fresh join rule on ${ruleOf('fresh.created_at')}
 where pack.pack_id = fresh.pack_id`;

const SET_TERMS_OF_LINES = `
with ${RULES}, fresh as (
  select order_line.line_id, order_line.emitted_at, code_order.product_group
    from order_line join code_order using (order_id)
   where order_line.annul_after is null and order_line.emitted_at is not null
     for no key update of order_line skip locked
)
update order_line set annul_after = ${endOfTerm('fresh.emitted_at')}
  from fresh join rule on ${ruleOf('fresh.emitted_at')}
 where order_line.line_id = fresh.line_id`;

/** The first time after a migration finds all packs there ever were. */
const SET_TERMS_TIMEOUT_MS = 600_000;

/** Notes until when what was received since may be used, by the rules in force when it was. */
export async function setTerms(db: Database, productGroups: ProductGroups): Promise<void> {
  const rules = productGroups.list().flatMap(({ versions }) =>
    versions.map(({ productGroup, effectiveFrom, unusedCodeLifeDays }, index) => ({
      productGroup,
      // Codes may be ordered before the first version holds for the goods themselves.
      from: index === 0 ? '-infinity' : effectiveFrom.toISOString(),
      to: versions[index + 1]?.effectiveFrom ?? null,
      days: unusedCodeLifeDays,
    })),
  );
  const values = [
    rules.map(({ productGroup }) => productGroup),
    rules.map(({ from }) => from),
    rules.map(({ to }) => to),
    rules.map(({ days }) => days),
  ];
  await db.transaction(
    async (tx) => {
      await tx.query(SET_TERMS_OF_PACKS, values);
      await tx.query(SET_TERMS_OF_LINES, values);
    },
    { statementTimeoutMs: SET_TERMS_TIMEOUT_MS },
  );
}

const SETTLE_FETCHED_LINES = `
update order_line set annulled_at = $1
 where annulled_at is null and annul_after <= $1 and handed_over = quantity`;

/** Of a line fetched whole only its packs have terms. */
export async function settleFetchedLines(db: Queryable, now: Date): Promise<void> {
  await db.query(SETTLE_FETCHED_LINES, [now]);
}

// A report counts from its receipt (p.53): whoever's documents still wait to be applied may have been in time.
const isDue = (table: Stretch['of']): string => `
       ${table}.annulled_at is null and ${table}.annul_after <= $1
   and ${noGrace(`${table}.annul_after - interval '1 millisecond'`, '$2', '$3')}
   and not exists (select from document
                    where document.bin = code_order.bin and document.status = 'received'
                      and received_at < ${table}.annul_after)
   and not exists (select from document
                    where document.bin = code_order.bin and document.status = 'receiving'
                      and received_at < ${table}.annul_after)`;

const FIND_DUE = {
  pack: `
select 'pack' as of, pack_id::text as id, pack.annul_after as "annulAfter"
  from pack join order_line using (line_id) join code_order using (order_id)
 where ${isDue('pack')}
   and ($4::timestamptz is null or (pack.annul_after, pack_id) > ($4, $5::uuid))
 order by pack.annul_after, pack_id limit $6`,
  order_line: `
select 'order_line' as of, line_id::text as id, annul_after as "annulAfter"
  from order_line join code_order using (order_id)
 where ${isDue('order_line')}
   and ($4::timestamptz is null or (annul_after, line_id) > ($4, $5::bigint))
 order by annul_after, line_id limit $6`,
} as const;

/** The oldest first, from behind `last` on. */
export async function dueStretches(
  db: Queryable,
  of: Stretch['of'],
  { now, grace, last, limit }: DueQuestion,
): Promise<readonly Stretch[]> {
  const values = [now, ...graceParameters(grace), last?.annulAfter ?? null, last?.id ?? null, limit];
  return (await db.query<Stretch & Record<string, unknown>>(FIND_DUE[of], values)).rows;
}

export interface DueQuestion {
  readonly now: Date;
  /** Outages in which terms that ran out may still be kept. */
  readonly grace: readonly Outage[];
  readonly last: Stretch | undefined;
  readonly limit: number;
}

const LINE = `
line_id as "lineId", order_id as "orderId", code_order.bin, gtin, template, sealed_seed as "sealedSeed", skipped,
code_order.trace`;

// Whoever hands codes out locks the line: what nobody has fetched stays so from here on.
const LOCK_STRETCH = {
  pack: `
select 'pack' as of, pack_id::text as id, pack.annul_after as "annulAfter", first_code as first, code_count as count,
       pack.annul_done as done, pack.annul_left as left, ${LINE}
  from pack join order_line using (line_id) join code_order using (order_id)
 where pack_id = $1 and pack.annulled_at is null for no key update of pack skip locked`,
  order_line: `
select 'order_line' as of, line_id::text as id, annul_after as "annulAfter", handed_over as first,
       quantity - handed_over as count, annul_done as done, annul_left as left, ${LINE}
  from order_line join code_order using (order_id)
 where line_id = $1 and annulled_at is null for no key update of order_line skip locked`,
} as const;

/** Undefined: somebody else is at it, or it is settled. */
export async function lockStretch(tx: Transaction, { of, id }: Stretch): Promise<LockedStretch | undefined> {
  return (await tx.query<LockedStretch & Record<string, unknown>>(LOCK_STRETCH[of], [id])).rows[0];
}

const ADVANCE = {
  pack: 'update pack set annul_done = $2, annul_left = $3, annulled_at = $4 where pack_id = $1',
  // What is too old is not handed out any more.
  order_line: `
update order_line
   set annul_done = $2, annul_left = $3, annulled_at = $4,
       status = case when status = 'active' then 'closed' else status end
 where line_id = $1`,
} as const;

/** How far a pass has come; behind the last code it ends, and what had to be left is for another pass. */
export async function advance(
  tx: Transaction,
  { of, id, count }: Pick<LockedStretch, 'of' | 'id' | 'count'>,
  done: number,
  left: number,
  now: Date,
): Promise<{ readonly ended: boolean }> {
  const ended = done >= count;
  const settledAt = ended && left === 0 ? now : null;
  await tx.query(ADVANCE[of], ended ? [id, 0, 0, settledAt] : [id, done, left, null]);
  return { ended };
}
