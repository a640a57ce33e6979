import { Gauge, type Registry } from 'prom-client';
import Type from 'typebox';
import { TanbaError } from '../core/errors.ts';
import { type AnyRoute, route } from './route.ts';

type HealthState = 'good' | 'degraded' | 'bad';

/** The register of adapters, as these routes need it. */
export interface ShownAdapters {
  list(): Promise<readonly object[]>;
  get(name: string): Promise<object | undefined>;
  health(): Promise<ReadonlyMap<string, { readonly state: HealthState }>>;
}

const NAME_MAX = 40;
const HEALTH_VALUES: Readonly<Record<HealthState, number>> = { good: 0, degraded: 1, bad: 2 };

const Kinds = Type.Array(Type.Object({ kind: Type.String(), summary: Type.String() }));

const AdapterAnswer = Type.Object({
  name: Type.String(),
  summary: Type.String(),
  capabilities: Type.Array(Type.Enum(['receives', 'delivers', 'serves', 'schedules'])),
  receives: Kinds,
  delivers: Kinds,
  settingsSchema: Type.Object({}, { description: 'JSON Schema of its entry in config/adapters.json.' }),
  settings: Type.Object({}, { description: 'In force, defaults filled in; secrets are ***.' }),
  jobs: Type.Array(Type.String({ description: 'A name of /api/v1/exchange/jobs.' })),
  health: Type.Object({
    state: Type.Enum(['good', 'degraded', 'bad']),
    finding: Type.String(),
    details: Type.Object({}),
  }),
});

const common = { method: 'get', tag: 'adapters', access: 'exchange' } as const;

/** Which adapters this hub has, what they declare, and how they are. */
export function adapterRoutes(adapters: ShownAdapters): AnyRoute[] {
  return [
    route({
      ...common,
      path: '/api/v1/adapters',
      operationId: 'listAdapters',
      summary: 'What ties the hub to the outside world, and how it is',
      description: 'As this hub sees it. An adapter that does not answer within two seconds is bad.',
      responses: {
        200: { description: 'All of them', schema: Type.Object({ adapters: Type.Array(AdapterAnswer) }) },
      },
      handle: async () => ({ status: 200, body: { adapters: await adapters.list() } }),
    }),
    route({
      ...common,
      path: '/api/v1/adapters/:name',
      operationId: 'getAdapter',
      summary: 'One adapter',
      params: Type.Object({ name: Type.String({ maxLength: NAME_MAX }) }),
      responses: { 200: { description: 'The adapter', schema: AdapterAnswer } },
      handle: async ({ params: { name } }) => {
        const body = await adapters.get(name);
        if (body === undefined) throw new TanbaError('adapters.not_found', { details: { name } });
        return { status: 200, body };
      },
    }),
  ];
}

/** Asked whenever the numbers are. */
export function watchAdapters(registry: Registry, adapters: Pick<ShownAdapters, 'health'>): void {
  const gauge: Gauge = new Gauge({
    name: 'tanba_adapter_health',
    help: 'How an adapter is: 0 good, 1 degraded, 2 bad.',
    labelNames: ['adapter'],
    registers: [registry],
    collect: async () => {
      for (const [adapter, { state }] of await adapters.health()) gauge.set({ adapter }, HEALTH_VALUES[state]);
    },
  });
}
