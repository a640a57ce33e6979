import { randomBytes } from 'node:crypto';
import { createAddressGuard } from '../../src/adapters/webhook/address-guard.ts';
import { createWebhookDelivery } from '../../src/adapters/webhook/delivery.ts';
import { createNameResolution } from '../../src/adapters/webhook/name-resolution.ts';
import { createWebhookSecrets } from '../../src/adapters/webhook/secrets.ts';
import { createSealer } from '../../src/core/codes/seal.ts';
import { type Fault, startPartner } from '../support/partner-stand-in.ts';
import { type OutboundFault, outboundConformance } from './outbound.ts';

const FAULTS: Readonly<Record<OutboundFault, Fault>> = {
  protocol_failure: { kind: 'status', status: 500 },
  overload: { kind: 'status', status: 503 },
  hang: { kind: 'hang' },
  reset_before_accept: { kind: 'reset_before' },
  reset_after_accept: { kind: 'reset_after_accept' },
  garbage: { kind: 'garbage' },
  truncated: { kind: 'truncated' },
  // HTTP says by its status alone whether it has taken a message.
  error_in_success: { kind: 'ok', status: 200 },
  answered_twice: { kind: 'ok', status: 204 },
};

const numberOf = (body: Buffer): string => String(JSON.parse(String(body)).data.number);

outboundConformance('webhook', async ({ db }, clock) => {
  const partner = await startPartner();
  const secrets = createWebhookSecrets({ db, clock, sealer: createSealer(randomBytes(32), 'webhook') });
  const guard = createAddressGuard({ networks: ['127.0.0.0/8'], httpsOnly: false, resolve: createNameResolution() });
  return {
    adapter: createWebhookDelivery({ guard, secrets, clock }),
    settings: { url: `${partner.url}/hook` },
    prepare: (database, partnerId) =>
      database.db.transaction(async (tx) => void (await secrets.make(tx, partnerId, clock.now()))),
    message: (n) => ({ topic: 'document.accepted', keys: ['document:1'], payload: { number: n } }),
    nameOf: String,
    codes: {
      protocol_failure: 'http.500',
      overload: 'http.503',
      hang: 'timeout',
      reset_before_accept: 'reset',
      reset_after_accept: 'reset',
      garbage: 'garbage',
      truncated: 'truncated',
      error_in_success: null,
      answered_twice: null,
    },
    wrongCredentials: 'http.401',
    simulator: {
      meet: (fault) => {
        let met = false;
        partner.script(() => {
          if (met) return { kind: 'ok' };
          met = true;
          return FAULTS[fault];
        });
      },
      down: partner.down,
      up: partner.up,
      changeCredentials: (right) => partner.script(right ? { kind: 'ok' } : { kind: 'status', status: 401 }),
      accepted: () => acceptedOf(partner.received),
    },
    stop: partner.close,
  };
});

const TAKEN: readonly Fault['kind'][] = ['ok', 'slow', 'hang', 'reset_after_accept', 'garbage', 'truncated'];

/** By its id a receiver recognises a repetition. */
function acceptedOf(received: Awaited<ReturnType<typeof startPartner>>['received']): string[] {
  const taken = new Map<string, string>();
  for (const { id, body, answeredWith } of received) {
    if (TAKEN.includes(answeredWith.kind) && !taken.has(id)) taken.set(id, numberOf(body));
  }
  return [...taken.values()];
}
