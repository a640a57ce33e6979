import type { Transaction } from '../../store/database.ts';
import { appendOutbox } from '../../store/outbox.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { changeLocked, lockStagedPaths } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { TRANSITIONS } from '../lifecycle/transitions.ts';
import type { LineOutcomes, TransferStatus } from './transfer-status.ts';
import { statusAfter } from './transfer-status.ts';

/** What one side decides about a shipment, or about the codes that the document lists. */
export interface Decision {
  readonly shipmentId: string;
  readonly event: 'accepted' | 'refused' | 'shipment_cancelled';
  /** Whether the document lists codes; else it is about all that is left. */
  readonly listed: boolean;
  readonly trace: string | null;
}

interface LockedTransfer {
  sender: string;
  receiver: string;
  number: string;
  status: TransferStatus;
}

// Before any code: both sides of one shipment, and several of its documents, wait here for each other.
const READ_TRANSFER = `select sender, receiver, number, status from transfer where shipment_id = $1`;
const LOCK_TRANSFER = `${READ_TRANSFER} for update`;

const STAGE_AWAITING = `
insert into staged_code (line, cis)
select line, cis from transfer_line where shipment_id = $1 and outcome = 'awaiting' and line is not null`;

// A code that was shipped again belongs to its newest shipment. A block covers the hold that was there before.
const underWay = (cis: string): string => `
  not exists (select 1 from transfer_line as later where later.cis = ${cis} and later.shipment_id > $1)
  and exists (select 1 from code
               where code.cis = ${cis} and code.parent is null
                 and (code.hold = 'awaiting_acceptance'
                      or exists (select 1 from code_block
                                  where code_block.cis = code.cis and released_by is null
                                    and hold_before = 'awaiting_acceptance')))`;

// Sold meanwhile, or written off with the goods: what happened to goods under way is a fact by now.
const TAKE_OUT_GONE = `
with gone as (
  delete from staged_code where not (${underWay('staged_code.cis')})
  returning staged_code.cis
)
update transfer_line set outcome = 'gone', decided_by = $2
  from gone where transfer_line.cis = gone.cis and transfer_line.shipment_id = $1`;

const FIND_NOT_IN_SHIPMENT = `
select staged_code.line, staged_code.cis
  from staged_code left join staged_package on staged_package.start = staged_code.parent
 where not exists (select 1 from transfer_line
                    where transfer_line.cis = coalesce(staged_package.root, staged_code.cis)
                      and shipment_id = $1 and outcome = 'awaiting' and ${underWay('transfer_line.cis')})
 order by line limit $2`;

const DECIDE_LINES = `
update transfer_line set outcome = $2, decided_by = $3
  from staged_code where transfer_line.cis = staged_code.cis and shipment_id = $1`;

/** Goods out of a package under way are lines of their own from now on. */
const ADD_LINES_OUT_OF_PACKAGES = `
insert into transfer_line (shipment_id, outcome, decided_by, cis)
select $1, $2, $3, cis from staged_code on conflict (cis, shipment_id) do nothing`;

const OUTCOMES_SO_FAR = `
select count(*) filter (where outcome = 'awaiting')::integer as awaiting,
       count(*) filter (where outcome = 'accepted')::integer as accepted,
       count(*) filter (where outcome not in ('accepted', 'awaiting'))::integer as otherwise
  from transfer_line where shipment_id = $1`;

const CLOSE_TRANSFER = `
update transfer set status = $2, decided_at = $3 where shipment_id = $1`;

const OUTCOME_OF = { accepted: 'accepted', refused: 'refused', shipment_cancelled: 'cancelled' } as const;

/**
 * Accepts, refuses or cancels: ownership moves only when the receiver confirms. Goods that have left on the way (sold at
 * a till, for example) stay out and are recorded as gone. What is listed out of a package leaves it.
 */
export async function decide(
  tx: Transaction,
  decision: Decision,
  change: Omit<StagedChange, 'event' | 'reason'>,
): Promise<LineProblem[]> {
  const { shipmentId, event, listed } = decision;
  const transfer = (await tx.query<LockedTransfer>(change.dryRun ? READ_TRANSFER : LOCK_TRANSFER, [shipmentId]))
    .rows[0];
  const own = event === 'shipment_cancelled' ? transfer?.sender : transfer?.receiver;
  if (transfer === undefined || own !== change.actor) return [ofShipment('transfers.not_found')];
  const { status, sender, receiver } = transfer;
  if (status !== 'awaiting_acceptance') return [ofShipment('transfers.decided', { status })];
  const staged = listed ? change.expected : ((await tx.query(STAGE_AWAITING, [shipmentId])).rowCount ?? 0);
  const found = await lockStagedPaths(tx, TRANSITIONS[event].from, change.dryRun);
  const gone = listed ? 0 : ((await tx.query(TAKE_OUT_GONE, [shipmentId, change.documentId])).rowCount ?? 0);
  if (listed) {
    const strangers = await notInShipment(tx, shipmentId, change.problemsMax);
    if (strangers.length > 0) return strangers;
  }
  const parties = {
    owner: sender,
    ownerAfter: event === 'accepted' ? receiver : sender,
    counterparty: event === 'shipment_cancelled' ? receiver : sender,
  };
  const problems = await changeLocked(
    tx,
    { ...change, ...parties, event, reason: null, expected: staged - gone },
    found - gone,
  );
  if (problems.length > 0 || change.dryRun) return problems;
  await recordDecision(tx, decision, transfer, change);
  return [];
}

async function notInShipment(tx: Transaction, shipmentId: string, limit: number): Promise<LineProblem[]> {
  const { rows } = await tx.query<{ line: number; cis: string }>(FIND_NOT_IN_SHIPMENT, [shipmentId, limit]);
  return rows.map((row): LineProblem => ({ ...row, code: 'transfers.not_in_shipment' }));
}

async function recordDecision(
  tx: Transaction,
  { shipmentId, event, trace }: Decision,
  transfer: LockedTransfer,
  { documentId, actor, recordedAt }: Pick<StagedChange, 'documentId' | 'actor' | 'recordedAt'>,
): Promise<void> {
  const values = [shipmentId, OUTCOME_OF[event], documentId];
  await tx.query(DECIDE_LINES, values);
  await tx.query(ADD_LINES_OUT_OF_PACKAGES, values);
  const outcomes = (await tx.query<LineOutcomes & Record<string, number>>(OUTCOMES_SO_FAR, [shipmentId])).rows[0];
  if (outcomes === undefined) throw new TypeError('an aggregate has one row');
  const status = statusAfter(event, outcomes);
  await tx.query(CLOSE_TRANSFER, [shipmentId, status, status === 'awaiting_acceptance' ? null : recordedAt]);
  const payload = { shipmentId, number: transfer.number, documentId, by: actor, status };
  const message = {
    topic: `transfer.${OUTCOME_OF[event]}`,
    bin: actor === transfer.sender ? transfer.receiver : transfer.sender,
    keys: [`document:${shipmentId}`, `document:${documentId}`],
    trace,
    payload,
  };
  await appendOutbox(tx, [message], recordedAt);
}

function ofShipment(code: LineProblem['code'], details?: LineProblem['details']): LineProblem {
  const at = { line: -1, cis: '', path: '/body/shipmentId', code };
  return details === undefined ? at : { ...at, details };
}
