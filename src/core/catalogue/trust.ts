import { type Database, type Queryable, sqlState } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { gtinProblem } from '../codes/code-parts.ts';
import { TanbaError } from '../errors.ts';

export interface TrustAsker {
  readonly bin: string;
  readonly ip: string;
}

export interface Trusted {
  readonly bin: string;
  readonly grantedAt: Date;
}

/** Whom the owner of a published card lets order codes for its GTIN. Such codes belong to whoever ordered them. */
export interface Trust {
  /** Again: no change. */
  grant(asker: TrustAsker, gtin: string, bin: string): Promise<void>;
  revoke(asker: TrustAsker, gtin: string, bin: string): Promise<void>;
  /** In the order of BINs, behind `after`. */
  page(asker: TrustAsker, gtin: string, after: string | null, limit: number): Promise<readonly Trusted[]>;
}

const OWNER = 'select owner_bin as "ownerBin" from product where gtin = $1';

const GRANT = `
insert into gtin_trust (gtin, bin, granted_at) values ($1, $2, $3)
on conflict (gtin, bin) where revoked_at is null do nothing`;

const REVOKE = 'update gtin_trust set revoked_at = $3 where gtin = $1 and bin = $2 and revoked_at is null';

const PAGE = `
select bin, granted_at as "grantedAt"
  from gtin_trust
 where gtin = $1 and revoked_at is null and bin > $2
 order by bin limit $3`;

const FOREIGN_KEY_VIOLATION = '23503';

export function createTrust({ db, clock }: { readonly db: Database; readonly clock: Clock }): Trust {
  return {
    grant: async (asker, gtin, bin) => {
      await assertOwner(db, asker, gtin);
      if (bin === asker.bin) throw new TanbaError('catalogue.trust_in_oneself', { path: '/bin', details: { bin } });
      const at = clock.now();
      await db.transaction(async (tx) => {
        const granted = await insertTrust(tx, gtin, bin, at);
        if (!granted) return;
        const audited = { action: 'gtin_trust.granted', subject: gtin, details: { bin } };
        await writeAudit(tx, { at, bin: asker.bin, ip: asker.ip, ...audited });
      });
    },
    revoke: async (asker, gtin, bin) => {
      await assertOwner(db, asker, gtin);
      const at = clock.now();
      await db.transaction(async (tx) => {
        const { rowCount } = await tx.query(REVOKE, [gtin, bin, at]);
        if (rowCount === 0) throw new TanbaError('catalogue.trust_not_found', { path: '/bin', details: { gtin, bin } });
        const audited = { action: 'gtin_trust.revoked', subject: gtin, details: { bin } };
        await writeAudit(tx, { at, bin: asker.bin, ip: asker.ip, ...audited });
      });
    },
    page: async (asker, gtin, after, limit) => {
      await assertOwner(db, asker, gtin);
      return (await db.query<Trusted>(PAGE, [gtin, after ?? '', limit])).rows;
    },
  };
}

/** A GTIN never changes its owner, so nothing has to be locked. */
async function assertOwner(db: Queryable, { bin }: TrustAsker, gtin: string): Promise<void> {
  const about = { path: '/gtin', details: { gtin } };
  const malformed = gtinProblem(gtin);
  if (malformed !== undefined) throw new TanbaError(malformed, about);
  const { rows } = await db.query<{ ownerBin: string }>(OWNER, [gtin]);
  const owner = rows[0]?.ownerBin;
  if (owner === undefined) throw new TanbaError('catalogue.not_found', about);
  if (owner !== bin) throw new TanbaError('catalogue.not_yours', about);
}

async function insertTrust(tx: Queryable, gtin: string, bin: string, at: Date): Promise<boolean> {
  try {
    return (await tx.query(GRANT, [gtin, bin, at])).rowCount === 1;
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    throw new TanbaError('participants.unknown', { path: '/bin', details: { bin }, cause: error });
  }
}
