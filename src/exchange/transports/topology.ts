import type { Channel } from 'amqplib';

/** What the hub declares in RabbitMQ; told in docs/exchange.md. */
export interface Topology {
  /** Topic exchange; the routing key is the adapter's name. */
  readonly exchange: string;
  readonly queues: readonly { readonly queue: string; readonly adapter: string }[];
  readonly deadExchange: string;
  readonly deadQueue: string;
}

/** A carrier that so many workers died of, or lost their connection with, is set aside; its delivery gets another. */
const DELIVERY_LIMIT = 20;
const DEAD_MAX = 10_000;

export function topologyOf(namespace: string, adapters: readonly string[]): Topology {
  return {
    exchange: `${namespace}.deliveries`,
    queues: adapters.map((adapter) => ({ queue: `${namespace}.deliveries.${adapter}`, adapter })),
    deadExchange: `${namespace}.dead`,
    deadQueue: `${namespace}.dead`,
  };
}

/** Repeatable. Quorum queues: classic ones lost a third of what was acknowledged under partitions (Jepsen, 2014). */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  const quorum = { 'x-queue-type': 'quorum' };
  await channel.assertExchange(topology.deadExchange, 'topic', { durable: true });
  await channel.assertQueue(topology.deadQueue, {
    durable: true,
    arguments: { ...quorum, 'x-max-length': DEAD_MAX, 'x-overflow': 'drop-head' },
  });
  await channel.bindQueue(topology.deadQueue, topology.deadExchange, '#');
  await channel.assertExchange(topology.exchange, 'topic', { durable: true });
  for (const { queue, adapter } of topology.queues) {
    await channel.assertQueue(queue, {
      durable: true,
      // Without the dead-letter exchange RabbitMQ drops what passes the limit.
      arguments: { ...quorum, 'x-delivery-limit': DELIVERY_LIMIT, 'x-dead-letter-exchange': topology.deadExchange },
    });
    await channel.bindQueue(queue, topology.exchange, adapter);
  }
}
