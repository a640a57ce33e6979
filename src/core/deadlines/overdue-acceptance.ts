import type { Job } from '../../exchange/jobs/job.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { appendOutbox } from '../../store/outbox.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Outage } from '../outages/grace.ts';
import { graceParameters, noGrace, openGrace } from '../outages/grace.ts';
import type { OutageRegister } from '../outages/outage-register.ts';

export interface OverdueAcceptanceDeps {
  readonly db: Database;
  readonly outages: OutageRegister;
  /** Shipments told of in one transaction. */
  readonly batch?: number;
}

const BATCH = 1_000;

/** Acceptance is due within 15 working days (order 44-н/қ, p.38): both sides are told once when it is not in time. */
export function createOverdueAcceptanceJob({ db, outages, batch = BATCH }: OverdueAcceptanceDeps): Job {
  return {
    name: 'overdue-acceptance',
    schedule: '5 * * * *',
    timeZone: 'Asia/Almaty',
    describe: 'Tells both sides of shipments whose time of acceptance is over.',
    leaseSeconds: 300,
    run: async ({ now, signal }) => {
      await outages.refresh();
      const grace = openGrace(outages.known(), now);
      let shipments = 0;
      for (let told = batch; told === batch; shipments += told) {
        signal.throwIfAborted();
        told = await db.transaction((tx) => tellOverdue(tx, grace, now, batch));
      }
      return { shipments };
    },
  };
}

interface Overdue {
  readonly shipmentId: string;
  readonly number: string;
  readonly sender: string;
  readonly receiver: string;
  readonly acceptBy: Date;
}

// Who decides on a shipment has it locked: it is told of at the next run, or has become needless by then.
const TELL_OVERDUE = `
with overdue as (
  select shipment_id from transfer
   where status = 'awaiting_acceptance' and overdue_told_at is null and accept_by < $1 and ${noGrace('accept_by', '$2', '$3')}
   order by accept_by limit $4 for no key update skip locked
)
update transfer set overdue_told_at = $1
  from overdue where transfer.shipment_id = overdue.shipment_id
returning transfer.shipment_id as "shipmentId", number, sender, receiver, accept_by as "acceptBy"`;

async function tellOverdue(tx: Transaction, grace: readonly Outage[], now: Date, limit: number): Promise<number> {
  const { rows } = await tx.query<Overdue & Record<string, unknown>>(TELL_OVERDUE, [
    now,
    ...graceParameters(grace),
    limit,
  ]);
  if (rows.length === 0) return 0;
  const messages = rows.flatMap(({ shipmentId, number, sender, receiver, acceptBy }) =>
    [sender, receiver].map((bin) => ({
      topic: 'transfer.overdue',
      bin,
      keys: [`document:${shipmentId}`],
      trace: null,
      payload: { shipmentId, number, sender, receiver, acceptBy: acceptBy.toISOString() },
    })),
  );
  await appendOutbox(tx, messages, now);
  const details = { shipments: rows.length };
  await writeAudit(tx, { at: now, bin: null, ip: null, action: 'transfers.overdue_told', subject: null, details });
  return rows.length;
}
