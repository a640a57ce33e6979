import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import type { Sealer } from '../../core/codes/seal.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { keyOf, makeSecret } from './signature.ts';

export interface IssuedSecret {
  readonly secretId: string;
  /** Seen at this moment only: the database keeps it sealed. */
  readonly secret: string;
}

export interface SecretView {
  readonly secretId: string;
  readonly createdAt: Date;
  /** Null: until it is replaced. */
  readonly expiresAt: Date | null;
}

export interface WebhookSecrets {
  make(tx: Queryable, partnerId: string, now: Date): Promise<IssuedSecret>;
  /** A new one; those before sign beside it for the overlap. The caller holds the partner's row. */
  rotate(tx: Queryable, partnerId: string, overlapHours: number, now: Date): Promise<IssuedSecret>;
  list(partnerId: string): Promise<readonly SecretView[]>;
  removeAll(tx: Queryable, partnerId: string): Promise<void>;
  /** Of all that are valid, the newest first. What another process changed holds five seconds later. */
  signingKeys(partnerId: string): Promise<readonly KeyObject[]>;
  /** After a change here. */
  forget(partnerId: string): void;
}

interface KnownKey {
  readonly key: KeyObject;
  readonly expiresAt: Date | null;
}

const VALID_MAX = 3;
const HOUR_MS = 3_600_000;
const CACHE_TTL_MS = 5_000;
const CACHE_MAX = 10_000;

export function createWebhookSecrets(deps: {
  readonly db: Database;
  readonly clock: Clock;
  /** Made for this purpose alone. */
  readonly sealer: Sealer;
}): WebhookSecrets {
  const { db, clock, sealer } = deps;
  const known = new LRUCache<string, readonly KnownKey[]>({
    max: CACHE_MAX,
    ttl: CACHE_TTL_MS,
    ttlResolution: 0,
    perf: { now: () => clock.now().getTime() },
  });

  async function load(partnerId: string): Promise<readonly KnownKey[]> {
    const { rows } = await db.query<SecretRow>({ ...SELECT_VALID, values: [partnerId, clock.now()] });
    const keys = rows.map(({ secretId, sealed, expiresAt }) => ({
      key: keyOf(sealer.unseal(sealed, contextOf(partnerId, secretId)).toString('utf8')),
      expiresAt,
    }));
    known.set(partnerId, keys);
    return keys;
  }

  async function make(tx: Queryable, partnerId: string, now: Date): Promise<IssuedSecret> {
    const secretId = newId(now);
    const secret = makeSecret();
    const sealed = sealer.seal(Buffer.from(secret), contextOf(partnerId, secretId));
    await tx.query(INSERT_SECRET, [partnerId, secretId, sealed, now]);
    return { secretId, secret };
  }

  return {
    make,
    async rotate(tx, partnerId, overlapHours, now) {
      await tx.query(EXPIRE_SECRETS, [partnerId, new Date(now.getTime() + overlapHours * HOUR_MS)]);
      await tx.query(DELETE_EXPIRED, [partnerId, now]);
      const { rows } = await tx.query<{ valid: number }>(COUNT_SECRETS, [partnerId]);
      if ((rows[0]?.valid ?? 0) >= VALID_MAX) {
        throw new TanbaError('webhooks.too_many_secrets', { details: { limit: VALID_MAX } });
      }
      return await make(tx, partnerId, now);
    },
    async list(partnerId) {
      const { rows } = await db.query<SecretView>(LIST_VALID, [partnerId, clock.now()]);
      return rows;
    },
    async removeAll(tx, partnerId) {
      await tx.query(DELETE_ALL, [partnerId]);
    },
    async signingKeys(partnerId) {
      const keys = known.get(partnerId) ?? (await load(partnerId));
      const now = clock.now();
      return keys.filter(({ expiresAt }) => expiresAt === null || expiresAt > now).map(({ key }) => key);
    },
    forget: (partnerId) => void known.delete(partnerId),
  };
}

/** A sealed secret moved to another partner's row does not open there. */
function contextOf(partnerId: string, secretId: string): string {
  return `${partnerId}:${secretId}`;
}

interface SecretRow {
  readonly secretId: string;
  readonly sealed: Buffer;
  readonly expiresAt: Date | null;
}

const VALID = `
partner_id = $1 and (expires_at is null or expires_at > $2) order by expires_at desc nulls first, created_at desc`;

const SELECT_VALID = {
  name: 'webhook_secrets',
  text: `select secret_id as "secretId", sealed, expires_at as "expiresAt" from partner_secret where ${VALID}`,
};

const LIST_VALID = `
select secret_id as "secretId", created_at as "createdAt", expires_at as "expiresAt" from partner_secret where ${VALID}`;

const INSERT_SECRET = `
insert into partner_secret (partner_id, secret_id, sealed, created_at) values ($1, $2, $3, $4)`;

// One that expires earlier already keeps its time.
const EXPIRE_SECRETS = `
update partner_secret set expires_at = least(expires_at, $2) where partner_id = $1`;

const DELETE_EXPIRED = 'delete from partner_secret where partner_id = $1 and expires_at <= $2';

const COUNT_SECRETS = 'select count(*)::int as valid from partner_secret where partner_id = $1';

const DELETE_ALL = 'delete from partner_secret where partner_id = $1';
