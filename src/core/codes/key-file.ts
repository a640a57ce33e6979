import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Static } from 'typebox';
import Type from 'typebox';
import { Check } from 'typebox/value';
import { errorCode, syncFolder, writeFileDurably } from '../../store/durable-file.ts';
import { TanbaError } from '../errors.ts';
import { createSealer, type Sealer } from './seal.ts';
import type { SigningKey } from './tail.ts';
import { ALGORITHMS } from './template.ts';

/** A key with the period in which it signs. It verifies for ever. */
export interface StoredKey extends SigningKey {
  readonly validFrom: Date;
  /** null: until the next rotation. */
  readonly validTo: Date | null;
}

const OWNER_ONLY = 0o600;
const FORMAT = 'tanba-keys-1';
/** Opens under the right master key only, which tells a wrong one from a damaged file. */
const PROOF_BYTES = 16;
const MASTER_KEY_PROOF = 'this is the master key of this file';

const Instant = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' });
const KeyFileSchema = Type.Object({
  format: Type.Literal(FORMAT),
  masterKeyProof: Type.String(),
  keys: Type.Array(
    Type.Object({
      keyId: Type.String({ pattern: '^[0-9A-Za-z]{4}$' }),
      algorithm: Type.Enum([...ALGORITHMS]),
      validFrom: Instant,
      validTo: Type.Union([Instant, Type.Null()]),
      sealedSecret: Type.String(),
    }),
  ),
});
type KeyFile = Static<typeof KeyFileSchema>;

/** undefined: there is no file. Throws `keys.wrong_master_key` and `keys.file_damaged`. */
export async function readKeyFile(file: string, masterKey: Buffer): Promise<readonly StoredKey[] | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : openKeys(text, file, createSealer(masterKey, 'key-file'));
}

function openKeys(text: string, file: string, sealer: Sealer): StoredKey[] {
  const damaged = (problem: string) => new TanbaError('keys.file_damaged', { details: { file, problem } });
  const content = parseJson(text);
  if (!Check(KeyFileSchema, content)) throw damaged('the content is not that of a key file');
  try {
    sealer.unseal(Buffer.from(content.masterKeyProof, 'base64'), MASTER_KEY_PROOF);
  } catch (cause) {
    throw new TanbaError('keys.wrong_master_key', { details: { file }, cause });
  }
  return content.keys.map(({ sealedSecret, validFrom, validTo, ...key }) => {
    try {
      const secret = sealer.unseal(Buffer.from(sealedSecret, 'base64'), contextOf(key));
      // A copy of its own: what goes to a worker thread must not drag Buffer's shared pool along.
      const period = { validFrom: new Date(validFrom), validTo: validTo === null ? null : new Date(validTo) };
      return { ...key, secret: new Uint8Array(secret), ...period };
    } catch {
      throw damaged(`the key ${key.keyId} does not open`);
    }
  });
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function contextOf(key: Pick<SigningKey, 'keyId' | 'algorithm'>): string {
  return `${key.algorithm}\0${key.keyId}`;
}

/** Replaces the file atomically: a crash leaves the old file or the new one, on the disk. */
export async function writeKeyFile(file: string, masterKey: Buffer, keys: readonly StoredKey[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileDurably(file, keyFileText(masterKey, keys), OWNER_ONLY);
}

/** Fails with EEXIST where there is a file. */
export async function createKeyFile(file: string, masterKey: Buffer, keys: readonly StoredKey[]): Promise<void> {
  await createFile(file, keyFileText(masterKey, keys));
  await syncFolder(dirname(file));
}

function keyFileText(masterKey: Buffer, keys: readonly StoredKey[]): string {
  const sealer = createSealer(masterKey, 'key-file');
  const content: KeyFile = {
    format: FORMAT,
    masterKeyProof: sealer.seal(randomBytes(PROOF_BYTES), MASTER_KEY_PROOF).toString('base64'),
    keys: keys.map(({ keyId, algorithm, validFrom, validTo, secret }) => ({
      keyId,
      algorithm,
      validFrom: validFrom.toISOString(),
      validTo: validTo?.toISOString() ?? null,
      sealedSecret: sealer.seal(secret, contextOf({ keyId, algorithm })).toString('base64'),
    })),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Readable by its owner alone, on the disk before it returns; fails with EEXIST where there is a file. */
export async function createFile(file: string, content: string): Promise<void> {
  const handle = await open(file, 'wx', OWNER_ONLY);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
