import { type BareCarrier, type BareQueue, startBareCarrier } from '../bare-carrier.ts';
import type { BenchContext, BrokerBench, StoreBench } from '../bench.ts';
import { withCpu } from '../cpu.ts';
import { deliverMessages } from '../deliver.ts';
import { settleExchange, startAnew } from '../exchange-store.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import type { Row } from '../report.ts';
import { compare, type Measured } from '../rounds.ts';
import { addWebhook } from '../webhook.ts';

const MESSAGES = 20_000;
const CONCURRENCY = 128;
/** The hub's own. */
const PREFETCH = 512;
const PER_SECOND = 1_000;

/** From the commit of a state change to the partner's server, by the way that production takes. */
export const deliveries: BrokerBench = {
  name: 'deliveries',
  needs: 'broker',
  run: async (context) => {
    const { amqpUrl, namespace } = context.broker;
    const row = await compareDeliveries(context, {
      bench: deliveries.name,
      what: 'outbox to partner, RabbitMQ and Redis / bare amqplib and node:http',
      queue: { amqpUrl, name: `${namespace}.bare`, prefetch: PREFETCH },
      target: { is: 'at least', value: 0.5 },
      note: `bare: confirms, a quorum queue, acknowledgements, prefetch ${PREFETCH}`,
    });
    return [row, rateRow(row)];
  },
};

/** The same without RabbitMQ and Redis. */
export const embeddedDeliveries: StoreBench = {
  name: 'embedded-deliveries',
  run: async (context) => [
    await compareDeliveries(context, {
      bench: embeddedDeliveries.name,
      what: 'outbox to partner, embedded transport / bare node:http from memory',
      queue: null,
    }),
  ],
};

interface Way extends Pick<Row, 'bench' | 'what' | 'target' | 'note'> {
  readonly queue: BareQueue | null;
}

async function compareDeliveries(context: BenchContext, { queue, note, ...way }: Way): Promise<Row> {
  const { hub, rounds, tell } = context;
  const messages = context.scaled(MESSAGES);
  const receiver = await startReceiver();
  const bare = await startBareCarrier({ url: receiver.url, concurrency: CONCURRENCY, queue });
  try {
    tell('adding the partner');
    const options = { url: receiver.url, topics: ['document.*'], concurrency: CONCURRENCY };
    const webhook = await addWebhook(hub, 'manufacturer', options);
    await startAnew(hub, webhook);
    await settleExchange(hub);
    return await compare({
      ...way,
      rounds,
      baseline: () => carryBare(receiver, bare, webhook.bin, messages),
      subject: () => deliverMessages(hub, receiver, webhook, messages),
      note: `${messages.toLocaleString('en-US')} messages, ${CONCURRENCY} posts at once${note === undefined ? '' : `; ${note}`}`,
    });
  } finally {
    await bare.stop();
    receiver.stop();
  }
}

async function carryBare(receiver: Receiver, bare: BareCarrier, bin: string, messages: number): Promise<Measured> {
  await bare.prepare({ bin, messages });
  const { arrived } = await receiver.expect(messages);
  const { result, seconds, cpu } = await withCpu({ bare: bare.cpu, receiver: receiver.cpu }, async () => {
    const carried = bare.carry();
    await arrived;
    return { carried };
  });
  await result.carried;
  return { perSecond: messages / seconds, cpu };
}

function rateRow({ subject, subjectCpu }: Row): Row {
  return {
    bench: deliveries.name,
    what: 'deliveries a second, RabbitMQ and Redis',
    value: Math.round(subject?.median ?? 0),
    unit: '/s',
    target: { is: 'at least', value: PER_SECOND },
    ...(subject === undefined ? {} : { subject }),
    ...(subjectCpu === undefined ? {} : { subjectCpu }),
  };
}
