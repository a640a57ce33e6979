import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, syncFolder } from '../../store/durable-file.ts';
import { TanbaError } from '../errors.ts';
import { createFile } from './key-file.ts';
import { MASTER_KEY_BYTES } from './seal.ts';

export interface MasterKeyOptions {
  /** 64 hexadecimal digits. */
  readonly masterKey?: string;
  readonly production: boolean;
  readonly dataFolder: string;
  readonly keyFile: string;
}

/** As set; else, outside production, the one kept beside the data, made at the first start. */
export async function loadMasterKey(options: MasterKeyOptions): Promise<Buffer> {
  const known = await knownMasterKey(options);
  if (known !== undefined) return known;
  const file = masterKeyFile(options);
  // A new key would not open the old key file, and its presence would hide that the old one has to be found.
  if (options.production || (await exists(options.keyFile))) throw missing(file);
  await createOnce(file, `${randomBytes(MASTER_KEY_BYTES).toString('hex')}\n`);
  return await readMasterKey(options);
}

/** For commands on keys that exist: never makes one. */
export async function readMasterKey(options: MasterKeyOptions): Promise<Buffer> {
  const known = await knownMasterKey(options);
  if (known === undefined) throw missing(masterKeyFile(options));
  return known;
}

async function knownMasterKey(options: MasterKeyOptions): Promise<Buffer | undefined> {
  if (options.masterKey !== undefined) return decode(options.masterKey, 'TANBA_MASTER_KEY');
  if (options.production) return undefined;
  const file = masterKeyFile(options);
  const kept = await readFile(file, 'utf8').catch(absent);
  return kept === undefined ? undefined : decode(kept.trim(), file);
}

function masterKeyFile(options: MasterKeyOptions): string {
  return join(options.dataFolder, 'master.key');
}

function decode(hex: string, source: string): Buffer {
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw new TanbaError('keys.master_key_malformed', { details: { source } });
  return Buffer.from(hex, 'hex');
}

function missing(file: string): TanbaError {
  return new TanbaError('keys.master_key_missing', { details: { file } });
}

function absent(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(absent)) !== undefined;
}

/** link() never replaces: of two hubs starting at once, one makes the key and both read it whole. */
async function createOnce(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await createFile(temporary, content);
    await link(temporary, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(file));
}
