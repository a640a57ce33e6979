import type { ChannelModel, ConfirmChannel, ConsumeMessage, RecoveringChannelModel } from 'amqplib';
import amqplib from 'amqplib';
import type { Log } from '../../log.ts';
import { readCarrier, writeCarrier } from './carrier-message.ts';
import { type RetryTimer, startRetryTimer, type TimerStore } from './retry-timer.ts';
import { declareTopology, type Topology, topologyOf } from './topology.ts';
import type { Carrier, Look, Transport } from './transport.ts';

export interface RabbitTransportOptions {
  readonly url: string;
  readonly timerStore: TimerStore;
  readonly namespace: string;
  readonly adapters: readonly string[];
  readonly log: Log;
}

/** Carriers that a worker has and has not acknowledged. */
const PREFETCH = 2_000;
/** A connection that is silent for two of these is dead: half-open ones are noticed after some 20 s. */
const HEARTBEAT_SECONDS = 10;
const RECOVERY = { initialDelay: 200, maxDelay: 3_000, factor: 2, jitter: 0.2, waitForConnect: false } as const;
const CONFIRM_TIMEOUT_MS = 15_000;
/** A broker that is short of something accepts connections and then does not answer declarations. */
const SETUP_TIMEOUT_MS = 30_000;

/** RabbitMQ carries, with confirms and manual acknowledgements; BullMQ waits. */
export function createRabbitTransport(options: RabbitTransportOptions): Transport {
  const { url, namespace, adapters, timerStore, log } = options;
  const topology = topologyOf(namespace, adapters);
  let connection: RecoveringChannelModel | null = null;
  let publisher: ConfirmChannel | null = null;
  let blocked = false;
  let stopping = false;
  let failing = false;
  let timer: RetryTimer | null = null;
  const looking = new Set<Promise<void>>();

  async function open(model: ChannelModel, look: Look): Promise<void> {
    const channel = await model.createConfirmChannel();
    // Whatever closes a channel or takes a queue away: a new connection declares and consumes everything again.
    const reconnect = (why: string) => () => {
      if (publisher !== channel || stopping) return;
      publisher = null;
      log.warn({ why }, 'RabbitMQ: opening everything anew');
      model.close().catch(() => undefined);
    };
    // Each batch that waits for its confirms listens for the end.
    channel.setMaxListeners(0);
    channel.on('error', () => undefined);
    channel.on('close', reconnect('channel closed'));
    channel.on('return', reconnect('a queue is missing'));
    await declareTopology(channel, topology);
    const consumer = await model.createChannel();
    consumer.on('error', () => undefined);
    consumer.on('close', reconnect('consumer closed'));
    await consumer.prefetch(PREFETCH);
    for (const { queue } of topology.queues) {
      await consumer.consume(queue, (message) => {
        if (message === null) reconnect('consumer cancelled')();
        else take(message, look, () => consumer.ack(message));
      });
    }
    blocked = false;
    failing = false;
    publisher = channel;
    log.info({ exchange: topology.exchange }, 'RabbitMQ: connected');
  }

  function take(message: ConsumeMessage, look: Look, ack: () => void): void {
    const carrier = readCarrier(message);
    const looked = (carrier === null ? Promise.resolve() : look(carrier)).then(() => {
      try {
        ack();
      } catch {
        // The channel is gone; RabbitMQ delivers the carrier again, and the gate knows what has been done.
      }
    });
    looking.add(looked);
    void looked.finally(() => looking.delete(looked));
  }

  async function carry(carriers: readonly Carrier[]): Promise<void> {
    if (carriers.length === 0) return;
    const channel = publisher;
    if (channel === null) throw new Error('RabbitMQ is not connected');
    await confirmed(channel, topology, carriers);
  }

  return {
    name: 'rabbitmq',
    get ready() {
      return publisher !== null && !blocked;
    },
    start: async (look) => {
      timer = await startRetryTimer({ store: timerStore, namespace, log, onDue: (carrier) => carry([carrier]) });
      connection = await amqplib.connect(withHeartbeat(url), {
        recovery: { ...RECOVERY, setup: (model: ChannelModel) => inTime(open(model, look)) },
        timeout: CONFIRM_TIMEOUT_MS,
        keepAlive: true,
        clientProperties: { connection_name: `tanba ${namespace} ${process.pid}` },
      });
      connection.on('error', () => undefined);
      connection.on('connect-failed', (error: Error) => {
        if (!failing && !stopping) log.warn({ err: error }, 'RabbitMQ: no connection, trying again');
        failing = true;
      });
      connection.on('disconnect', () => {
        publisher = null;
        if (!stopping) log.warn({}, 'RabbitMQ: connection lost, connecting again');
      });
      connection.on('blocked', () => {
        blocked = true;
        log.warn({}, 'RabbitMQ: blocked by an alarm of its own (memory or disk)');
      });
      connection.on('unblocked', () => {
        blocked = false;
      });
    },
    carry,
    carryLater: async (carriers) => {
      await timer?.later(carriers);
    },
    purge: async () => {
      const channel = publisher;
      if (channel !== null) for (const { queue } of topology.queues) await channel.purgeQueue(queue);
      await timer?.purge();
    },
    connections: () => [
      { name: 'rabbitmq', connected: publisher !== null && !blocked },
      ...(timer === null ? [] : [timer.connection()]),
    ],
    stop: async () => {
      stopping = true;
      await timer?.stop();
      // Attempts under way end and are acknowledged; nothing new is taken.
      publisher = null;
      await Promise.allSettled(looking);
      await connection?.close().catch(() => undefined);
    },
  };
}

async function inTime(opening: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`RabbitMQ has not answered the declarations for ${SETUP_TIMEOUT_MS / 1_000} s`);
    timer = setTimeout(() => reject(error), SETUP_TIMEOUT_MS);
  });
  await Promise.race([opening, late]).finally(() => clearTimeout(timer));
}

function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  return parsed.href;
}

/** Resolves when RabbitMQ has confirmed every one of them: quorum queues have them on a majority of their disks. */
function confirmed(channel: ConfirmChannel, topology: Topology, carriers: readonly Carrier[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = carriers.length;
    const closed = (): void => end(new Error('RabbitMQ: the channel closed before the confirms'));
    const timer = setTimeout(() => end(new Error('RabbitMQ: no confirm in time')), CONFIRM_TIMEOUT_MS);
    const end = (error?: Error): void => {
      clearTimeout(timer);
      channel.off('close', closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    channel.once('close', closed);
    try {
      for (const carrier of carriers) {
        const { content, properties } = writeCarrier(carrier);
        channel.publish(topology.exchange, carrier.adapter, content, properties, (error: unknown) => {
          if (error) end(error instanceof Error ? error : new Error('RabbitMQ refused a carrier'));
          else if (--left === 0) end();
        });
      }
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
