import type { Clock } from '../../core/clock.ts';
import { nextSpan } from '../../core/trace.ts';
import type { Log } from '../../log.ts';
import type { PipelinedDatabase } from '../../store/pipelined-database.ts';
import type { AttemptResult, Dispatch } from '../adapter.ts';
import type { Epoch } from '../epoch.ts';
import { gather } from '../gather.ts';
import type { PartnerDirectory } from '../partner-directory.ts';
import { inSpan } from '../span.ts';
import type { Carrier, DelayedCarrier, Transport } from '../transports/transport.ts';
import { createBreakerKeeper } from './breaker-keeper.ts';
import { type Finished, finishDeliveries } from './finish.ts';
import { type Head, promoteHeads } from './lanes.ts';
import { createLeaseDesk, type Lease, type Wanted } from './lease.ts';
import { createSlots } from './slots.ts';
import { settleAttempt } from './verdict.ts';

/** Looks at deliveries as carriers say, and makes the attempts. */
export interface DeliveryWorker {
  /** Never rejects: whatever goes wrong, the delivery stays in the store and gets another carrier. */
  look(carrier: Carrier): Promise<void>;
  /** Attempts under way. */
  readonly sending: number;
  /** Resolves when every attempt under way has ended and is written down. */
  stop(): Promise<void>;
}

export interface DeliveryWorkerDeps {
  readonly db: PipelinedDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: PartnerDirectory;
  readonly transport: Pick<Transport, 'carryLater'>;
  readonly epoch: Epoch;
  readonly random: () => number;
  /** There may be room for others. */
  readonly onEnded: () => void;
  readonly onAttempt: (adapter: string, partnerId: string, outcome: string, seconds: number) => void;
}

/** Longer than a fast partner needs for all that wait, shorter than a carrier's grace. */
const SLOT_WAIT_MS = 5_000;
const LOOKS_TOGETHER = 256;
const ENDS_TOGETHER = 256;
/** How long a known outcome is tried to be written down while the store is away; then the lease tells. */
const WRITE_TRIES = 6;
const WRITE_REST_MS = 500;
/** Within the margin of the lease. */
const HUNG_MS = 5_000;

export function createDeliveryWorker(deps: DeliveryWorkerDeps): DeliveryWorker {
  const { db, clock, log, directory, transport, epoch, random } = deps;
  const desk = createLeaseDesk(db, clock, directory);
  const breakers = createBreakerKeeper(db, clock, directory);
  const leasing = gather<Wanted, Lease | 'nothing'>(LOOKS_TOGETHER, async (wanted) =>
    (await desk.take(wanted)).map((lease) => lease ?? 'nothing'),
  );
  const finishing = gather<Finished, Head | null>(ENDS_TOGETHER, async (finished) => {
    const heads = [...(await writeDown(finished))];
    return finished.map(({ lease: { lane, known } }) => {
      const at = heads.findIndex((head) => head.lane === lane && head.partnerId === known.partner.partnerId);
      return at === -1 ? null : (heads.splice(at, 1)[0] ?? null);
    });
  });
  const slots = createSlots();
  const underWay = new Set<Promise<void>>();
  let stopping = false;

  async function lookAt(carrier: Carrier): Promise<void> {
    const { partnerId } = carrier;
    const atOnce = directory.find(partnerId)?.policy.concurrency ?? 1;
    const giveBack = await slots.take(partnerId, atOnce, SLOT_WAIT_MS);
    // Too slow a partner: its delivery stays in the store, and gets another carrier.
    if (giveBack === null) return;
    let next: Head | null = null;
    try {
      next = await leaseAndSend(carrier);
    } finally {
      if (next === null) giveBack();
      else track(goOn(next, giveBack));
    }
  }

  /**
   * Those behind in the lane, one after another in the same place. With a carrier for each a lane went at 60 ms a message
   * here, of which the partner took 4. Whoever waits for the place goes first.
   */
  async function goOn(first: Head, giveBack: () => void): Promise<void> {
    try {
      let next: Head | null = first;
      while (next !== null && !stopping && !slots.wanted(next.partnerId)) next = await leaseAndSend(next);
    } catch (error) {
      log.warn({ err: error, partnerId: first.partnerId }, 'a lane could not be gone on with; the feeder will');
    } finally {
      giveBack();
      deps.onEnded();
    }
  }

  /** The next one of its lane, if it may go now. */
  async function leaseAndSend(wanted: Wanted): Promise<Head | null> {
    const lease = await leasing.add(wanted);
    if (lease === 'nothing') return null;
    const next = await send(lease);
    if (next === null) deps.onEnded();
    return next;
  }

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  async function send(lease: Lease): Promise<Head | null> {
    const startedAt = clock.now();
    const started = performance.now();
    const result = await attempt(lease, startedAt);
    const { partner, policy, adapter } = lease.known;
    deps.onAttempt(adapter.name, partner.partnerId, result.outcome, (performance.now() - started) / 1_000);
    const settlement = settleAttempt(lease, result, policy, random());
    return await finishing.add({ lease, startedAt, endedAt: clock.now(), result, settlement });
  }

  async function writeDown(finished: readonly Finished[]): Promise<readonly Head[]> {
    const written = await persistently(() => finishDeliveries(db, finished));
    const now = clock.now();
    await breakers.note(
      finished.flatMap(({ lease: { known, probe }, result: { outcome } }) =>
        outcome === 'infrastructure'
          ? []
          : [
              {
                partnerId: known.partner.partnerId,
                probe,
                succeeded: outcome === 'delivered' || outcome === 'rejected',
              },
            ],
      ),
    );
    const ended = finished.flatMap(({ lease: { lane, known, deliveryId }, settlement: { state } }) =>
      lane !== null && state === 'delivered' && written.has(deliveryId)
        ? [{ partnerId: known.partner.partnerId, lane }]
        : [],
    );
    const heads = await promoteHeads(db, ended, now);
    await transport.carryLater(finished.flatMap((one) => retryOf(one, written.get(one.lease.deliveryId))));
    return heads;
  }

  function retryOf({ lease, settlement: { restMs } }: Finished, carrier: number | undefined): DelayedCarrier[] {
    if (restMs === null || carrier === undefined) return [];
    const { deliveryId, trace, known } = lease;
    const { partnerId } = known.partner;
    const next = { deliveryId, partnerId, adapter: known.adapter.name, carrier, epoch: epoch.current(), trace };
    return [{ carrier: next, delayMs: restMs }];
  }

  async function attempt(lease: Lease, now: Date): Promise<AttemptResult> {
    const { known, messageId, topic, messageAt: createdAt, body, digest, trace } = lease;
    const { partner, policy } = known;
    if (body === null) return { outcome: 'rejected', code: 'body_erased', sent: {}, answer: null };
    const traceparent = nextSpan(trace);
    const number = lease.attempts + 1;
    const dispatch = { partner, messageId, topic, createdAt, body, digest, attempt: number, traceparent, now };
    const end = endOfTime(policy.timeoutSeconds * 1_000);
    return await inSpan('deliver', dispatch, async () => {
      try {
        return await Promise.race([deliver(lease, dispatch, end.signal), end.hung]);
      } catch (error) {
        log.error({ err: error, deliveryId: lease.deliveryId }, 'an adapter failed');
        return { outcome: 'infrastructure', code: 'adapter_failed', sent: {}, answer: null };
      } finally {
        end.cancel();
      }
    });
  }

  /** What may have arrived is asked for first, where the partner can be asked. */
  async function deliver(lease: Lease, dispatch: Dispatch, signal: AbortSignal): Promise<AttemptResult> {
    const { adapter } = lease.known;
    if (lease.uncertain && adapter.queryOutcome !== undefined) {
      const outcome = await adapter.queryOutcome(dispatch, signal);
      if (outcome === 'arrived')
        return { outcome: 'delivered', code: 'confirmed', sent: { asked: true }, answer: null };
    }
    return await adapter.deliver(dispatch, signal);
  }

  return {
    look: async (carrier) => {
      if (carrier.epoch !== epoch.current()) return;
      const looking = lookAt(carrier).catch((error: unknown) => {
        log.warn({ err: error, deliveryId: carrier.deliveryId }, 'a delivery could not be looked at; it stays');
      });
      track(looking);
      await looking;
    },
    get sending() {
      return underWay.size;
    },
    stop: async () => {
      stopping = true;
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

/**
 * The end of an attempt's time, and somewhat later what becomes of one whose adapter does not heed it. Cancelled with the
 * attempt: AbortSignal.timeout would keep each message in memory until its time is over.
 */
function endOfTime(timeoutMs: number) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout;
  const hung = new Promise<AttemptResult>((resolve) => {
    timer = setTimeout(() => {
      controller.abort(new DOMException('the partner has not answered in time', 'TimeoutError'));
      timer = setTimeout(
        () => resolve({ outcome: 'uncertain', code: 'adapter_hung', sent: {}, answer: null }),
        HUNG_MS,
      );
    }, timeoutMs);
  });
  return { signal: controller.signal, hung, cancel: () => clearTimeout(timer) };
}

async function persistently<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (tries === WRITE_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, WRITE_REST_MS * tries));
    }
  }
}
