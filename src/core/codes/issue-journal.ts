import { createHash } from 'node:crypto';
import { type FileHandle, link, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, syncFolder } from '../../store/durable-file.ts';
import { newId } from '../../store/ids.ts';
import type { Clock } from '../clock.ts';
import type { IssueEntry } from './journal-format.ts';
import {
  JournalDamaged,
  type JournalPlace,
  type JournalRecord,
  parseHeader,
  recordLine,
  records,
} from './journal-format.ts';

/**
 * What has been issued, on a medium of its own, so that a restored database cannot forget it. Append-only NDJSON, each
 * line chained to the one before by SHA-256, on the medium before the codes can leave.
 *
 * Two hubs may share one file: whoever appends holds the row of the journal in table issue_journal locked.
 */
export interface IssueJournal {
  readonly id: string;
  /** Why nothing can be appended, or undefined. The tills go on working with a damaged journal; issuing does not. */
  damage(): string | undefined;
  /** Before the first entry. */
  beginning(): JournalPlace;
  /** The last entry known to this process. */
  state(): JournalPlace;
  /** Takes note of what another process has appended. */
  refresh(): Promise<JournalPlace>;
  /** Resolves when the entries are on the medium. Calls made together share one fsync. */
  append(entries: readonly IssueEntry[]): Promise<JournalPlace>;
  readAll(): AsyncIterable<JournalRecord>;
  close(): Promise<void>;
}

const FILE_NAME = 'issue-journal.ndjson';
/** Names no journal. */
const NIL_ID = '00000000-0000-0000-0000-000000000000';
const HEADER_BYTES_MAX = 4_096;
const QUEUED_APPENDS_MAX = 1_000;

export interface IssueJournalOptions {
  readonly folder: string;
  readonly clock: Clock;
}

interface QueuedAppend {
  readonly entries: readonly IssueEntry[];
  readonly resolve: (place: JournalPlace) => void;
  readonly reject: (error: unknown) => void;
}

export async function openIssueJournal({ folder, clock }: IssueJournalOptions): Promise<IssueJournal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE_NAME);
  const handle = (await openExisting(path)) ?? (await createJournal(folder, path, clock));
  const start = await readStart(handle);
  let place = start.place;
  const queue: QueuedAppend[] = [];
  let flushing: Promise<void> | undefined;
  let broken: Error | undefined = start.damage;

  async function refresh(): Promise<JournalPlace> {
    for await (const record of records(handle, place)) place = record.place;
    return place;
  }

  async function write(entries: readonly IssueEntry[]): Promise<JournalPlace> {
    await refresh();
    const { size } = await handle.stat();
    // A line torn by a crash was never confirmed to anybody.
    if (size > place.offset) await handle.truncate(place.offset);
    let next = place;
    const lines = entries.map((entry) => {
      const line = recordLine(next, entry, clock.now());
      next = line.place;
      return line.text;
    });
    const text = Buffer.from(lines.join(''), 'utf8');
    for (let written = 0; written < text.length; ) {
      written += (await handle.write(text, written, text.length - written, place.offset + written)).bytesWritten;
    }
    await handle.datasync();
    place = next;
    return place;
  }

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0);
      try {
        if (broken !== undefined) throw broken;
        const reached = await write(batch.flatMap((queued) => queued.entries));
        for (const queued of batch) queued.resolve(reached);
      } catch (error) {
        // After a failed fsync the kernel may call lost pages clean: nothing more is believed until a new start.
        broken = error instanceof Error ? error : new Error(String(error));
        for (const queued of batch) queued.reject(error);
      }
    }
    flushing = undefined;
  }

  try {
    if (broken === undefined) await refresh();
  } catch (error) {
    if (!(error instanceof JournalDamaged)) throw error;
    broken = error;
  }
  return {
    id: start.id,
    damage: () => broken?.message,
    beginning: () => start.place,
    state: () => place,
    refresh,
    append(entries) {
      return new Promise((resolve, reject) => {
        if (queue.length >= QUEUED_APPENDS_MAX) {
          reject(new Error('the issue journal has too many appends waiting'));
          return;
        }
        queue.push({ entries, resolve, reject });
        flushing ??= flush();
      });
    },
    readAll: () => records(handle, start.place),
    async close() {
      await flushing;
      await handle.close();
    },
  };
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Appears whole or not at all, and never over one that another hub has just made. */
async function createJournal(folder: string, path: string, clock: Clock): Promise<FileHandle> {
  const now = clock.now();
  const id = newId(now);
  const draft = join(folder, `.${FILE_NAME}.${id}`);
  const handle = await open(draft, 'wx', 0o600);
  await handle.write(`${JSON.stringify({ journal: 'tanba issue journal', version: 1, id, createdAt: now })}\n`);
  await handle.sync();
  await handle.close();
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  await syncFolder(folder);
  return await open(path, 'r+');
}

interface JournalStart {
  readonly id: string;
  readonly place: JournalPlace;
  readonly damage?: JournalDamaged;
}

async function readStart(handle: FileHandle): Promise<JournalStart> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES_MAX), 0, HEADER_BYTES_MAX, 0);
  const end = buffer.subarray(0, bytesRead).indexOf('\n');
  const id = end < 0 ? undefined : parseHeader(buffer.toString('utf8', 0, end));
  const digest = createHash('sha256')
    .update(buffer.subarray(0, end + 1))
    .digest('hex');
  const place = { seq: 0, digest, offset: end + 1 };
  if (id !== undefined) return { id, place };
  return { id: NIL_ID, place, damage: new JournalDamaged('the issue journal has no readable header') };
}
