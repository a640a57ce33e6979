import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database, Transaction } from '../../store/database.ts';
import { sqlState } from '../../store/database.ts';
import { errorCode } from '../../store/durable-file.ts';
import { newId } from '../../store/ids.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import { readLines } from '../ndjson.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import { findOrigin, type Loaded, load, type Origin } from './load.ts';
import { badLinesOf, countProblems, findProblems, type ImportProblem, readProblems } from './problems.ts';
import { IMPORT_FILES, stageFiles } from './staging.ts';

export interface ImportDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly productGroups: ProductGroups;
}

export interface ImportOptions {
  readonly folder: string;
  /** Of the system that the codes come from, for people. */
  readonly name: string;
  /** Only look. */
  readonly checkOnly?: boolean;
  /** Leave bad lines out, and write them to bad.ndjson. */
  readonly skipBad?: boolean;
  readonly codesPerBatch?: number;
  readonly onProgress?: (text: string) => void;
  readonly onBatch?: (codes: number) => void;
}

export type ImportOutcome =
  | ({ readonly kind: 'imported'; readonly originId: string } & Found & Loaded)
  /** These very files are in already. */
  | { readonly kind: 'already'; readonly originId: string }
  /** Nothing was changed. */
  | ({ readonly kind: 'checked' | 'refused' } & Found);

interface Found {
  readonly problemCount: number;
  /** The first PROBLEMS_TOLD. */
  readonly problems: readonly ImportProblem[];
}

const PROBLEMS_TOLD = 1_000;
const CODES_PER_BATCH = 50_000;
const BAD_LINES = 'bad.ndjson';

/** Takes over participants, goods and codes of another system. */
export async function importNational(deps: ImportDeps, options: ImportOptions): Promise<ImportOutcome> {
  const digests = await digestsOf(options.folder);
  return await onOwnConnection(deps.db, async (tx) => {
    const known = await findOrigin(tx, digests);
    if (known?.status === 'done') return { kind: 'already', originId: known.originId };
    const { clock, productGroups } = deps;
    const { folder, onProgress = () => undefined } = options;
    await stageFiles(tx, { folder, productGroups, now: clock.now(), onProgress });
    await findProblems(tx, known);
    const found = { problemCount: await countProblems(tx), problems: await readProblems(tx, PROBLEMS_TOLD) };
    if (options.checkOnly === true) return { kind: 'checked', ...found };
    if (found.problemCount > 0 && options.skipBad !== true) return { kind: 'refused', ...found };
    if (found.problemCount > 0) await writeBadLines(tx, folder);
    const now = clock.now();
    const origin = { name: options.name, digests, originId: newId(now), importedAt: now, ...known };
    const loaded = await loadTold(tx, deps, origin, { ...options, leftOut: found.problemCount });
    return { kind: 'imported', originId: origin.originId, ...found, ...loaded };
  });
}

async function loadTold(
  tx: Transaction,
  { clock }: ImportDeps,
  origin: Origin,
  options: ImportOptions & { readonly leftOut: number },
): Promise<Loaded> {
  const { codesPerBatch = CODES_PER_BATCH, leftOut, onProgress = () => undefined, onBatch = () => undefined } = options;
  try {
    return await load(tx, origin, { clock, codesPerBatch, leftOut, onProgress, onBatch });
  } catch (error) {
    // Somebody was given such a code since we looked. What is in stays; the next run tells which line it is.
    if (sqlState(error) === UNIQUE_VIOLATION) throw new TanbaError('import.changed_meanwhile', { cause: error });
    throw error;
  }
}

const UNIQUE_VIOLATION = '23505';
const TAKE_IMPORT = `select pg_try_advisory_lock(hashtextextended('tanba:national-import', 0)) as taken`;
const GIVE_IMPORT_BACK = `select pg_advisory_unlock(hashtextextended('tanba:national-import', 0))`;

/** One import at a time. The connection is thrown away afterwards, and with it the staged files. */
async function onOwnConnection<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const tx = await db.pool.connect();
  try {
    await tx.query('set statement_timeout = 0');
    const { rows } = await tx.query<{ taken: boolean }>(TAKE_IMPORT);
    if (rows[0]?.taken !== true) throw new TanbaError('import.running');
    try {
      return await work(tx);
    } finally {
      // The server takes its time to notice a connection that is gone; a lost one has lost the lock by itself.
      await tx.query(GIVE_IMPORT_BACK).catch(() => undefined);
    }
  } finally {
    tx.release(true);
  }
}

async function digestsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {};
  for (const file of IMPORT_FILES) {
    const hash = createHash('sha256');
    try {
      await pipeline(createReadStream(join(folder, file)), hash);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      throw new TanbaError('import.file_missing', { details: { file: join(folder, file) } });
    }
    digests[file] = hash.digest('hex');
  }
  return digests;
}

async function writeBadLines(tx: Transaction, folder: string): Promise<void> {
  await pipeline(Readable.from(badLines(tx, folder)), createWriteStream(join(folder, BAD_LINES)));
}

async function* badLines(tx: Transaction, folder: string): AsyncGenerator<string> {
  for (const file of IMPORT_FILES) {
    const bad = await badLinesOf(tx, file);
    if (bad.size === 0) continue;
    for await (const group of readLines(createReadStream(join(folder, file)))) {
      for (const { number, bytes } of group) {
        const error = bad.get(number);
        if (error !== undefined) yield `${JSON.stringify({ file, line: number, error, text: bytes.toString() })}\n`;
      }
    }
  }
}
