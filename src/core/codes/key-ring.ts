import { createPublicKey, generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';
import type { Database, Queryable } from '../../store/database.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { Tail } from './code-parts.ts';
import { createForeignTails } from './foreign-tails.ts';
import { readKeyFile, type StoredKey, writeKeyFile } from './key-file.ts';
import { createSealer } from './seal.ts';
import { createMacCheck, createTailCheck, ed25519PrivateKey, type SigningKey, type TailCheck } from './tail.ts';
import { ALGORITHMS, type Algorithm, algorithmOf, type CodeTemplate } from './template.ts';

/**
 * The keys that make and verify tails. The key file holds all of them and is the truth; the table holds their public
 * side and is brought up to the file, so that a database restored to an earlier day learns its later keys again.
 */
export interface KeyRing {
  /** The key that signs now. */
  currentKey(algorithm: Algorithm): SigningKey;
  /** Any key of the ring, also one that no longer signs new orders. */
  signingKey(keyId: string): SigningKey;
  /** At once for a MAC, later for a signature. */
  verifyTail(cis: string, template: CodeTemplate, tail: Tail): boolean | Promise<boolean>;
  /** A tail that is not ours, but may be of the system that the goods' codes were imported from. From memory. */
  mayBeForeign(gtin: string | null, tail: Tail): boolean;
  /** The new key signs after ROTATION_DELAY_MS, the old one until then. Codes already issued go on verifying. */
  rotate(algorithm: Algorithm): Promise<StoredKey>;
  publicKeys(): readonly PublicKey[];
  /** Learns what another process has rotated; to be called every KEY_REFRESH_MS. */
  refresh(): Promise<void>;
  seal(plain: Uint8Array, context: string): Buffer;
  unseal(sealed: Uint8Array, context: string): Buffer;
}

export interface PublicKey {
  readonly keyId: string;
  readonly algorithm: Algorithm;
  /** SPKI in PEM. */
  readonly publicKey: string;
  readonly validFrom: Date;
  readonly validTo: Date | null;
}

export interface KeyRingDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly keyFile: string;
  readonly masterKey: Buffer;
}

export const KEY_REFRESH_MS = 20_000;
/** Every hub has read a new key before its first tail can meet a check: two refreshes may fail. */
export const ROTATION_DELAY_MS = 3 * KEY_REFRESH_MS;

export async function openKeyRing(deps: KeyRingDeps): Promise<KeyRing> {
  const foreign = createForeignTails();
  await foreign.refresh(deps.db);
  let keys = indexKeys(await synchronise(deps, [], foreign.keyIds()));
  const sealer = createSealer(deps.masterKey, 'seal');

  return {
    currentKey(algorithm) {
      const now = deps.clock.now();
      const current = keys.newestFirst.find((key) => key.algorithm === algorithm && signsAt(key, now));
      if (current === undefined) throw new TanbaError('keys.none_current', { details: { algorithm } });
      return signingPart(current);
    },
    signingKey(keyId) {
      const key = keys.byId.get(keyId);
      if (key === undefined) throw new TanbaError('keys.unknown', { details: { keyId } });
      return signingPart(key.stored);
    },
    verifyTail(cis, template, tail) {
      const algorithm = algorithmOf(template);
      if (tail.kind === 'code') {
        return algorithm === 'mac-24' && keys.shortCodes.some((isRight) => isRight(cis, tail.value));
      }
      const key = keys.byId.get(tail.keyId);
      if (key === undefined || key.stored.algorithm !== algorithm) return false;
      return key.check(cis, tail.value);
    },
    mayBeForeign: (gtin, tail) => foreign.mayHave(gtin, tail, (keyId) => keys.byId.has(keyId)),
    async rotate(algorithm) {
      await foreign.refresh(deps.db);
      const all = await synchronise(deps, [algorithm], foreign.keyIds());
      keys = indexKeys(all);
      // The clock may have been set back since the last rotation: the open period tells, not the latest beginning.
      const made = all.find((key) => key.algorithm === algorithm && key.validTo === null);
      if (made === undefined) throw new TanbaError('keys.none_current', { details: { algorithm } });
      return made;
    },
    publicKeys: () => keys.newestFirst.filter(({ algorithm }) => algorithm === 'ed25519').map(publicPart),
    async refresh() {
      await foreign.refresh(deps.db);
      keys = indexKeys(await synchronise(deps, [], foreign.keyIds()));
    },
    seal: sealer.seal,
    unseal: sealer.unseal,
  };
}

interface IndexedKeys {
  readonly byId: ReadonlyMap<string, { readonly stored: StoredKey; readonly check: TailCheck }>;
  readonly newestFirst: readonly StoredKey[];
  /** A code of 4 characters names no key: each is tried, newest first. */
  readonly shortCodes: readonly ((cis: string, value: string) => boolean)[];
}

function indexKeys(stored: readonly StoredKey[]): IndexedKeys {
  const newestFirst = stored.toSorted((a, b) => b.validFrom.getTime() - a.validFrom.getTime());
  const checked = newestFirst.map((key) => ({ stored: key, check: createTailCheck(key) }));
  return {
    byId: new Map(checked.map((key) => [key.stored.keyId, key])),
    newestFirst,
    shortCodes: newestFirst.filter(({ algorithm }) => algorithm === 'mac-24').map(createMacCheck),
  };
}

function signsAt(key: StoredKey, now: Date): boolean {
  return key.validFrom <= now && (key.validTo === null || now < key.validTo);
}

function signingPart({ keyId, algorithm, secret }: StoredKey): SigningKey {
  return { keyId, algorithm, secret };
}

function publicPart(key: StoredKey): PublicKey {
  const publicKey = createPublicKey(ed25519PrivateKey(key)).export({ format: 'pem', type: 'spki' }).toString();
  return { keyId: key.keyId, algorithm: key.algorithm, publicKey, validFrom: key.validFrom, validTo: key.validTo };
}

/**
 * Makes the first keys and the rotated ones, then brings the table up to the file, all under a lock: two hubs that open
 * an empty ring end with one. File first: a crash in between leaves the file ahead, which the next opening repairs.
 */
async function synchronise(
  deps: KeyRingDeps,
  rotated: readonly Algorithm[],
  taken: readonly string[],
): Promise<readonly StoredKey[]> {
  return await deps.db.transaction(async (tx) => {
    await tx.query(LOCK_RING);
    const inFile = await readKeyFile(deps.keyFile, deps.masterKey);
    await checkAgainstTable(tx, deps.keyFile, inFile);
    const old = inFile ?? [];
    const absent = ALGORITHMS.filter((algorithm) => !old.some((key) => key.algorithm === algorithm));
    const keys = renewed(old, { absent, rotated, taken }, deps.clock.now());
    if (keys !== old) await writeKeyFile(deps.keyFile, deps.masterKey, keys);
    await publish(tx, keys, deps.clock.now());
    return keys;
  });
}

async function checkAgainstTable(tx: Queryable, file: string, inFile: readonly StoredKey[] | undefined): Promise<void> {
  const { rows } = await tx.query<{ keyId: string }>(SELECT_KEY_IDS);
  if (inFile === undefined && rows.length > 0) throw new TanbaError('keys.file_missing', { details: { file } });
  const lost = rows.filter(({ keyId }) => !inFile?.some((key) => key.keyId === keyId)).map(({ keyId }) => keyId);
  if (lost.length > 0) {
    throw new TanbaError('keys.file_incomplete', { details: { file, keyIds: lost.join(', ') } });
  }
}

interface Wanted {
  readonly absent: readonly Algorithm[];
  readonly rotated: readonly Algorithm[];
  /** Key ids of other systems, not to be given again. */
  readonly taken: readonly string[];
}

/** The same array when there is nothing to do. */
function renewed(old: readonly StoredKey[], { absent, rotated, taken }: Wanted, now: Date): readonly StoredKey[] {
  const replaced = rotated.filter((algorithm) => !absent.includes(algorithm));
  if (absent.length + replaced.length === 0) return old;
  const change = new Date(now.getTime() + ROTATION_DELAY_MS);
  const keys = old.map((key) =>
    key.validTo === null && replaced.includes(key.algorithm) ? { ...key, validTo: change } : key,
  );
  for (const algorithm of absent) keys.push(newKey(algorithm, [...taken, ...idsOf(keys)], now));
  for (const algorithm of replaced) keys.push(newKey(algorithm, [...taken, ...idsOf(keys)], change));
  return keys;
}

const KEY_ID_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_BYTES = 32;

function idsOf(keys: readonly StoredKey[]): string[] {
  return keys.map(({ keyId }) => keyId);
}

function newKey(algorithm: Algorithm, taken: readonly string[], validFrom: Date): StoredKey {
  const keyId = Array.from({ length: 4 }, () => KEY_ID_ALPHABET[randomInt(KEY_ID_ALPHABET.length)]).join('');
  if (taken.includes(keyId)) return newKey(algorithm, taken, validFrom);
  return { keyId, algorithm, secret: newSecret(algorithm), validFrom, validTo: null };
}

function newSecret(algorithm: Algorithm): Uint8Array {
  if (algorithm !== 'ed25519') return new Uint8Array(randomBytes(SECRET_BYTES));
  const { privateKey } = generateKeyPairSync('ed25519');
  return new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));
}

async function publish(tx: Queryable, keys: readonly StoredKey[], now: Date): Promise<void> {
  await tx.query(UPSERT_KEYS, [
    keys.map((key) => key.keyId),
    keys.map((key) => key.algorithm),
    keys.map((key) => (key.algorithm === 'ed25519' ? spkiOf(key) : null)),
    keys.map((key) => key.validFrom),
    keys.map((key) => key.validTo),
    now,
  ]);
}

function spkiOf(key: StoredKey): Buffer {
  return createPublicKey(ed25519PrivateKey(key)).export({ format: 'der', type: 'spki' });
}

const LOCK_RING = "SELECT pg_advisory_xact_lock(hashtextextended('tanba key ring', 0))";

const SELECT_KEY_IDS = 'SELECT key_id AS "keyId" FROM signing_key';

const UPSERT_KEYS = `
  INSERT INTO signing_key AS known (key_id, algorithm, public_key, valid_from, valid_to, created_at)
  SELECT key_id, algorithm, public_key, valid_from, valid_to, $6
    FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[], $5::timestamptz[])
      AS given (key_id, algorithm, public_key, valid_from, valid_to)
  ON CONFLICT (key_id) DO UPDATE SET valid_to = excluded.valid_to
   WHERE known.valid_to IS DISTINCT FROM excluded.valid_to`;
