import Type, { type Static } from 'typebox';
import { Parse } from 'typebox/value';
import { networkOf } from '../../config.ts';
import type { AdapterContext, AdapterModule, OpenAdapter, SettingProblem } from '../contract.ts';
import { createAddressGuard } from './address-guard.ts';
import { createWebhookDelivery } from './delivery.ts';
import { createNameResolution } from './name-resolution.ts';
import { webhookRoutes } from './routes.ts';
import { createWebhookSecrets } from './secrets.ts';
import { WEBHOOK_KINDS } from './topics.ts';
import { createWebhooks } from './webhooks.ts';

/** The demo's receivers stand on the same machine. */
const DEMO_NETWORKS: readonly string[] = ['127.0.0.0/8', '::1/128'];

const Settings = Type.Object(
  {
    networks: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Private networks that webhooks may reach, as CIDRs. Without it: this machine in the demo, none in production.',
      }),
    ),
  },
  { additionalProperties: false },
);
type Settings = Static<typeof Settings>;

export const adapter: AdapterModule = {
  name: 'webhook',
  summary: 'Posts messages to the systems that participants have registered, signed by Standard Webhooks over HTTPS.',
  capabilities: ['delivers', 'serves'],
  settings: Settings,
  receives: [],
  delivers: WEBHOOK_KINDS,
  checkSettings: (settings) => networkProblems(Parse(Settings, settings)),
  open: async (context) => openWebhook(context, Parse(Settings, context.settings)),
};

/** Those that webhooks may reach although they are private. */
export function reachableNetworks({ networks }: Settings, production: boolean): readonly string[] {
  return networks ?? (production ? [] : DEMO_NETWORKS);
}

function networkProblems({ networks = [] }: Settings): SettingProblem[] {
  if (networks.every((network) => networkOf(network) !== null)) return [];
  return [{ setting: 'networks', problem: 'must be networks as 10.1.0.0/16,fd00::/8' }];
}

function openWebhook({ db, clock, sealer, limits, production }: AdapterContext, settings: Settings): OpenAdapter {
  const networks = reachableNetworks(settings, production);
  const guard = createAddressGuard({ networks, httpsOnly: production, resolve: createNameResolution() });
  const secrets = createWebhookSecrets({ db, clock, sealer: sealer('webhook') });
  const delivery = createWebhookDelivery({ guard, secrets, clock });
  const webhooks = createWebhooks({ db, clock, secrets, guard, adapter: delivery });
  return {
    delivery,
    routes: webhookRoutes({ webhooks, limits }),
    health: async () => ({
      state: 'good',
      finding: 'Each receiver is a partner of its own, whose state the exchange knows.',
      details: { networks: networks.join(',') },
    }),
    start: async () => undefined,
    stop: async () => undefined,
  };
}
