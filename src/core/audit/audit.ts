import type { Queryable } from '../../store/database.ts';

/** Who did what, when, to what, from where. */
export interface AuditEntry {
  readonly at: Date;
  /** Null where no participant acted: a command on the server, a scheduled job. */
  readonly bin: string | null;
  readonly ip: string | null;
  /** `noun.verb`, for example `api_key.issued`. */
  readonly action: string;
  readonly subject: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Written in the transaction of the deed itself, so that neither exists without the other. */
export async function writeAudit(tx: Queryable, entry: AuditEntry): Promise<void> {
  await tx.query(INSERT_AUDIT, [entry.at, entry.bin, entry.ip, entry.action, entry.subject, entry.details]);
}

const INSERT_AUDIT = `
  INSERT INTO audit (at, bin, ip, action, subject, details)
  VALUES ($1, $2, $3, $4, $5, $6)`;
