import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { connect } from 'amqplib';
import { envelopeBytes } from '../src/exchange/message.ts';
import { newId } from '../src/store/ids.ts';
import type { BareQueue, BareRound, BareTask } from './bare-carrier.ts';
import { documentMessages } from './messages.ts';

// The same posts of the same size as the hub's, and the same guarantee of the queue; no store, no gate, no signature.
interface Prepared {
  readonly id: string;
  readonly body: Buffer;
}

interface Carrying {
  carry(messages: readonly Prepared[]): Promise<void>;
  stop(): Promise<void>;
}

type Post = (message: Prepared) => Promise<void>;

let carrying: Carrying | undefined;
let prepared: readonly Prepared[] = [];

process.on('message', (message: BareTask | BareRound | 'carry' | 'stop') => {
  answer(message).then(
    () => process.send?.('done'),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(0));

async function answer(message: BareTask | BareRound | 'carry' | 'stop'): Promise<void> {
  if (message === 'carry') await carrying?.carry(prepared);
  else if (message === 'stop') await carrying?.stop();
  else if ('bin' in message) prepared = prepare(message);
  else carrying = await open(message);
}

function prepare({ bin, messages }: BareRound): Prepared[] {
  const now = new Date();
  return documentMessages(bin, messages).map(({ topic, payload }) => {
    const id = newId(now);
    const envelope = { id, type: topic, timestamp: now.toISOString(), participant: bin, data: payload };
    return { id, body: envelopeBytes(envelope) };
  });
}

async function open({ url, concurrency, queue }: BareTask): Promise<Carrying> {
  const post = posting(new URL(url), concurrency);
  return queue === null ? fromMemory(post, concurrency) : await throughQueue(post, queue);
}

/** As long as what the hub says of itself. */
const HEADERS = {
  'content-type': 'application/json',
  'user-agent': 'Tanba-Webhooks/1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'webhook-timestamp': '1767225600',
  'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
};

function posting({ hostname, port, pathname }: URL, concurrency: number): Post {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  return ({ id, body }) =>
    new Promise((resolve, reject) => {
      const headers = { ...HEADERS, 'webhook-id': id, 'content-length': body.length };
      const outgoing = request({ agent, method: 'POST', host: hostname, port, path: pathname, headers });
      outgoing.once('response', (response) => {
        if (response.statusCode !== 204) reject(new Error(`answered with ${response.statusCode}`));
        response.resume().once('end', resolve);
      });
      outgoing.once('error', reject).end(body);
    });
}

function fromMemory(post: Post, concurrency: number): Carrying {
  return {
    carry: async (messages) => {
      const left = messages.values();
      const line = async (): Promise<void> => {
        for (const message of left) await post(message);
      };
      await Promise.all(Array.from({ length: concurrency }, line));
    },
    stop: async () => undefined,
  };
}

async function throughQueue(post: Post, { amqpUrl, name, prefetch }: BareQueue): Promise<Carrying> {
  const connection = await connect(amqpUrl, { keepAlive: true });
  const publisher = await connection.createConfirmChannel();
  await publisher.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  const consumed = await consuming(connection, post, name, prefetch);
  return {
    carry: async (messages) => {
      const all = consumed(messages.length);
      await publish(publisher, name, messages);
      await all;
    },
    stop: async () => {
      await publisher.deleteQueue(name);
      await connection.close();
    },
  };
}

async function publish(channel: ConfirmChannel, queue: string, messages: readonly Prepared[]): Promise<void> {
  for (const { id, body } of messages) {
    const room = channel.sendToQueue(queue, body, { persistent: true, messageId: id });
    if (!room) await once(channel, 'drain');
  }
  await channel.waitForConfirms();
}

/** Answers what resolves when so many further messages have been posted and acknowledged. */
async function consuming(
  connection: ChannelModel,
  post: Post,
  queue: string,
  prefetch: number,
): Promise<(messages: number) => Promise<void>> {
  const channel = await connection.createChannel();
  await channel.prefetch(prefetch);
  let left = 0;
  let done: (() => void) | undefined;
  const take = async (message: ConsumeMessage | null): Promise<void> => {
    if (message === null) throw new Error('the queue is gone');
    await post({ id: String(message.properties.messageId), body: message.content });
    channel.ack(message);
    left -= 1;
    if (left === 0) done?.();
  };
  await channel.consume(queue, (message) => void take(message));
  return (messages) => {
    left = messages;
    return new Promise((resolve) => {
      done = resolve;
    });
  };
}
