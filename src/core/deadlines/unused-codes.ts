import type { Database, Transaction } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { appendOutbox } from '../../store/outbox.ts';
import { writeAudit } from '../audit/audit.ts';
import type { KeyRing } from '../codes/key-ring.ts';
import { cisPrefix, cisRange } from '../codes/line-codes.ts';
import { ownSerials } from '../codes/packs.ts';
import { seedContext } from '../codes/serials.ts';
import { lockCodesOrSkip, readCodes } from '../lifecycle/code-rows.ts';
import type { CodeRow } from '../lifecycle/effective-state.ts';
import { TRANSITIONS } from '../lifecycle/transitions.ts';
import { openGrace } from '../outages/grace.ts';
import type { OutageRegister } from '../outages/outage-register.ts';
import { SYSTEM_ACTOR } from '../participants/bin.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import type { LockedStretch, Stretch } from './unused-terms.ts';
import { advance, dueStretches, lockStretch, setTerms, settleFetchedLines } from './unused-terms.ts';

/** The reason with which codes that were not used in time are written off. */
export const REASON_ANNULLED = 'ANNULLED';

/** Codes that were not reported as applied in time are annulled (order 44-н/қ, p.25). */
export interface UnusedCodes {
  /** Terms of what was received since, then everything that is due; what somebody holds is left to the next run. */
  annulDue(now: Date, signal: AbortSignal): Promise<Annulled>;
  /** One transaction of it. */
  annulBatch(stretch: Stretch, now: Date): Promise<BatchOutcome>;
}

export interface Annulled {
  readonly batches: number;
  readonly codes: number;
}

export interface BatchOutcome {
  readonly codes: number;
  /** Nothing is left to do in this pass, or somebody else is at it. */
  readonly ended: boolean;
}

export interface UnusedCodesDeps {
  readonly db: Database;
  readonly productGroups: ProductGroups;
  readonly keyRing: Pick<KeyRing, 'unseal'>;
  readonly outages: OutageRegister;
  /** Codes looked at in one transaction. */
  readonly batch?: number;
}

const BATCH = 10_000;
const STRETCHES_AT_ONCE = 100;
const STATEMENT_TIMEOUT_MS = 120_000;

export function createUnusedCodes(deps: UnusedCodesDeps): UnusedCodes {
  const { db, productGroups, outages } = deps;

  const annulBatch = (stretch: Stretch, now: Date): Promise<BatchOutcome> =>
    db.transaction((tx) => annulIn(deps, tx, stretch, now), { statementTimeoutMs: STATEMENT_TIMEOUT_MS });

  async function* due(of: Stretch['of'], now: Date): AsyncGenerator<Stretch> {
    const grace = openGrace(outages.known(), now);
    let last: Stretch | undefined;
    do {
      const found = await dueStretches(db, of, { now, grace, last, limit: STRETCHES_AT_ONCE });
      yield* found;
      last = found.at(-1);
    } while (last !== undefined);
  }

  return {
    annulBatch,
    annulDue: async (now, signal) => {
      await outages.refresh();
      await setTerms(db, productGroups);
      await settleFetchedLines(db, now);
      let batches = 0;
      let codes = 0;
      for (const of of ['pack', 'order_line'] as const) {
        for await (const stretch of due(of, now)) {
          for (let ended = false; !ended; ) {
            signal.throwIfAborted();
            const outcome = await annulBatch(stretch, now);
            ended = outcome.ended;
            batches += 1;
            codes += outcome.codes;
          }
        }
      }
      return { batches, codes };
    },
  };
}

async function annulIn(deps: UnusedCodesDeps, tx: Transaction, which: Stretch, now: Date): Promise<BatchOutcome> {
  const stretch = await lockStretch(tx, which);
  if (stretch === undefined || stretch.annulAfter > now) return { codes: 0, ended: true };
  const { done, count, left } = stretch;
  const looked = Math.min(deps.batch ?? BATCH, count - done);
  const cises = await cisesOf(deps, tx, stretch, stretch.first + done, looked);
  const { unused, kept } = await lockUnused(tx, cises);
  if (unused.length > 0) await annul(tx, stretch, unused, now);
  const { ended } = await advance(tx, stretch, done + looked, left + kept, now);
  return { codes: unused.length, ended };
}

/** No index leads from a line to its codes: they are made again, as they were at their emission. */
async function cisesOf(
  { productGroups, keyRing }: UnusedCodesDeps,
  tx: Transaction,
  { lineId, orderId, gtin, template: name, sealedSeed, skipped }: LockedStretch,
  first: number,
  count: number,
): Promise<readonly string[]> {
  if (count === 0) return [];
  if (sealedSeed === null) {
    const serials = await ownSerials(tx, lineId, first, count);
    return serials.map((serial) => cisPrefix(gtin) + serial);
  }
  const template = productGroups.template(name);
  if (template === undefined) throw new Error(`no product group has the template ${name} any more`);
  const seed = keyRing.unseal(sealedSeed, seedContext(orderId, gtin));
  return cisRange({ kind: 'stream', seed }, template, gtin, skipped, first, count);
}

/** Those to be annulled, under lock; `kept`: how many more are unused, but held or in somebody's hands. */
async function lockUnused(tx: Transaction, cises: readonly string[]): Promise<{ unused: string[]; kept: number }> {
  const locked = await lockCodesOrSkip(tx, cises, 'change');
  const rows = [...locked.values()].filter(isUnused);
  const unused = rows.filter(({ hold }) => hold === TRANSITIONS.annulled.holdFrom).map(({ cis }) => cis);
  const skipped = cises.filter((cis) => !locked.has(cis));
  const others = skipped.length === 0 ? [] : [...(await readCodes(tx, skipped)).values()].filter(isUnused);
  return { unused, kept: rows.length - unused.length + others.length };
}

function isUnused({ status, type }: CodeRow): boolean {
  const { from, types } = TRANSITIONS.annulled;
  return from.includes(status) && types.includes(type);
}

// Of locked rows; their owner stays. Emitted codes are in no package that they would have to leave.
const ANNUL = `
with changed as (
  update code set ver = code.ver + 1, status = $2::code_status, reason = $3
    from unnest($1::text[]) as unused (cis)
   where code.cis = unused.cis collate "C"
  returning code.cis, code.ver, code.status, code.hold, code.owner, code.reason
), recorded as (
  insert into code_history (recorded_at, occurred_at, document_id, ver, status, hold, cis, event, actor, owner, reason)
  select $4::timestamptz, $5::timestamptz, $6::uuid, ver, status, hold, cis, 'annulled', $7, owner, reason from changed
)
select all_changed(count(*), cardinality($1::text[])) from changed`;

const INSERT_ANNULMENT = `
insert into annulment (annulment_id, line_id, at, term_ended_at, code_count) values ($1, $2, $3, $4, $5)`;

async function annul(tx: Transaction, stretch: LockedStretch, cises: readonly string[], now: Date): Promise<void> {
  const { lineId, orderId, bin, gtin, trace, annulAfter } = stretch;
  const annulmentId = newId(now);
  const { to } = TRANSITIONS.annulled;
  await tx.query(ANNUL, [cises, to, REASON_ANNULLED, now, annulAfter, annulmentId, SYSTEM_ACTOR]);
  await tx.query(INSERT_ANNULMENT, [annulmentId, lineId, now, annulAfter, cises.length]);
  const payload = { orderId, gtin, annulmentId, codes: cises.length, termEndedAt: annulAfter.toISOString() };
  const keys = [`order:${orderId}`, `gtin:${gtin}`];
  await appendOutbox(tx, [{ topic: 'codes.annulled', bin, keys, trace, payload }], now);
  const details = { gtin, annulmentId, codes: cises.length };
  await writeAudit(tx, { at: now, bin: null, ip: null, action: 'codes.annulled', subject: orderId, details });
}
