import type { Clock } from '../core/clock.ts';
import type { Log } from '../log.ts';
import type { PipelinedDatabase } from '../store/pipelined-database.ts';
import type { Adapter } from './adapter.ts';
import { type Depth, type OutboxLag, readDepths, readOutboxLag } from './depths.ts';
import { createEpoch } from './epoch.ts';
import { createInbox, type Inbox } from './inbound/inbox.ts';
import { createLoop } from './loop.ts';
import { cancelForRemoved } from './operator/removed-partners.ts';
import { createFeeder } from './outbound/feeder.ts';
import { type GateRow, readGates } from './outbound/gate.ts';
import { promoteStanding } from './outbound/lanes.ts';
import { takeBackLeases } from './outbound/leases-lost.ts';
import { createRelay } from './outbound/relay.ts';
import { releaseHeld } from './outbound/release-held.ts';
import { createDeliveryWorker } from './outbound/worker.ts';
import { createPartnerDirectory, type PartnerDirectory } from './partner-directory.ts';
import { alertQueues } from './queue-alerts.ts';
import type { Connection, Transport } from './transports/transport.ts';

/** The hub as a message gateway: what it has to tell reaches its partners, what they send is taken once. */
export interface Exchange {
  readonly directory: PartnerDirectory;
  readonly inbox: Inbox;
  start(): Promise<void>;
  /** Something may have been committed to the outbox. */
  wake(): void;
  /** Everything that is due now has been handed over, once: for tests and commands. */
  pass(): Promise<void>;
  status(): ExchangeStatus;
  stop(): Promise<void>;
}

export interface ExchangeStatus {
  readonly transport: Transport['name'];
  readonly connections: readonly Connection[];
  /** Attempts under way in this process. */
  readonly sending: number;
  /** As of the last look, a few seconds ago; null before the first. */
  readonly snapshot: ExchangeSnapshot | null;
}

export interface ExchangeSnapshot {
  readonly at: Date;
  readonly depths: ReadonlyMap<string, Depth>;
  readonly gates: readonly GateRow[];
  readonly outbox: OutboxLag;
}

export interface ExchangeDeps {
  readonly db: PipelinedDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly adapters: readonly Adapter[];
  readonly transport: Transport;
  readonly random?: () => number;
  /** False in a process that leaves the work to others: it only looks. */
  readonly works?: boolean;
  readonly onAttempt?: (adapter: string, partnerId: string, outcome: string, seconds: number) => void;
}

const RELAY_BUSY_MS = 0;
const FEEDER_BUSY_MS = 20;
const IDLE_MS = 1_000;
const UPKEEP_MS = 1_000;
/** What only a kill leaves behind is looked for less often. */
const STANDING_EVERY = 10;
const SNAPSHOT_MS = 5_000;
const SNAPSHOT_MS_MAX = 60_000;
/** Counting takes the longer the more stands: no more than a fiftieth of the time, as far as a minute's age allows. */
const SNAPSHOT_SHARE = 50;

export function createExchange(deps: ExchangeDeps): Exchange {
  const { db, clock, log, adapters, transport, random = Math.random, onAttempt = () => undefined, works = true } = deps;
  const directory = createPartnerDirectory(db, adapters);
  const epoch = createEpoch(db);
  const inbox = createInbox(db, clock);
  const feeder = createFeeder({ db, clock, directory, transport, epoch });
  const feeding = createLoop({
    name: 'feeder',
    log,
    busyMs: FEEDER_BUSY_MS,
    idleMs: IDLE_MS,
    work: async () => (await feeder.pass()) > 0,
  });
  const onEnded = (): void => feeding.wake();
  const worker = createDeliveryWorker({
    db,
    clock,
    log,
    directory,
    transport,
    epoch,
    random,
    onEnded,
    onAttempt,
  });
  const relay = createRelay({ db, clock, directory, transport, epoch, onLeft: () => feeding.wake() });
  const relaying = createLoop({
    name: 'relay',
    log,
    busyMs: RELAY_BUSY_MS,
    idleMs: IDLE_MS,
    work: () => relay.pass(),
  });
  let snapshot: ExchangeSnapshot | null = null;
  let upkeeps = 0;
  let lookAgainAt = 0;
  const upkeep = createLoop({
    name: 'exchange upkeep',
    log,
    busyMs: UPKEEP_MS,
    idleMs: UPKEEP_MS,
    work: async () => {
      await refresh();
      if (works && (await takeBackLeases(db, clock.now())) > 0) feeding.wake();
      if (works && upkeeps % STANDING_EVERY === 0) await tidy();
      if (performance.now() >= lookAgainAt) await look();
      upkeeps += 1;
      return false;
    },
  });

  async function tidy(): Promise<void> {
    const now = clock.now();
    // What a relay was just making for a partner while it was removed.
    await cancelForRemoved(db, now);
    if ((await promoteStanding(db, now)).length > 0) feeding.wake();
  }

  async function look(): Promise<void> {
    const at = clock.now();
    const started = performance.now();
    snapshot = { at, depths: await readDepths(db), gates: await readGates(db), outbox: await readOutboxLag(db) };
    await alertQueues(db, directory.partners(), snapshot.depths, at);
    const ended = performance.now();
    lookAgainAt = ended + Math.min(SNAPSHOT_MS_MAX, Math.max(SNAPSHOT_MS, SNAPSHOT_SHARE * (ended - started)));
  }

  async function refresh(): Promise<void> {
    await directory.refresh();
    const changed = directory.takeChanged();
    if (works && (await releaseHeld(db, changed, clock.now())) > 0) feeding.wake();
    await epoch.refresh();
  }

  return {
    directory,
    inbox,
    start: async () => {
      await refresh();
      upkeep.start();
      if (!works) return;
      await transport.start((carrier) => worker.look(carrier));
      for (const loop of [relaying, feeding]) loop.start();
    },
    wake: () => {
      if (works) relaying.wake();
    },
    pass: async () => {
      await refresh();
      await takeBackLeases(db, clock.now());
      await tidy();
      await look();
      while (await relay.pass());
      while ((await feeder.pass()) > 0);
    },
    status: () => ({
      transport: transport.name,
      // A hub that only takes requests has none, and that is well.
      connections: works ? transport.connections() : [],
      sending: worker.sending,
      snapshot,
    }),
    stop: async () => {
      for (const loop of [relaying, feeding, upkeep]) await loop.stop();
      await transport.stop();
      await worker.stop();
      for (const adapter of adapters) await adapter.close();
    },
  };
}
