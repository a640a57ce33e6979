import type { Transaction } from '../../store/database.ts';
import { appendOutbox } from '../../store/outbox.ts';
import { ACCEPTANCE_WORKING_DAYS } from '../documents/kinds/delivery.ts';
import { TRADERS } from '../documents/kinds/form.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { changeLocked, lockStagedPaths } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { TRANSITIONS } from '../lifecycle/transitions.ts';
import { workingDaysAfter } from '../reference/working-days.ts';

export interface Shipment {
  readonly receiver: string;
  readonly number: string;
  /** W3C traceparent of the request that brought it. */
  readonly trace: string | null;
}

const FIND_RECEIVER = `select role, active from participant where bin = $1`;

const INSERT_TRANSFER = `
insert into transfer (shipment_id, sender, receiver, number, shipped_at, recorded_at, accept_by, status)
values ($1, $2, $3, $4, $5, $6, $7, 'awaiting_acceptance')`;

const INSERT_LINES = `
insert into transfer_line (shipment_id, line, outcome, cis) select $1, line, 'awaiting', cis from staged_code`;

const FIND_LEFT_EMPTY = `
select line, cis from staged_code
 where cis < '01'
   and not exists (select 1 from code
                    where code.parent = staged_code.cis
                      and not exists (select 1 from staged_code as beside where beside.cis = code.cis))
 order by line limit $1`;

/**
 * Ships the staged codes: they leave their packages, stay the sender's and wait for the receiver. A package goes with
 * everything in it by its one row. The receiver may register later; one that cannot trade is refused now.
 */
export async function ship(
  tx: Transaction,
  shipment: Shipment,
  change: Omit<StagedChange, 'event' | 'reason'>,
): Promise<LineProblem[]> {
  const { receiver, number, trace } = shipment;
  const unfit = await receiverProblem(tx, receiver);
  if (unfit !== null) return [unfit];
  const found = await lockStagedPaths(tx, TRANSITIONS.shipped.from, change.dryRun);
  const problems = await changeLocked(tx, { ...change, event: 'shipped', reason: null, counterparty: receiver }, found);
  if (problems.length > 0) return problems;
  const empty = await leftEmpty(tx, change.problemsMax);
  if (empty.length > 0 || change.dryRun) return empty;
  const { documentId, actor, occurredAt, recordedAt, expected } = change;
  const acceptBy = workingDaysAfter(recordedAt, ACCEPTANCE_WORKING_DAYS);
  await tx.query(INSERT_TRANSFER, [documentId, actor, receiver, number, occurredAt, recordedAt, acceptBy]);
  await tx.query(INSERT_LINES, [documentId]);
  const payload = { shipmentId: documentId, number, sender: actor, lines: expected, acceptBy: acceptBy.toISOString() };
  const message = { topic: 'transfer.shipped', bin: receiver, keys: [`document:${documentId}`], trace, payload };
  await appendOutbox(tx, [message], recordedAt);
  return [];
}

/** Staged packages in which nothing is left, but for what is shipped beside them. */
async function leftEmpty(tx: Transaction, limit: number): Promise<LineProblem[]> {
  const { rows } = await tx.query<{ line: number; cis: string }>(FIND_LEFT_EMPTY, [limit]);
  return rows.map((row): LineProblem => ({ ...row, code: 'aggregation.package_empty' }));
}

async function receiverProblem(tx: Transaction, receiver: string): Promise<LineProblem | null> {
  const { rows } = await tx.query<{ role: string; active: boolean }>(FIND_RECEIVER, [receiver]);
  const known = rows[0];
  if (known === undefined) return null;
  const at = { line: -1, cis: '', path: '/body/receiver' };
  if (!known.active) return { ...at, code: 'transfers.receiver_suspended' };
  return TRADERS.some((role) => role === known.role) ? null : { ...at, code: 'transfers.receiver_does_not_trade' };
}
