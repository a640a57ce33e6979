import { writeAudit } from '../../core/audit/audit.ts';
import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Database } from '../../store/database.ts';
import type { WorkItemKind } from './causes.ts';

/** What somebody has to look into. */
export interface WorkItem {
  readonly workItemId: string;
  readonly kind: WorkItemKind;
  readonly partnerId: string;
  /** ISO date of the partner's calendar. */
  readonly day: string;
  /** Null where it is about the day as a whole. */
  readonly messageId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  /** An operator's BIN, or `reconciliation`. */
  readonly resolvedBy: string | null;
  readonly resolution: string | null;
}

export interface WorkItemQuery {
  readonly partnerId?: string | undefined;
  readonly kind?: WorkItemKind | undefined;
  readonly day?: string | undefined;
  readonly open?: boolean | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface WorkItemPage {
  readonly items: readonly WorkItem[];
  /** Null on the last page. */
  readonly cursor: string | null;
}

/** An operator who resolves. */
export interface Resolver {
  readonly bin: string;
  readonly ip: string | null;
}

export interface WorkItems {
  /** Open ones first, then the newest. */
  list(query: WorkItemQuery): Promise<WorkItemPage>;
  resolve(workItemId: string, by: Resolver, resolution: string): Promise<WorkItem>;
}

const COLUMNS = `work_item_id as "workItemId", kind, partner_id as "partnerId", day::text as day,
  message_id as "messageId", details, opened_at as "openedAt", resolved_at as "resolvedAt",
  resolved_by as "resolvedBy", resolution`;

const LIST = `
select ${COLUMNS} from work_item
 where ($1::text is null or partner_id = $1) and ($2::text is null or kind = $2) and ($3::date is null or day = $3)
   and ($4::boolean is null or (resolved_at is null) = $4)
   and ($5::boolean is null
        or (resolved_at is null, opened_at, work_item_id) < ($5::boolean, $6::timestamptz, $7::uuid))
 order by (resolved_at is null) desc, opened_at desc, work_item_id desc
 limit $8`;

const RESOLVE = `
update work_item set resolved_at = $2, resolved_by = $3, resolution = $4
 where work_item_id = $1 and resolved_at is null
returning ${COLUMNS}`;

const FIND = `select ${COLUMNS} from work_item where work_item_id = $1`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createWorkItems({ db, clock }: { readonly db: Database; readonly clock: Clock }): WorkItems {
  return {
    async list({ partnerId, kind, day, open, cursor, limit }) {
      const place = cursor === undefined ? [null, null, null] : readCursor(cursor);
      const values = [partnerId ?? null, kind ?? null, day ?? null, open ?? null, ...place, limit + 1];
      const { rows } = await db.query<WorkItem>(LIST, values);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items, cursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
    },

    async resolve(workItemId, by, resolution) {
      if (!UUID.test(workItemId)) throw new TanbaError('exchange.work_item_unknown');
      return await db.transaction(async (tx) => {
        const now = clock.now();
        const { rows } = await tx.query<WorkItem>(RESOLVE, [workItemId, now, by.bin, resolution]);
        const [item] = rows;
        if (item === undefined) {
          const [known] = (await tx.query<WorkItem>(FIND, [workItemId])).rows;
          if (known === undefined) throw new TanbaError('exchange.work_item_unknown');
          throw new TanbaError('exchange.work_item_resolved', { details: { by: known.resolvedBy ?? '' } });
        }
        const { kind, partnerId, day, messageId } = item;
        const details = { kind, partnerId, day, messageId, resolution };
        const { bin, ip } = by;
        await writeAudit(tx, { at: now, bin, ip, action: 'work_item.resolved', subject: workItemId, details });
        return item;
      });
    },
  };
}

function cursorOf({ resolvedAt, openedAt, workItemId }: WorkItem): string {
  return [resolvedAt === null ? 'open' : 'resolved', openedAt.getTime(), workItemId].join('.');
}

function readCursor(cursor: string): [boolean, Date, string] {
  const [, state, openedAt, workItemId] = /^(open|resolved)\.([0-9]{1,15})\.(.+)$/.exec(cursor) ?? [];
  if (workItemId === undefined || !UUID.test(workItemId)) {
    throw new TanbaError('request.value_format', { path: '/query/cursor', details: { format: 'cursor' } });
  }
  return [state === 'open', new Date(Number(openedAt)), workItemId];
}
