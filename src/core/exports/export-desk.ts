import { Readable } from 'node:stream';
import type { Database } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Asker } from '../codes/code-queries.ts';
import type { Language } from '../errors.ts';
import { TanbaError } from '../errors.ts';
import type { ExportTask } from './export-store.ts';
import { deleteTask, findTask, insertTask, listTasks, lockAndCount, readParts } from './export-store.ts';
import type { Exporter } from './exporter.ts';
import type { RowSource } from './row-source.ts';
import { type ExportRequest, wantedOf } from './wanted.ts';

/** Where participants ask for files of their lists and fetch them; an exporter writes them. */
export interface ExportDesk {
  /** @throws TanbaError exports.too_many, and what refuses the list itself */
  request(asker: Asker, wanted: ExportRequest, language: Language): Promise<ExportTask>;
  /** @throws TanbaError exports.not_found */
  get(asker: Asker, exportId: string): Promise<ExportTask>;
  /** The newest first. */
  list(asker: Asker, page: { readonly after: string | null; readonly limit: number }): Promise<readonly ExportTask[]>;
  /** @throws TanbaError exports.not_found, exports.not_ready, exports.has_failed, exports.expired */
  file(asker: Asker, exportId: string): Promise<{ readonly task: ExportTask; readonly stream: Readable }>;
  /** Also of one under way, which ends with its page. @throws TanbaError exports.not_found */
  remove(asker: Asker, exportId: string): Promise<void>;
}

export interface ExportDeskDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly rowSource: RowSource;
  readonly exporter: Pick<Exporter, 'wake'>;
  readonly limits: { readonly exportsPerParticipant: number };
}

const RETRY_AFTER_SECONDS = 60;

export function createExportDesk(deps: ExportDeskDeps): ExportDesk {
  const { db, clock } = deps;

  async function get({ bin }: Asker, exportId: string): Promise<ExportTask> {
    const task = await findTask(db, exportId, bin, clock.now());
    if (task === null) throw new TanbaError('exports.not_found');
    return task;
  }

  return {
    request: (asker, wanted, language) => request(deps, asker, wanted, language),
    get,
    list: ({ bin }, page) => listTasks(db, bin, page, clock.now()),
    file: async (asker, exportId) => {
      const task = await get(asker, exportId);
      assertReady(task);
      const { bin, ip } = asker;
      const details = { list: task.list, format: task.format, rows: task.rows };
      await writeAudit(db, { at: clock.now(), bin, ip, action: 'export.downloaded', subject: exportId, details });
      return { task, stream: Readable.from(readParts(db, task), { objectMode: false }) };
    },
    remove: ({ bin, ip }, exportId) =>
      db.transaction(async (tx) => {
        if (!(await deleteTask(tx, exportId, bin))) throw new TanbaError('exports.not_found');
        const at = clock.now();
        await writeAudit(tx, { at, bin, ip, action: 'export.deleted', subject: exportId, details: {} });
      }),
  };
}

async function request(
  { db, clock, rowSource, exporter, limits }: ExportDeskDeps,
  asker: Asker,
  wanted: ExportRequest,
  language: Language,
): Promise<ExportTask> {
  const { list, format } = wanted;
  const filter = { ...wanted.filter };
  // Refused now rather than later: a filter that cannot be, and codes that the asker may not see.
  const { pages } = await rowSource.open(asker, wantedOf(list, filter), 1);
  await pages.return(undefined);
  const now = clock.now();
  const exportId = newId(now);
  const { bin, ip } = asker;
  const limit = limits.exportsPerParticipant;
  await db.transaction(async (tx) => {
    if ((await lockAndCount(tx, bin, now)) >= limit) {
      throw new TanbaError('exports.too_many', { details: { limit }, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    await insertTask(tx, { exportId, bin, ip, list, filter, format, language: wanted.language ?? language }, now);
    const details = { list, filter, format };
    await writeAudit(tx, { at: now, bin, ip, action: 'export.requested', subject: exportId, details });
  });
  exporter.wake();
  const task = await findTask(db, exportId, bin, now);
  if (task === null) throw new TanbaError('exports.not_found');
  return task;
}

function assertReady({ status }: ExportTask): void {
  if (status === 'ready') return;
  if (status === 'failed') throw new TanbaError('exports.has_failed');
  if (status === 'expired') throw new TanbaError('exports.expired');
  throw new TanbaError('exports.not_ready', { retryAfterSeconds: 1 });
}
