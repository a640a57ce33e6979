import Type from 'typebox';
import { type AnyRoute, route } from './route.ts';

/** Something without which requests cannot be served; rejects when it is not there. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void>;
}

export interface HealthDeps {
  readonly checks: readonly HealthCheck[];
  readonly isStopping: () => boolean;
}

// Shorter than the 5 s after which load balancers usually give up on a probe.
const CHECK_TIMEOUT_MS = 3_000;

export function healthRoutes(deps: HealthDeps): AnyRoute[] {
  const common = { method: 'get', tag: 'operation', access: 'public' } as const;
  return [
    route({
      ...common,
      path: '/health/live',
      operationId: 'healthLive',
      summary: 'Whether the process is up',
      responses: { 200: { description: 'It is', schema: Type.Object({ status: Type.Literal('live') }) } },
      handle: async () => ({ status: 200, body: { status: 'live' } }),
    }),
    route({
      ...common,
      path: '/health/ready',
      operationId: 'healthReady',
      summary: 'Whether requests can be served',
      responses: {
        200: { description: 'They can', schema: Type.Object({ status: Type.Literal('ready') }) },
        503: {
          description: 'They cannot, for want of what is named',
          contentType: 'application/json',
          schema: Type.Object({ status: Type.Literal('not_ready'), failing: Type.Array(Type.String()) }),
        },
      },
      async handle() {
        const failing = deps.isStopping() ? ['stopping'] : await failingChecks(deps.checks);
        return failing.length === 0
          ? { status: 200, body: { status: 'ready' } }
          : { status: 503, body: { status: 'not_ready', failing } };
      },
    }),
  ];
}

async function failingChecks(checks: readonly HealthCheck[]): Promise<readonly string[]> {
  const results = await Promise.all(checks.map(async (check) => ((await passes(check)) ? null : check.name)));
  return results.filter((name) => name !== null);
}

async function passes(check: HealthCheck): Promise<boolean> {
  const { promise: late, resolve } = deferred();
  const timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
  const checked = check.check().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([checked, late]);
  } finally {
    clearTimeout(timer);
  }
}

function deferred(): { promise: Promise<boolean>; resolve: (value: boolean) => void } {
  let resolve: (value: boolean) => void = () => undefined;
  const promise = new Promise<boolean>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
