import { setTimeout as delay } from 'node:timers/promises';
import type { Fault as PartnerFault } from '../support/partner-stand-in.ts';
import type { OwnServer } from '../support/services/own-server.ts';
import type { Guarded, Stage, TransportName } from './stage.ts';

/** Something that happens to the stage while requests go on, and that ends. */
export interface Fault {
  readonly name: string;
  readonly on: readonly TransportName[];
  /** Resolves when it is over. */
  strike(stage: Stage): Promise<void>;
}

const BOTH = ['embedded', 'rabbitmq'] as const;
const RABBIT = ['rabbitmq'] as const;
/** How long a fault lasts: some hundred requests. */
const LASTS_MS = 2_000;
/** Longer than RabbitMQ's heartbeats and Redis' socket timeout, so that clients notice by themselves. */
const SILENCE_MS = 5_000;

export const FAULTS: readonly Fault[] = [
  { name: 'the hub is killed', on: BOTH, strike: (stage) => stage.replaceHub() },
  { name: 'the worker is killed', on: BOTH, strike: (stage) => stage.replaceWorker() },
  ...ofServer('PostgreSQL', BOTH, (stage) => stage.postgres),
  ...ofServer('RabbitMQ', RABBIT, (stage) => stage.rabbit),
  ...ofServer('Redis', RABBIT, (stage) => stage.redis),
  { name: 'the queues of RabbitMQ are purged', on: RABBIT, strike: async (stage) => stage.rabbit?.server.purge() },
  { name: 'Redis is flushed', on: RABBIT, strike: async (stage) => stage.redis?.server.flush() },
  ...ofPartner('is down', null),
  ...ofPartner('is slow', { kind: 'slow', ms: 700 }),
  ...ofPartner('is slower than its time', { kind: 'slow', ms: 2_500 }),
  ...ofPartner('answers 500', { kind: 'status', status: 500 }),
  ...ofPartner('answers 429 with Retry-After', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }),
  ...ofPartner('answers garbage', { kind: 'garbage' }),
  ...ofPartner('resets after accepting', { kind: 'reset_after_accept' }),
  ...ofPartner('breaks off its answer', { kind: 'truncated' }),
];

function ofServer(
  name: string,
  on: readonly TransportName[],
  of: (stage: Stage) => Guarded<OwnServer> | null,
): readonly Fault[] {
  const with_ = (work: (guarded: Guarded<OwnServer>) => Promise<void>) => async (stage: Stage) => {
    const guarded = of(stage);
    if (guarded !== null) await work(guarded);
  };
  return [
    {
      name: `${name} is stopped and started`,
      on,
      strike: with_(async ({ server }) => {
        await server.stop();
        await delay(LASTS_MS / 2);
        await server.start();
      }),
    },
    {
      name: `${name} is killed and started`,
      on,
      strike: with_(async ({ server }) => {
        await server.kill();
        await server.start();
      }),
    },
    {
      name: `connections to ${name} are cut`,
      on,
      strike: with_(async ({ proxy }) => {
        proxy.cut();
      }),
    },
    {
      name: `connections to ${name} go silent`,
      on,
      strike: with_(async ({ proxy }) => {
        proxy.halfOpen();
        await delay(SILENCE_MS);
        // What hung there is lost, as when a firewall has forgotten it.
        proxy.cut();
        await proxy.heal();
      }),
    },
  ];
}

function ofPartner(what: string, fault: PartnerFault | null): readonly Fault[] {
  return [
    {
      name: `the partner ${what}`,
      on: BOTH,
      strike: async ({ partner }) => {
        if (fault === null) await partner.down();
        else partner.script(fault);
        await delay(LASTS_MS);
        if (fault === null) await partner.up();
        else partner.script({ kind: 'ok' });
      },
    },
  ];
}
