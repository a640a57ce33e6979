import { connect } from 'amqplib';
import { Redis } from 'ioredis';

const ANSWER_TIMEOUT_MS = 3_000;

/** The RabbitMQ that all tests share; without `npm test`, the one that listens on the standard port. */
export function sharedAmqpUrl(env: NodeJS.ProcessEnv = process.env): string {
  return env['TANBA_TEST_AMQP_URL'] || 'amqp://guest:guest@127.0.0.1:5672';
}

/** The same of Redis. */
export function sharedRedisUrl(env: NodeJS.ProcessEnv = process.env): string {
  return env['TANBA_TEST_REDIS_URL'] || 'redis://127.0.0.1:6379';
}

/** Undefined for a RabbitMQ that lets us in, else why it does not. */
export async function whyNoAmqp(url: string): Promise<string | undefined> {
  try {
    const connection = await connect(url, { timeout: ANSWER_TIMEOUT_MS });
    // What happens to it while it closes does not matter any more.
    connection.on('error', () => {});
    await connection.close();
    return undefined;
  } catch (error) {
    return told(error);
  }
}

/** Undefined for a Redis that lets us in, else why it does not. */
export async function whyNoRedis(url: string): Promise<string | undefined> {
  try {
    const answer = await withRedis(url, (redis) => redis.ping());
    return answer === 'PONG' ? undefined : `it answers PING with ${answer}`;
  } catch (error) {
    return told(error);
  }
}

/** One connection that does not try again. */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: ANSWER_TIMEOUT_MS,
    commandTimeout: ANSWER_TIMEOUT_MS,
  });
  // connect() itself only says that the connection is closed; this says why.
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await redis.connect();
    return await work(redis);
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

function told(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
