import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import { topologyOf } from '../src/exchange/transports/topology.ts';
import { sharedAmqpUrl, sharedRedisUrl, whyNoAmqp, whyNoRedis, withRedis } from '../test/support/services/shared.ts';

/** RabbitMQ and Redis as one hub uses them: under a namespace that nobody else has. */
export interface Broker {
  readonly amqpUrl: string;
  readonly namespace: string;
  /** For the hub. */
  readonly environment: Readonly<Record<string, string>>;
  /** Removes whatever the namespace holds; nobody uses it any more. */
  remove(): Promise<void>;
}

interface Skipped {
  readonly skipped: string;
}

const ADAPTERS = ['webhook'];
const KEYS_AT_ONCE = 1_000;

/** Those that AMQP_URL and REDIS_URL name, else those on this machine. */
export async function openBroker(): Promise<Broker | Skipped> {
  const amqpUrl = process.env['AMQP_URL'] || sharedAmqpUrl();
  const redisUrl = process.env['REDIS_URL'] || sharedRedisUrl();
  const [noAmqp, noRedis] = await Promise.all([whyNoAmqp(amqpUrl), whyNoRedis(redisUrl)]);
  if (noAmqp !== undefined) return { skipped: `RabbitMQ does not answer (AMQP_URL): ${noAmqp}` };
  if (noRedis !== undefined) return { skipped: `Redis does not answer (REDIS_URL): ${noRedis}` };
  const namespace = `bench-${randomBytes(5).toString('hex')}`;
  return {
    amqpUrl,
    namespace,
    environment: { AMQP_URL: amqpUrl, REDIS_URL: redisUrl, TANBA_NAMESPACE: namespace },
    remove: async () => {
      await removeQueues(amqpUrl, namespace);
      await removeKeys(redisUrl, namespace);
    },
  };
}

async function removeQueues(amqpUrl: string, namespace: string): Promise<void> {
  const { queues, exchange, deadExchange, deadQueue } = topologyOf(namespace, ADAPTERS);
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
