import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { writeAudit } from '../core/audit/audit.ts';
import type { Clock } from '../core/clock.ts';
import { TanbaError } from '../core/errors.ts';
import { type Database, sqlState, type Transaction } from '../store/database.ts';
import type { Principal } from './permissions.ts';

export interface ApiKeys {
  authenticate(key: string): Promise<Principal | null>;
  /** The only moment at which the key itself is seen: the database keeps its digest. */
  issue(bin: string, label: string, demo: boolean): Promise<string>;
  /** Revokes the participant's keys of that label and says how many; another hub notices within 15 s. */
  revoke(bin: string, label: string): Promise<number>;
  /** What is remembered of keys is asked anew: a participant was suspended, reinstated or renamed. */
  forget(): void;
}

const KEY_SHAPE = /^tanba_[A-Za-z0-9_-]{43}$/;
const CACHE_TTL_MS = 15_000;
const KNOWN_MAX = 50_000;
// Wrong keys have a small cache of their own, so that a flood of them cannot push out the right ones.
const UNKNOWN_MAX = 1_000;
const LABEL_MAX = 200;

export function createApiKeys(deps: { readonly db: Database; readonly clock: Clock }): ApiKeys {
  const times = { ttl: CACHE_TTL_MS, ttlResolution: 0, perf: { now: () => deps.clock.now().getTime() } };
  const known = new LRUCache<string, Principal>({ max: KNOWN_MAX, ...times });
  const unknown = new LRUCache<string, true>({ max: UNKNOWN_MAX, ...times });

  let generation = 0;

  function forget(): void {
    generation += 1;
    known.clear();
    unknown.clear();
  }

  async function lookUp(key: string): Promise<Principal | null> {
    const asked = generation;
    const { rows } = await deps.db.query<Principal>({ ...SELECT_PRINCIPAL, values: [digest(key)] });
    const principal = rows[0];
    // What was read before a change is not remembered after it.
    if (asked !== generation) return principal ?? null;
    if (principal === undefined) unknown.set(key, true);
    else known.set(key, principal);
    return principal ?? null;
  }

  return {
    async authenticate(key) {
      const cached = known.get(key);
      if (cached !== undefined) return cached;
      if (!KEY_SHAPE.test(key) || unknown.has(key)) return null;
      return lookUp(key);
    },
    async issue(bin, label, demo) {
      if (label.trim() === '' || label.length > LABEL_MAX) {
        throw new TanbaError('access.label_invalid', { path: '/label', details: { max: LABEL_MAX } });
      }
      const at = deps.clock.now();
      return await deps.db.transaction((tx) => insertKey(tx, { at, bin, label, demo, ip: null }));
    },
    async revoke(bin, label) {
      const at = deps.clock.now();
      const count = await deps.db.transaction(async (tx) => {
        const { rowCount } = await tx.query(REVOKE_KEYS, [bin, label, at]);
        const details = { label, count: rowCount ?? 0 };
        await writeAudit(tx, { at, bin: null, ip: null, action: 'api_key.revoked', subject: bin, details });
        return details.count;
      });
      forget();
      return count;
    },
    forget,
  };
}

export interface NewKey {
  readonly at: Date;
  readonly bin: string;
  readonly label: string;
  readonly demo: boolean;
  /** Of whoever asked for it; null: a command on the server. */
  readonly ip: string | null;
}

/** Makes a key in the transaction of what it is given for; the answer is the only copy. */
export async function insertKey(tx: Transaction, { at, bin, label, demo, ip }: NewKey): Promise<string> {
  const key = `tanba_${randomBytes(32).toString('base64url')}`;
  try {
    await tx.query(INSERT_KEY, [digest(key), bin, label, demo, at]);
  } catch (error) {
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) {
      throw new TanbaError('participants.unknown', { path: '/bin', details: { bin }, cause: error });
    }
    throw error;
  }
  await writeAudit(tx, { at, bin: null, ip, action: 'api_key.issued', subject: bin, details: { label, demo } });
  return key;
}

/** 256 random bits need no slow hash: there is nothing to guess. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

const FOREIGN_KEY_VIOLATION = '23503';

const SELECT_PRINCIPAL = {
  name: 'api_key_principal',
  text: `
  SELECT participant.bin, participant.role, participant.name
    FROM api_key
    JOIN participant USING (bin)
   WHERE key_hash = $1 AND revoked_at IS NULL AND participant.active`,
};

const INSERT_KEY = `
  INSERT INTO api_key (key_hash, bin, label, demo, created_at)
  VALUES ($1, $2, $3, $4, $5)`;

const REVOKE_KEYS = `
  UPDATE api_key SET revoked_at = $3
   WHERE bin = $1 AND label = $2 AND revoked_at IS NULL`;
