import { TanbaError } from '../../core/errors.ts';
import type { Queryable } from '../../store/database.ts';

export interface AlertView {
  readonly alertId: string;
  readonly at: Date;
  readonly kind: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AlertQuery {
  readonly kind?: string | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface AlertPage {
  readonly alerts: readonly AlertView[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

const LIMIT = 50;
const LIMIT_MAX = 100;
const CURSOR = /^[0-9]{1,18}$/;

const ALERTS = `
select alert_id::text as "alertId", raised_at as at, kind, subject, details from alert
 where ($1::text is null or kind = $1) and ($2::bigint is null or alert_id < $2)
 order by alert_id desc limit $3`;

/** The newest first. */
export async function listAlerts(db: Queryable, { kind, cursor, limit = LIMIT }: AlertQuery): Promise<AlertPage> {
  if (cursor !== undefined && !CURSOR.test(cursor)) {
    throw new TanbaError('request.value_format', { path: '/query/cursor', details: { format: 'cursor' } });
  }
  const count = Math.max(1, Math.min(limit, LIMIT_MAX));
  const { rows } = await db.query<AlertView>(ALERTS, [kind ?? null, cursor ?? null, count + 1]);
  const alerts = rows.slice(0, count);
  return { alerts, nextCursor: rows.length > count ? (alerts.at(-1)?.alertId ?? null) : null };
}
