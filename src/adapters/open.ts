import type { Job } from '../exchange/jobs/job.ts';
import type { Log } from '../log.ts';
import type { AnyRoute } from '../routes/route.ts';
import type { AdapterCapability, AdapterContext, AdapterModule, DemoParticipant, OpenAdapter } from './contract.ts';
import type { LoadedAdapter } from './load.ts';

/** An adapter with all that is known of it. */
export interface RunningAdapter extends LoadedAdapter {
  readonly opened: OpenAdapter;
}

/** What all adapters get; each has its settings and a log of its own besides. */
export type CommonContext = Omit<AdapterContext, 'settings'>;

/** In the order of the configuration. */
export async function openAdapters(
  loaded: readonly LoadedAdapter[],
  common: CommonContext,
): Promise<readonly RunningAdapter[]> {
  const running: RunningAdapter[] = [];
  for (const { module, settings } of loaded) {
    const log = common.log.child({ adapter: module.name });
    const opened = await module.open({ ...common, log, settings });
    assertDeclared(module, opened);
    running.push({ module, settings, opened });
  }
  return running;
}

/** Faults of an adapter's author, told at start rather than found by an operator. */
function assertDeclared({ name, capabilities }: AdapterModule, opened: OpenAdapter): void {
  const { delivery, jobs = [] } = opened;
  const missing = (['health', 'start', 'stop'] as const).filter((member) => typeof opened[member] !== 'function');
  if (missing.length > 0) throw new Error(`the adapter ${name} opens without ${missing.join(', ')}`);
  const needed: AdapterCapability[] = [];
  if (delivery !== undefined) needed.push('delivers');
  if (jobs.length > 0) needed.push('schedules');
  const undeclared = needed.filter((capability) => !capabilities.includes(capability));
  if (undeclared.length > 0) throw new Error(`the adapter ${name} does not declare that it ${undeclared.join(', ')}`);
  if (delivery !== undefined && delivery.name !== name) {
    throw new Error(`the adapter ${name} delivers under another name: ${delivery.name}`);
  }
}

/** Two jobs, or two operations, of one name would hide each other. */
export function assertApart(jobs: readonly Job[], routes: readonly AnyRoute[]): void {
  const names = [
    ...jobs.map(({ name }) => `job ${name}`),
    ...routes.map(({ method, path }) => `operation ${method.toUpperCase()} ${path.replace(/:\w+/g, ':')}`),
    ...routes.map(({ operationId }) => `operation ${operationId}`),
  ];
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Error(`there are two of the ${name}`);
    seen.add(name);
  }
}

/** What the adapters add to demo.json. */
export async function demoOf(
  adapters: readonly RunningAdapter[],
  participants: readonly DemoParticipant[],
): Promise<Readonly<Record<string, unknown>>> {
  const parts = await Promise.all(adapters.map(async ({ opened }) => await opened.demo?.(participants)));
  return Object.assign({}, ...parts.map((part) => part ?? {}));
}

/** What is still under way then is cut off by the stop of what stands below. */
const STOP_MS = 10_000;

/** Opens the doors one after the other; each stop is pushed as soon as there is something to stop. */
export async function startAdapters(
  adapters: readonly RunningAdapter[],
  log: Log,
  stops: (() => Promise<void>)[],
): Promise<void> {
  for (const { module, opened } of adapters) {
    // Also after a start that failed half-way.
    stops.push(() => stopOne(module.name, opened, log));
    await opened.start();
  }
}

/** One that fails or hangs keeps nothing else from stopping. */
async function stopOne(name: string, opened: OpenAdapter, log: Log): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.error({ adapter: name }, 'an adapter does not stop: going on without it');
      resolve();
    }, STOP_MS);
  });
  const stop = async (): Promise<void> => await opened.stop();
  const stopped = stop().catch((error: unknown) => {
    log.error({ err: error, adapter: name }, 'an adapter failed to stop');
  });
  await Promise.race([stopped, late]);
  clearTimeout(timer);
}
