import { randomBytes } from 'node:crypto';
import { removeNamespace } from '../test/support/services/namespace.ts';
import { sharedAmqpUrl, sharedRedisUrl, whyNoAmqp, whyNoRedis } from '../test/support/services/shared.ts';

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
    remove: () => removeNamespace({ amqpUrl, redisUrl }, namespace, ADAPTERS),
  };
}
