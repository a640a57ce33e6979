import { seesEverything } from '../../access/permissions.ts';
import { createLoop } from '../../exchange/loop.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../store/database.ts';
import { isOutage } from '../../store/outage.ts';
import { type Alert, raiseAlert } from '../audit/alerts.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { ExportFormat } from './columns.ts';
import type { ExportClaim, Finish } from './export-store.ts';
import { claimTask, finishTask, giveBack, noteProgress, prolongLease } from './export-store.ts';
import { createFileWriter } from './file-writer.ts';
import type { RowSource } from './row-source.ts';
import { wantedOf } from './wanted.ts';

/**
 * Writes exports, one at a time in each hub. An export under way is leased; when its hub dies, another takes it after the
 * lease and writes its file from the beginning. Whoever has lost it writes nothing more (the fence).
 */
export interface Exporter {
  start(): void;
  /** What is under way is given back and written again by whoever comes next. */
  stop(): Promise<void>;
  wake(): void;
  /** One look; false when nothing waited. */
  runNext(): Promise<boolean>;
}

export interface ExporterDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly rowSource: RowSource;
  readonly limits: ExportLimits;
  /** Rows read by one statement. */
  readonly pageSize?: number;
}

export interface ExportLimits {
  readonly exportRowsCsv: number;
  readonly exportRowsXlsx: number;
}

const PAGE_SIZE = 5_000;
const BUSY_MS = 0;
const IDLE_MS = 1_000;
export const LEASE_MS = 60_000;
const PROLONGATIONS_PER_LEASE = 4;
/** Each by a fault of ours or the death of a hub in the middle. */
const ATTEMPTS_MAX = 3;
export const KEPT_MS = 24 * 3_600_000;

/** Deleted, or another hub's by now: nothing more is to be written. */
class ExportLost extends Error {}

export function createExporter(deps: ExporterDeps): Exporter {
  const { db, clock, log } = deps;
  const stopping = new AbortController();

  async function runNext(): Promise<boolean> {
    if (stopping.signal.aborted) return false;
    const now = clock.now();
    const claim = await claimTask(db, now, leaseFrom(now));
    if (claim === null) return false;
    const lost = new AbortController();
    const release = keepLease(deps, claim, lost);
    try {
      if (claim.attempts > ATTEMPTS_MAX) await failed(deps, claim);
      else await write(deps, claim, AbortSignal.any([stopping.signal, lost.signal]));
    } catch (error) {
      await afterError(error, claim, lost.signal.aborted);
    } finally {
      await release();
    }
    return true;
  }

  async function afterError(error: unknown, claim: ExportClaim, lost: boolean): Promise<void> {
    if (error instanceof ExportLost || lost) return;
    if (stopping.signal.aborted || isOutage(error)) return giveBack(db, claim, true);
    if (error instanceof TanbaError) return refuse(deps, claim, error);
    log.error({ err: error, exportId: claim.exportId, attempts: claim.attempts }, 'an export broke off');
    if (claim.attempts < ATTEMPTS_MAX) await giveBack(db, claim, false);
    else await failed(deps, claim);
  }

  const loop = createLoop({ name: 'exports', log, busyMs: BUSY_MS, idleMs: IDLE_MS, work: runNext });

  return {
    start: loop.start,
    stop: async () => {
      stopping.abort();
      await loop.stop();
    },
    wake: loop.wake,
    runNext,
  };
}

async function write(deps: ExporterDeps, claim: ExportClaim, signal: AbortSignal): Promise<void> {
  const { db, clock, rowSource, limits, pageSize = PAGE_SIZE } = deps;
  const { bin, ip, list, format, language } = claim;
  const asker = { bin, ip, seesEverything: seesEverything(claim) };
  const { total, pages } = await rowSource.open(asker, wantedOf(list, claim.filter), pageSize);
  const limit = rowLimit(format, limits);
  if (total !== null) assertFits(total, limit);
  const file = createFileWriter(format, list, language);
  let rows = 0;
  const note = async (parts: readonly Buffer[]): Promise<void> => {
    signal.throwIfAborted();
    const progress = { rows, total, parts, leaseUntil: leaseFrom(clock.now()) };
    if (!(await db.transaction((tx) => noteProgress(tx, claim, progress)))) throw new ExportLost();
  };
  for await (const page of pages) {
    rows += page.length;
    assertFits(rows, limit);
    await note(file.add(page));
  }
  await note(await file.finish());
  await end(deps, claim, { status: 'ready', reason: null, details: null }, { list, format, rows });
}

function rowLimit(format: ExportFormat, { exportRowsCsv, exportRowsXlsx }: ExportLimits): number {
  return format === 'csv' ? exportRowsCsv : exportRowsXlsx;
}

function assertFits(rows: number, limit: number): void {
  if (rows > limit) throw new TanbaError('exports.too_many_rows', { details: { limit } });
}

/** What the asker can understand and change. */
async function refuse(deps: ExporterDeps, claim: ExportClaim, { code, options }: TanbaError): Promise<void> {
  const details = options.details ?? null;
  await end(deps, claim, { status: 'failed', reason: code, details }, { list: claim.list, reason: code });
}

async function failed(deps: ExporterDeps, claim: ExportClaim): Promise<void> {
  const finish = { status: 'failed', reason: 'exports.failed', details: null } as const;
  await end(deps, claim, finish, { list: claim.list, reason: finish.reason });
}

async function end(
  { db, clock }: ExporterDeps,
  claim: ExportClaim,
  finish: Pick<Finish, 'status' | 'reason' | 'details'>,
  told: Readonly<Record<string, unknown>>,
): Promise<void> {
  const at = clock.now();
  await db.transaction(async (tx) => {
    const finished = await finishTask(tx, claim, { ...finish, at, expiresAt: new Date(at.getTime() + KEPT_MS) });
    if (!finished) return;
    if (finish.reason === 'exports.failed') await raiseAlert(tx, alertOf(claim, at));
    const action = `export.${finish.status}`;
    await writeAudit(tx, { at, bin: claim.bin, ip: null, action, subject: claim.exportId, details: told });
  });
}

function alertOf({ exportId, bin, list, format }: ExportClaim, at: Date): Alert {
  return { at, kind: 'export_failed', subject: exportId, details: { bin, list, format } };
}

function leaseFrom(now: Date): Date {
  return new Date(now.getTime() + LEASE_MS);
}

/** While a page is read or a workbook made for long; cuts off what is no longer ours. */
function keepLease({ db, clock, log }: ExporterDeps, claim: ExportClaim, lost: AbortController): () => Promise<void> {
  let prolonging: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    prolonging = prolongLease(db, claim, leaseFrom(clock.now())).then(
      (ours) => {
        if (!ours) lost.abort();
      },
      (error: unknown) => log.warn({ err: error, exportId: claim.exportId }, 'a lease could not be prolonged'),
    );
  }, LEASE_MS / PROLONGATIONS_PER_LEASE);
  return async () => {
    clearInterval(timer);
    await prolonging;
  };
}
