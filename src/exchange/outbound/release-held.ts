import type { Queryable } from '../../store/database.ts';

const RELEASE_HELD = `
update delivery set due_at = least(due_at, $2)
 where partner_id = any($1) and state in ('waiting', 'uncertain') and carried_until is null
   and held_by in ('calendar', 'breaker', 'quota', 'rate', 'concurrency', 'switched_off', 'removed') and due_at > $2`;

/** What a gate put off for these partners is looked at again: their policy or switch has changed. */
export async function releaseHeld(db: Queryable, partnerIds: readonly string[], now: Date): Promise<number> {
  if (partnerIds.length === 0) return 0;
  const { rowCount } = await db.query({ name: 'release_held', text: RELEASE_HELD, values: [partnerIds, now] });
  return rowCount ?? 0;
}
