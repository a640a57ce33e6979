import type { Clock } from '../../core/clock.ts';
import { newTrace } from '../../core/trace.ts';
import { newId } from '../../store/ids.ts';
import { allOf, type PipelinedDatabase } from '../../store/pipelined-database.ts';
import type { Epoch } from '../epoch.ts';
import { digestOf, envelopeBytes } from '../message.ts';
import type { PartnerDirectory } from '../partner-directory.ts';
import type { Carrier, Transport } from '../transports/transport.ts';
import { handOver } from './hand-over.ts';
import { laneOf, promoteHeads } from './lanes.ts';
import {
  claimOutbox,
  type InsertedDelivery,
  insertDeliveries,
  messageStatements,
  type NewDelivery,
  type NewMessage,
  type OutboxRow,
} from './relay-statements.ts';
import { CARRIER_GRACE_MS, windowOf } from './window.ts';

/** Turns what the hub has to tell into messages and deliveries, and hands the first of them over. */
export interface Relay {
  /** One batch; true when there may be more. */
  pass(): Promise<boolean>;
}

export interface RelayDeps {
  readonly db: PipelinedDatabase;
  readonly clock: Clock;
  readonly directory: PartnerDirectory;
  readonly transport: Pick<Transport, 'carry' | 'ready'>;
  readonly epoch: Epoch;
  /** Some deliveries of this pass are carried by nobody: the feeder has work. */
  readonly onLeft: () => void;
}

const BATCH = 500;

interface Plan {
  readonly messages: readonly NewMessage[];
  readonly deliveries: readonly NewDelivery[];
  readonly traces: ReadonlyMap<string, string>;
}

export function createRelay({ db, clock, directory, transport, epoch, onLeft }: RelayDeps): Relay {
  /** Outbox rows marked, messages and deliveries made: one transaction. */
  async function take(now: Date): Promise<{ claimed: number; plan: Plan; inserted: readonly InsertedDelivery[] }> {
    return await db.transaction(async (tx) => {
      const rows = await claimOutbox(tx, BATCH, now);
      // After the claim: a partner that was there when a message was committed gets it.
      if (rows.length > 0) await directory.refresh();
      const plan = planOf(rows, now);
      if (plan.deliveries.length === 0) return { claimed: rows.length, plan, inserted: [] };
      const carriedUntil = new Date(now.getTime() + CARRIER_GRACE_MS);
      const writes = messageStatements(plan.messages).map((statement) => tx.query(statement));
      const [inserted] = await allOf([insertDeliveries(tx, plan.deliveries, now, carriedUntil), ...writes]);
      return { claimed: rows.length, plan, inserted };
    });
  }

  function planOf(rows: readonly OutboxRow[], now: Date): Plan {
    const messages: NewMessage[] = [];
    const deliveries: NewDelivery[] = [];
    const traces = new Map<string, string>();
    const lanesMet = new Set<string>();
    for (const row of rows) {
      const takers = directory.takersOf(row.topic, row.bin);
      // What nobody takes is no message.
      if (takers.length === 0) continue;
      const message = messageOf(row);
      messages.push(message);
      for (const { partner, policy } of takers) {
        const lane = laneOf(policy.order, row.keys);
        const laneKey = `${partner.partnerId} ${lane}`;
        const deliveryId = newId(now);
        deliveries.push({
          deliveryId,
          messageId: message.messageId,
          messageAt: message.createdAt,
          partnerId: partner.partnerId,
          topic: message.topic,
          lane,
          behind: lane !== null && lanesMet.has(laneKey),
          window: transport.ready && !partner.switchedOff ? windowOf(policy) : 0,
        });
        traces.set(deliveryId, message.trace);
        if (lane !== null) lanesMet.add(laneKey);
      }
    }
    return { messages, deliveries, traces };
  }

  return {
    pass: async () => {
      const now = clock.now();
      const { claimed, plan, inserted } = await take(now);
      // From here on a kill costs time only: the feeder finds what nobody carries.
      const queued = inserted.flatMap(({ partnerId, lane, state }) =>
        state === 'queued' && lane !== null ? [{ partnerId, lane }] : [],
      );
      const promoted = await promoteHeads(db, queued, now);
      const carriers = inserted.flatMap(({ deliveryId, partnerId, carrier }): Carrier[] => {
        const known = directory.find(partnerId);
        const trace = plan.traces.get(deliveryId);
        if (carrier === 0 || known === undefined || trace === undefined) return [];
        return [{ deliveryId, partnerId, adapter: known.adapter.name, carrier, epoch: epoch.current(), trace }];
      });
      if (carriers.length < inserted.length - queued.length || promoted.length > 0) onLeft();
      await handOver(db, transport, carriers);
      return claimed > 0;
    },
  };
}

function messageOf({ messageId, createdAt, bucket, topic, bin, keys, trace, payload }: OutboxRow): NewMessage {
  const timestamp = createdAt.toISOString();
  const body = envelopeBytes({ id: messageId, type: topic, timestamp, participant: bin, data: payload });
  return { messageId, createdAt, bucket, topic, bin, keys, trace: trace ?? newTrace(), digest: digestOf(body), body };
}
