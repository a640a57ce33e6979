import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { IssueJournal } from './issue-journal.ts';
import type { JournalPlace, JournalRecord } from './journal-format.ts';

/** Which cluster this is. Null where the server does not tell (no right to the control function; a standby). */
export interface ServerIdentity {
  readonly systemIdentifier: string | null;
  readonly timeline: number | null;
}

/** What database and journal say of each other. */
export interface IssueFacts {
  readonly damage: string | undefined;
  /** As this database remembers its cluster; undefined at the very first start. */
  readonly remembered: ServerIdentity | undefined;
  readonly server: ServerIdentity;
  /** How far the database has seen this journal; undefined: never heard of it. */
  readonly seen: { readonly seq: number; readonly digest: string } | undefined;
  /** The database knows other journals. */
  readonly othersKnown: boolean;
  readonly journal: {
    readonly seq: number;
    /** The chain's digest where the database has seen it last; undefined: the journal does not reach so far. */
    readonly digestAtSeen: string | undefined;
    /** Some entry that the database has not seen belongs to an order line it does not have. */
    readonly unknownLines: boolean;
  };
}

export type LockReason =
  | 'journal_damaged'
  | 'cluster_changed'
  | 'journal_unknown'
  | 'journal_behind'
  | 'journal_differs'
  | 'journal_ahead';

export type Verdict =
  | { readonly kind: 'open' }
  /** Killed between journal and commit: the lines are there, and their entries say how they were emitted. */
  | { readonly kind: 'replay' }
  | { readonly kind: 'locked'; readonly reason: LockReason };

/** May codes be issued? Never on a database that may have forgotten codes already handed out. */
export function judge(facts: IssueFacts): Verdict {
  if (facts.damage !== undefined) return { kind: 'locked', reason: 'journal_damaged' };
  if (clusterChanged(facts.remembered, facts.server)) return { kind: 'locked', reason: 'cluster_changed' };
  const { seen, journal } = facts;
  if (seen === undefined && facts.othersKnown) return { kind: 'locked', reason: 'journal_unknown' };
  const seenSeq = seen?.seq ?? 0;
  if (journal.seq < seenSeq) return { kind: 'locked', reason: 'journal_behind' };
  if (seen !== undefined && journal.digestAtSeen !== seen.digest) return { kind: 'locked', reason: 'journal_differs' };
  if (journal.seq === seenSeq) return { kind: 'open' };
  return journal.unknownLines ? { kind: 'locked', reason: 'journal_ahead' } : { kind: 'replay' };
}

function clusterChanged(remembered: ServerIdentity | undefined, server: ServerIdentity): boolean {
  return (
    differs(remembered?.systemIdentifier ?? null, server.systemIdentifier) ||
    differs(remembered?.timeline ?? null, server.timeline)
  );
}

function differs<T>(a: T | null, b: T | null): boolean {
  return a !== null && b !== null && a !== b;
}

export interface IssueGuard {
  /** Compares database and journal, and finishes what a kill has left between the two. */
  check(): Promise<Verdict>;
  /** Whether codes may be issued. While they may not, it looks again now and then: see `tanba recover`. */
  mayIssue(): Promise<boolean>;
  /** Throws 'orders.issuing_locked' unless codes may be issued, as far as is known. */
  assertOpen(): void;
}

export interface IssueGuardDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Undefined in a process that does not emit: it has no journal of its own to compare. */
  readonly journal: IssueJournal | undefined;
  /** Issues the entry's codes in the database where they are missing there. */
  readonly replay: (record: JournalRecord) => Promise<unknown>;
}

const RECHECK_MS = 10_000;

export function createIssueGuard({ db, clock, journal, replay }: IssueGuardDeps): IssueGuard {
  let verdict: Verdict | undefined;
  let checkedAt = 0;

  async function check(): Promise<Verdict> {
    checkedAt = clock.now().getTime();
    const facts = await gatherFacts(db, journal);
    const found = judge(facts);
    if (found.kind === 'replay' && journal !== undefined) await replayUnseen(journal, facts.seen?.seq ?? 0, replay);
    if (found.kind !== 'locked') await rememberFirst(db, clock, journal, facts.server);
    verdict = found;
    return found;
  }

  const isOpen = (): boolean => verdict !== undefined && verdict.kind !== 'locked';

  return {
    check,
    async mayIssue() {
      if (!isOpen() && clock.now().getTime() - checkedAt >= RECHECK_MS) await check();
      return isOpen();
    },
    assertOpen() {
      if (isOpen()) return;
      const reason = verdict?.kind === 'locked' ? verdict.reason : 'not_checked';
      throw new TanbaError('orders.issuing_locked', { details: { reason } });
    },
  };
}

export async function replayUnseen(
  journal: IssueJournal,
  seenSeq: number,
  replay: (record: JournalRecord) => Promise<unknown>,
): Promise<void> {
  for await (const record of journal.readAll()) if (record.place.seq > seenSeq) await replay(record);
}

const READ_INSTANCE = 'select system_identifier as "systemIdentifier", timeline from instance';
const READ_SYSTEM_IDENTIFIER = 'select system_identifier::text as "systemIdentifier" from pg_control_system()';
const MAY_READ_SYSTEM = `select has_function_privilege('pg_control_system()', 'execute') as allowed`;
// Not from pg_control_checkpoint(): after a fast promotion that one tells the old timeline until the next checkpoint.
const READ_TIMELINE = `
select case when not pg_is_in_recovery()
            then ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer end as timeline`;
const READ_JOURNALS = `
select journal_id as id, last_seq::text as seq, encode(last_digest, 'hex') as digest from issue_journal`;
const LINES_PRESENT = `
select count(*)::integer as present
  from unnest($1::uuid[], $2::text[]) as w(order_id, gtin)
  join order_line l on l.order_id = w.order_id and l.gtin = w.gtin`;
const LINES_PER_LOOKUP = 1_000;

export async function readServerIdentity(db: Queryable): Promise<ServerIdentity> {
  const timeline = (await db.query<{ timeline: number | null }>(READ_TIMELINE)).rows[0]?.timeline ?? null;
  const allowed = (await db.query<{ allowed: boolean }>(MAY_READ_SYSTEM)).rows[0]?.allowed === true;
  if (!allowed) return { systemIdentifier: null, timeline };
  const { rows } = await db.query<{ systemIdentifier: string }>(READ_SYSTEM_IDENTIFIER);
  return { systemIdentifier: rows[0]?.systemIdentifier ?? null, timeline };
}

export async function gatherFacts(db: Queryable, journal: IssueJournal | undefined): Promise<IssueFacts> {
  const server = await readServerIdentity(db);
  const remembered = (await db.query<ServerIdentity>(READ_INSTANCE)).rows[0];
  if (journal === undefined) {
    const nothing = { seq: 0, digestAtSeen: undefined, unknownLines: false };
    return { damage: undefined, remembered, server, seen: undefined, othersKnown: false, journal: nothing };
  }
  const journals = (await db.query<{ id: string; seq: string; digest: string }>(READ_JOURNALS)).rows;
  const row = journals.find((candidate) => candidate.id === journal.id);
  const seen = row && { seq: Number(row.seq), digest: row.digest };
  const base = { remembered, server, seen, othersKnown: journals.some((other) => other.id !== journal.id) };
  const damage = journal.damage();
  if (damage !== undefined) {
    return { ...base, damage, journal: { seq: 0, digestAtSeen: undefined, unknownLines: true } };
  }
  return { ...base, damage, journal: await walkJournal(db, journal, seen?.seq ?? 0) };
}

async function walkJournal(db: Queryable, journal: IssueJournal, seenSeq: number): Promise<IssueFacts['journal']> {
  let digestAtSeen = seenSeq === 0 ? journal.beginning().digest : undefined;
  let seq = 0;
  let unknownLines = false;
  let unseen = new Map<string, JournalRecord>();
  for await (const record of journal.readAll()) {
    seq = record.place.seq;
    if (seq === seenSeq) digestAtSeen = record.place.digest;
    if (seq <= seenSeq || unknownLines) continue;
    unseen.set(`${record.entry.orderId} ${record.entry.gtin}`, record);
    if (unseen.size < LINES_PER_LOOKUP) continue;
    unknownLines = !(await allPresent(db, [...unseen.values()]));
    unseen = new Map();
  }
  unknownLines ||= !(await allPresent(db, [...unseen.values()]));
  return { seq, digestAtSeen, unknownLines };
}

async function allPresent(db: Queryable, wanted: readonly JournalRecord[]): Promise<boolean> {
  if (wanted.length === 0) return true;
  const values = [wanted.map((record) => record.entry.orderId), wanted.map((record) => record.entry.gtin)];
  const { rows } = await db.query<{ present: number }>(LINES_PRESENT, values);
  return rows[0]?.present === wanted.length;
}

const REMEMBER_INSTANCE = `
insert into instance (instance_id, system_identifier, timeline, created_at) values ($1, $2, $3, $4)
on conflict (singleton) do nothing`;
const COMPLETE_INSTANCE = `
update instance
   set system_identifier = coalesce(system_identifier, $1), timeline = coalesce(timeline, $2)
 where system_identifier is null or timeline is null`;
const REMEMBER_JOURNAL = `
insert into issue_journal (journal_id, last_seq, last_digest) values ($1, $2, decode($3, 'hex'))
on conflict (journal_id) do nothing`;

async function rememberFirst(
  db: Database,
  clock: Clock,
  journal: IssueJournal | undefined,
  server: ServerIdentity,
): Promise<void> {
  const now = clock.now();
  await db.query(REMEMBER_INSTANCE, [newId(now), server.systemIdentifier, server.timeline, now]);
  await db.query(COMPLETE_INSTANCE, [server.systemIdentifier, server.timeline]);
  if (journal === undefined) return;
  const { seq, digest } = journal.beginning();
  await db.query(REMEMBER_JOURNAL, [journal.id, seq, digest]);
}

const LOCK_JOURNAL = `select last_seq::text as seq from issue_journal where journal_id = $1 for update`;
const SAVE_JOURNAL = `
update issue_journal set last_seq = $2, last_digest = decode($3, 'hex') where journal_id = $1 and last_seq < $2`;

/** Makes this transaction the only one that may append to the journal, in this process or another. */
export async function lockJournal(tx: Transaction, journal: IssueJournal): Promise<void> {
  const { rows } = await tx.query<{ seq: string }>(LOCK_JOURNAL, [journal.id]);
  const place = await journal.refresh();
  const seen = rows[0];
  if (seen === undefined || Number(seen.seq) > place.seq) {
    throw new TanbaError('orders.issuing_locked', { details: { reason: 'journal_behind' } });
  }
}

/** In the transaction of the codes themselves: the database has seen the journal exactly as far as it has the codes. */
export async function saveJournalPlace(tx: Transaction, journal: IssueJournal, place: JournalPlace): Promise<void> {
  await tx.query(SAVE_JOURNAL, [journal.id, place.seq, place.digest]);
}
