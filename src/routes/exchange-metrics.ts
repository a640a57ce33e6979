import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ExchangeStatus } from '../exchange/exchange.ts';
import type { KnownPartner } from '../exchange/partner-directory.ts';

export interface ExchangeMetrics {
  observeAttempt(adapter: string, partnerId: string, outcome: string, seconds: number): void;
  /** Read whenever the numbers are asked for. */
  watch(status: () => ExchangeStatus, find: (partnerId: string) => KnownPartner | undefined): void;
}

/** Partners with a label of their own, the deepest first; the others are told together. */
const LABELLED_PARTNERS = 100;
const OTHERS = 'others';
const ATTEMPT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
const BREAKER_VALUES = { closed: 0, half_open: 1, open: 2 } as const;

export function createExchangeMetrics(registry: Registry): ExchangeMetrics {
  const attempts = new Counter({
    name: 'tanba_exchange_attempts_total',
    help: 'Attempts to deliver, by adapter and outcome.',
    labelNames: ['adapter', 'outcome'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'tanba_exchange_attempt_seconds',
    help: 'Time of an attempt to deliver.',
    labelNames: ['adapter'],
    buckets: ATTEMPT_BUCKETS,
    registers: [registry],
  });
  return {
    observeAttempt: (adapter, _partnerId, outcome, seconds) => {
      attempts.inc({ adapter, outcome });
      durations.observe({ adapter }, seconds);
    },
    watch: (status, find) => watchExchange(registry, status, find),
  };
}

function watchExchange(
  registry: Registry,
  status: () => ExchangeStatus,
  find: (partnerId: string) => KnownPartner | undefined,
): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], collect: (gauge: Gauge) => void): void => {
    const made: Gauge = new Gauge({ name, help, labelNames, registers: [registry], collect: () => collect(made) });
  };
  const deepest = () =>
    [...(status().snapshot?.depths.values() ?? [])]
      .sort((a, b) => b.waiting - a.waiting)
      .map((depth, index) => ({
        depth,
        labels: {
          adapter: find(depth.partnerId)?.adapter.name ?? 'unknown',
          partner: index < LABELLED_PARTNERS ? depth.partnerId : OTHERS,
        },
      }));
  gauge('tanba_exchange_deliveries', 'Unfinished deliveries.', ['adapter', 'partner', 'state'], (made) => {
    made.reset();
    for (const { depth, labels } of deepest()) {
      for (const [state, count] of Object.entries(depth.byState)) made.inc({ ...labels, state }, count);
    }
  });
  gauge('tanba_exchange_oldest_seconds', 'Age of the oldest delivery that waits.', ['adapter', 'partner'], (made) => {
    made.reset();
    const at = status().snapshot?.at.getTime() ?? 0;
    for (const { depth, labels } of deepest().slice(0, LABELLED_PARTNERS)) {
      if (depth.oldest !== null) made.set(labels, (at - depth.oldest.getTime()) / 1_000);
    }
  });
  gauge('tanba_exchange_breaker', 'Breakers that are not closed: 1 half open, 2 open.', ['partner'], (made) => {
    made.reset();
    const tripped = (status().snapshot?.gates ?? []).filter(({ breaker }) => breaker !== 'closed');
    for (const { partnerId, breaker } of tripped.slice(0, LABELLED_PARTNERS)) {
      made.set({ partner: partnerId }, BREAKER_VALUES[breaker]);
    }
  });
  gauge('tanba_exchange_connected', '1 while the client is connected.', ['client'], (made) => {
    for (const { name, connected } of status().connections) made.set({ client: name }, connected ? 1 : 0);
  });
  gauge('tanba_exchange_sending', 'Attempts under way in this process.', [], (made) => made.set(status().sending));
  gauge('tanba_outbox_unsent', 'Messages that the relay has not taken yet (at most 100,000).', [], (made) =>
    made.set(status().snapshot?.outbox.unsent ?? 0),
  );
  gauge('tanba_outbox_lag_seconds', 'Age of the oldest of them.', [], (made) => {
    const { snapshot } = status();
    const oldest = snapshot?.outbox.oldest;
    made.set(snapshot == null || oldest == null ? 0 : (snapshot.at.getTime() - oldest.getTime()) / 1_000);
  });
}
