import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { createKeyFile, readKeyFile, type StoredKey, writeKeyFile } from '../core/codes/key-file.ts';
import { openKeyRing } from '../core/codes/key-ring.ts';
import { readMasterKey } from '../core/codes/master-key.ts';
import { ALGORITHMS } from '../core/codes/template.ts';
import { TanbaError } from '../core/errors.ts';
import { errorCode } from '../store/durable-file.ts';
import { withStore } from './store.ts';

const USAGE = `tanba keys list                 the keys and their periods
tanba keys rotate <algorithm>   a new key of ${ALGORITHMS.join(', ')}
tanba keys backup <file>        the key file, still encrypted; keep the master key elsewhere
tanba keys restore <file>       a backup in place of the key file
`;

export async function keys(config: Config, args: readonly string[]): Promise<void> {
  const [command, argument] = args;
  if (command === 'list' && argument === undefined) return await list(config);
  if (command === 'rotate' && argument !== undefined) return await rotate(config, argument);
  if (command === 'backup' && argument !== undefined) return await backup(config, resolve(argument));
  if (command === 'restore' && argument !== undefined) return await restore(config, resolve(argument));
  showUsage();
}

async function list(config: Config): Promise<void> {
  const stored = await readKeys(config.keyFile, await readMasterKey(config));
  for (const key of stored.toSorted((a, b) => a.validFrom.getTime() - b.validFrom.getTime())) say(line(key));
}

async function rotate(config: Config, name: string): Promise<void> {
  const algorithm = ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined) return showUsage();
  const masterKey = await readMasterKey(config);
  const key = await withStore(config, async (db) => {
    const ring = await openKeyRing({ db, clock: systemClock, keyFile: config.keyFile, masterKey });
    return await ring.rotate(algorithm);
  });
  say(line(key));
  say(`Running hubs learn of it by themselves. Back up ${config.keyFile} now: tanba keys backup <file>`);
}

async function backup(config: Config, file: string): Promise<void> {
  const masterKey = await readMasterKey(config);
  const stored = await readKeys(config.keyFile, masterKey);
  await createKeyFile(file, masterKey, stored).catch((error: unknown) => {
    throw errorCode(error) === 'EEXIST' ? new TanbaError('keys.backup_exists', { details: { file } }) : error;
  });
  say(`${stored.length} keys are kept in ${file}. It opens under the master key only: keep that one elsewhere.`);
}

async function restore(config: Config, file: string): Promise<void> {
  const masterKey = await readMasterKey(config);
  const kept = await readKeys(file, masterKey);
  const present = (await readKeyFile(config.keyFile, masterKey)) ?? [];
  const lost = present.filter(({ keyId }) => !kept.some((key) => key.keyId === keyId)).map(({ keyId }) => keyId);
  if (lost.length > 0) throw new TanbaError('keys.restore_would_lose', { details: { keyIds: lost.join(', ') } });
  await writeKeyFile(config.keyFile, masterKey, kept);
  say(`${kept.length} keys are back in ${config.keyFile}.`);
}

async function readKeys(file: string, masterKey: Buffer): Promise<readonly StoredKey[]> {
  const stored = await readKeyFile(file, masterKey);
  if (stored === undefined) throw new TanbaError('keys.file_missing', { details: { file } });
  return stored;
}

function line({ keyId, algorithm, validFrom, validTo }: StoredKey): string {
  return `${keyId}  ${algorithm.padEnd(11)}  signs from ${validFrom.toISOString()} to ${validTo?.toISOString() ?? 'the next rotation'}`;
}

function showUsage(): void {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
