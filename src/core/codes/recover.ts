import type { Database, Transaction } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import { gatherFacts, judge, type LockReason, readServerIdentity, replayUnseen } from './issue-guard.ts';
import type { IssueJournal } from './issue-journal.ts';
import type { IssueEntry, JournalRecord } from './journal-format.ts';
import type { KeyRing } from './key-ring.ts';
import { cisRange, type SerialSource } from './line-codes.ts';
import { settleOrder } from './order-store.ts';
import { seedContext } from './serials.ts';

/** The journal is not the one that this database has seen: what was issued since may be forgotten. */
const LOST_JOURNAL: readonly LockReason[] = ['journal_unknown', 'journal_behind', 'journal_differs'];

export interface RecoverDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly journal: IssueJournal;
  readonly keyRing: Pick<KeyRing, 'unseal'>;
  /** Take on a journal that is not the one known, knowing that codes issued meanwhile cannot be told. */
  readonly journalLost?: boolean;
}

export interface Replayed {
  readonly orderId: string;
  readonly gtin: string;
  /** Codes that the database did not have. */
  readonly inserted: number;
  /** Codes that the database has for another order line: for a person to look at. */
  readonly foreign: number;
}

export interface Recovery {
  readonly entries: number;
  readonly inserted: number;
  readonly foreign: number;
  /** Those that were not whole, the first thousand. */
  readonly lines: readonly Replayed[];
}

const LINES_REPORTED_MAX = 1_000;

/** Replays what the database has not seen of the journal, then lets this database and journal issue again. */
export async function recover(deps: RecoverDeps): Promise<Recovery> {
  const damage = deps.journal.damage();
  if (damage !== undefined) throw new Error(damage);
  const facts = await gatherFacts(deps.db, deps.journal);
  const verdict = judge(facts);
  if (verdict.kind === 'locked' && LOST_JOURNAL.includes(verdict.reason) && deps.journalLost !== true) {
    throw new TanbaError('orders.journal_lost', { details: { reason: verdict.reason } });
  }
  const sameChain = facts.seen !== undefined && facts.journal.digestAtSeen === facts.seen.digest;
  const lines: Replayed[] = [];
  let entries = 0;
  let inserted = 0;
  let foreign = 0;
  await replayUnseen(deps.journal, sameChain ? (facts.seen?.seq ?? 0) : 0, async (record) => {
    const replayed = await replayRecord(deps, record);
    entries += 1;
    inserted += replayed.inserted;
    foreign += replayed.foreign;
    const changed = replayed.inserted > 0 || replayed.foreign > 0;
    if (changed && lines.length < LINES_REPORTED_MAX) lines.push(replayed);
  });
  await adopt(deps, { entries, inserted, foreign, journalLost: deps.journalLost === true });
  return { entries, inserted, foreign, lines };
}

const ADOPT_INSTANCE = `update instance set system_identifier = $1, timeline = $2`;
const ADOPT_JOURNAL = `
insert into issue_journal (journal_id, last_seq, last_digest) values ($1, $2, decode($3, 'hex'))
on conflict (journal_id) do update set last_seq = excluded.last_seq, last_digest = excluded.last_digest`;

async function adopt(deps: RecoverDeps, details: Record<string, number | boolean>): Promise<void> {
  const server = await readServerIdentity(deps.db);
  const place = deps.journal.state();
  await deps.db.transaction(async (tx) => {
    await tx.query(ADOPT_INSTANCE, [server.systemIdentifier, server.timeline]);
    await tx.query(ADOPT_JOURNAL, [deps.journal.id, place.seq, place.digest]);
    await writeAudit(tx, {
      at: deps.clock.now(),
      bin: null,
      ip: null,
      action: 'issuing.recovered',
      subject: deps.journal.id,
      details,
    });
  });
}

// A participant registered after the backup: inactive until registered again, but its codes are remembered.
const RESTORE_PARTICIPANT = `
insert into participant (bin, name, role, active, registered_at) values ($1, $1, 'manufacturer', false, $2)
on conflict (bin) do nothing`;
const RESTORE_ORDER = `
insert into code_order (order_id, bin, product_group, release_method_type, status, idempotency_key, digest, created_at)
values ($1, $2, $3, $4, 'ready', $5, decode($6, 'hex'), $7)
on conflict do nothing`;
const RESTORE_LINE = `
insert into order_line (order_id, gtin, quantity, serial_number_type, cis_type, template, key_id, sealed_seed,
                        serial_numbers, status, created_at)
values ($1, $2, $3, $4, $5, $6, $7, decode($8, 'base64'), $9, 'pending', $10)
on conflict (order_id, gtin) do nothing`;
const LOCK_LINE = `select line_id as "lineId", status from order_line where order_id = $1 and gtin = $2 for update`;
const INSERT_CODES = `
insert into code (cis, type, status, owner, line_id)
select cis, $2::code_type, 'emitted', $3, $4 from unnest($1::text[]) as t(cis) order by cis
on conflict (cis) do nothing`;
const COUNT_FOREIGN = 'select count(*)::integer as codes from code where cis = any($1) and line_id is distinct from $2';
const RESTORE_EMISSION = `
update order_line set status = 'active', consumed = $2, skipped = $3, emitted_at = $4 where line_id = $1`;
const SEE_ENTRY = `
insert into issue_journal as known (journal_id, last_seq, last_digest) values ($1, $2, decode($3, 'hex'))
on conflict (journal_id) do update set last_seq = excluded.last_seq, last_digest = excluded.last_digest
 where known.last_seq < excluded.last_seq`;
const RAISE_ALERT = `insert into alert (raised_at, kind, subject, details) values ($1, 'recover.foreign_codes', $2, $3)`;

/** Issues an entry's codes where they are missing, as they were issued, and tells the line that it is emitted. */
export async function replayRecord(deps: RecoverDeps, record: JournalRecord): Promise<Replayed> {
  const { entry, place } = record;
  return await deps.db.transaction(
    async (tx) => {
      await restoreOrder(tx, deps.clock, entry);
      const { rows } = await tx.query<{ lineId: string; status: string }>(LOCK_LINE, [entry.orderId, entry.gtin]);
      const line = rows[0];
      if (line === undefined) throw new Error(`the order line ${entry.orderId} ${entry.gtin} could not be restored`);
      const result = { orderId: entry.orderId, gtin: entry.gtin, inserted: 0, foreign: 0 };
      // Before the order's row, as in emission: two transactions that lock both cannot wait for each other.
      await tx.query(SEE_ENTRY, [deps.journal.id, place.seq, place.digest]);
      if (line.status === 'pending') {
        Object.assign(result, await insertCodes(tx, entry, line.lineId, sourceOf(deps, entry)));
        await tx.query(RESTORE_EMISSION, [line.lineId, entry.consumed, entry.skipped, record.at]);
        await settleOrder(tx, entry.orderId, deps.clock.now());
      }
      if (result.foreign > 0) await tx.query(RAISE_ALERT, [deps.clock.now(), entry.orderId, result]);
      return result;
    },
    { statementTimeoutMs: REPLAY_TIMEOUT_MS },
  );
}

const REPLAY_TIMEOUT_MS = 600_000;
const CODES_PER_INSERT = 10_000;

function sourceOf({ keyRing }: RecoverDeps, entry: IssueEntry): SerialSource {
  if (entry.sealedSeed === null) return { kind: 'own', serials: entry.serialNumbers ?? [] };
  const sealed = Buffer.from(entry.sealedSeed, 'base64');
  return { kind: 'stream', seed: keyRing.unseal(sealed, seedContext(entry.orderId, entry.gtin)) };
}

async function restoreOrder(tx: Transaction, clock: Clock, entry: IssueEntry): Promise<void> {
  await tx.query(RESTORE_PARTICIPANT, [entry.bin, clock.now()]);
  await tx.query(RESTORE_ORDER, [
    entry.orderId,
    entry.bin,
    entry.productGroup,
    entry.releaseMethodType,
    entry.idempotencyKey,
    entry.requestDigest,
    entry.orderedAt,
  ]);
  await tx.query(RESTORE_LINE, [
    entry.orderId,
    entry.gtin,
    entry.quantity,
    entry.serialNumberType,
    entry.cisType,
    entry.template.name,
    entry.keyId,
    entry.sealedSeed,
    entry.serialNumbers,
    entry.orderedAt,
  ]);
}

async function insertCodes(
  tx: Transaction,
  entry: IssueEntry,
  lineId: string,
  source: SerialSource,
): Promise<Pick<Replayed, 'inserted' | 'foreign'>> {
  const { serialLength, serialPrefix } = entry.template;
  const template = serialPrefix === null ? { serialLength } : { serialLength, serialPrefix };
  let inserted = 0;
  let foreign = 0;
  for (let first = 0; first < entry.quantity; first += CODES_PER_INSERT) {
    const count = Math.min(CODES_PER_INSERT, entry.quantity - first);
    const codes = cisRange(source, template, entry.gtin, entry.skipped, first, count);
    const { rowCount } = await tx.query(INSERT_CODES, [codes, entry.cisType, entry.bin, lineId]);
    inserted += rowCount ?? 0;
    if (rowCount === count) continue;
    const { rows } = await tx.query<{ codes: number }>(COUNT_FOREIGN, [codes, lineId]);
    foreign += rows[0]?.codes ?? 0;
  }
  return { inserted, foreign };
}
