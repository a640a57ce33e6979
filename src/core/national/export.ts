import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pgCopy from 'pg-copy-streams';
import type { Database, Transaction } from '../../store/database.ts';
import { errorCode, syncFolder } from '../../store/durable-file.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import { EXPORT_FILES, type ExportFile } from './export-files.ts';

export interface ExportedFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
}

export interface ExportManifest {
  readonly format: 'tanba-export-1';
  /** All files show the store as it was in this one moment. */
  readonly exportedAt: string;
  readonly files: readonly ExportedFile[];
}

export interface ExportDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly onProgress?: (text: string) => void;
}

const README = 'README.txt';
const MANIFEST = 'manifest.json';

/**
 * Everything on exit (decree 832, p.64: structure and content are kept when a system is taken out of service). Rows are
 * streamed, and the folder has its name only when it is whole.
 * @throws TanbaError export.folder_not_empty
 */
export async function exportAll({ db, clock, onProgress }: ExportDeps, folder: string): Promise<ExportManifest> {
  await assertEmpty(folder);
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = `${folder}.${randomBytes(4).toString('hex')}.new`;
  await mkdir(unfinished, { mode: 0o700 });
  try {
    const exportedAt = clock.now();
    const files = await db.transaction((tx) => writeFiles(tx, unfinished, onProgress), { statementTimeoutMs: 0 });
    const manifest: ExportManifest = { format: 'tanba-export-1', exportedAt: exportedAt.toISOString(), files };
    await writeDurably(join(unfinished, README), readme(exportedAt));
    await writeDurably(join(unfinished, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    await syncFolder(unfinished);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    await writeAudit(db, {
      at: clock.now(),
      bin: null,
      ip: null,
      action: 'store.exported',
      subject: null,
      details: { rows },
    });
    await rename(unfinished, folder);
    await syncFolder(dirname(folder));
    return manifest;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function assertEmpty(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length === 0) return;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (errorCode(error) !== 'ENOTDIR') throw error;
  }
  throw new TanbaError('export.folder_not_empty', { details: { folder } });
}

const ONE_MOMENT = 'set transaction isolation level repeatable read, read only';
const ISO_UTC = `set local timezone to 'UTC'; set local datestyle to 'ISO'`;

async function writeFiles(
  tx: Transaction,
  folder: string,
  onProgress: ExportDeps['onProgress'],
): Promise<readonly ExportedFile[]> {
  await tx.query(ONE_MOMENT);
  await tx.query(ISO_UTC);
  const files: ExportedFile[] = [];
  for (const file of EXPORT_FILES) {
    const written = await writeRows(tx, folder, file);
    files.push(written);
    onProgress?.(`${written.name}: ${written.rows} rows`);
  }
  return files;
}

const NEWLINE = 0x0a;

async function writeRows(tx: Transaction, folder: string, { name, select }: ExportFile): Promise<ExportedFile> {
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) rows += 1;
      done(null, chunk);
    },
  });
  const path = join(folder, name);
  await pipeline(tx.query(pgCopy.to(copyOf(select))), count, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  await syncFolder(path);
  return { name, rows, bytes, sha256: hash.digest('hex') };
}

/** JSON as it is: neither the quote nor the delimiter can stand in it, so CSV has nothing to escape. */
function copyOf(select: string): string {
  return `copy (select row_to_json(exported)::text from (${select}) as exported)
    to stdout with (format csv, quote E'\\x01', delimiter E'\\x02', encoding 'UTF8')`;
}

async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function readme(exportedAt: Date): string {
  const files = EXPORT_FILES.map(({ name, about, fields }) => {
    const width = Math.max(...Object.keys(fields).map((field) => field.length));
    const lines = Object.entries(fields).map(([field, meaning]) => `  ${field.padEnd(width)}  ${meaning}`);
    return [name, about, ...lines, ''].join('\n');
  });
  return `Export of a Tanba store, ${exportedAt.toISOString()}.

Each .ndjson file holds one JSON object per line, in UTF-8. Times are ISO 8601 with their zone, dates YYYY-MM-DD.
${MANIFEST} gives the number of rows and the SHA-256 of every file: compare them before anything else
(sha256sum codes.ndjson). To restore: "tanba import <this folder>" on an empty store reads participants.ndjson,
products.ndjson and codes.ndjson; the other files are for whoever has to look something up, or to load into any database.

${files.join('\n')}`;
}
