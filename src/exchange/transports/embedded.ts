import type { Log } from '../../log.ts';
import { type RetryTimer, startRetryTimer, type TimerStore } from './retry-timer.ts';
import type { Carrier, Look, Transport } from './transport.ts';

export interface EmbeddedTransportOptions {
  readonly timerStore: TimerStore;
  readonly namespace: string;
  readonly log: Log;
}

/** Looks under way in this process; further carriers wait in memory, no more than the partners' windows allow. */
const LOOKS_AT_ONCE = 2_000;

/** The relay hands over directly; BullMQ on PostgreSQL waits. */
export function createEmbeddedTransport({ timerStore, namespace, log }: EmbeddedTransportOptions): Transport {
  const waiting: Carrier[] = [];
  let looking = 0;
  let look: Look | null = null;
  let timer: RetryTimer | null = null;
  let idle: (() => void) | undefined;

  function pump(): void {
    while (look !== null && looking < LOOKS_AT_ONCE) {
      const carrier = waiting.shift();
      if (carrier === undefined) break;
      looking += 1;
      void look(carrier).finally(() => {
        looking -= 1;
        if (looking === 0) idle?.();
        pump();
      });
    }
  }

  async function carry(carriers: readonly Carrier[]): Promise<void> {
    waiting.push(...carriers);
    pump();
  }

  return {
    name: 'embedded',
    get ready() {
      return look !== null;
    },
    start: async (given) => {
      timer = await startRetryTimer({ store: timerStore, namespace, log, onDue: (carrier) => carry([carrier]) });
      look = given;
      pump();
    },
    carry,
    carryLater: async (carriers) => {
      await timer?.later(carriers);
    },
    purge: async () => {
      waiting.length = 0;
      await timer?.purge();
    },
    connections: () => (timer === null ? [] : [timer.connection()]),
    stop: async () => {
      look = null;
      waiting.length = 0;
      await timer?.stop();
      if (looking > 0) await new Promise<void>((resolve) => (idle = resolve));
    },
  };
}
