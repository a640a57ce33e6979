import { connect } from 'amqplib';
import { topologyOf } from '../../../src/exchange/transports/topology.ts';
import { withRedis } from './shared.ts';

export interface SharedBroker {
  readonly amqpUrl: string;
  readonly redisUrl: string;
}

const KEYS_AT_ONCE = 1_000;

/** Removes whatever hubs under this namespace have left in RabbitMQ and Redis; none of them runs any more. */
export async function removeNamespace(
  { amqpUrl, redisUrl }: SharedBroker,
  namespace: string,
  adapters: readonly string[],
): Promise<void> {
  await removeQueues(amqpUrl, namespace, adapters);
  await removeKeys(redisUrl, namespace);
}

async function removeQueues(amqpUrl: string, namespace: string, adapters: readonly string[]): Promise<void> {
  const { queues, exchange, deadExchange, deadQueue } = topologyOf(namespace, adapters);
  const connection = await connect(amqpUrl);
  try {
    const channel = await connection.createChannel();
    for (const queue of [...queues.map((one) => one.queue), deadQueue]) await channel.deleteQueue(queue);
    for (const name of [exchange, deadExchange]) await channel.deleteExchange(name);
  } finally {
    await connection.close();
  }
}

async function removeKeys(redisUrl: string, namespace: string): Promise<void> {
  await withRedis(redisUrl, async (redis) => {
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `{${namespace}}:*`, 'COUNT', KEYS_AT_ONCE);
      if (keys.length > 0) await redis.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  });
}
