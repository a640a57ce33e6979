import { setTimeout as delay } from 'node:timers/promises';
import type { AdapterHealth, AdapterModule, OpenAdapter } from './contract.ts';
import type { RunningAdapter } from './open.ts';
import { shownSettings } from './settings.ts';

export interface AdapterView
  extends Pick<AdapterModule, 'name' | 'summary' | 'capabilities' | 'receives' | 'delivers'> {
  readonly settingsSchema: object;
  /** In force, secrets masked. */
  readonly settings: unknown;
  /** Names of its scheduled jobs. */
  readonly jobs: readonly string[];
  readonly health: AdapterHealth;
}

/** The adapters of this hub as operators see them. */
export interface AdapterRegister {
  list(): Promise<readonly AdapterView[]>;
  get(name: string): Promise<AdapterView | undefined>;
  /** By their names. */
  health(): Promise<ReadonlyMap<string, AdapterHealth>>;
}

const HEALTH_MS = 2_000;

export function createAdapterRegister(
  adapters: readonly RunningAdapter[],
  healthTimeoutMs = HEALTH_MS,
): AdapterRegister {
  // Whoever hangs is not asked a second time meanwhile.
  const asking = new Map<string, Promise<AdapterHealth>>();

  function answerOf(name: string, opened: OpenAdapter): Promise<AdapterHealth> {
    const under = asking.get(name);
    if (under !== undefined) return under;
    const asked = ask(opened).finally(() => asking.delete(name));
    asking.set(name, asked);
    return asked;
  }

  async function healthOf({ module, opened }: RunningAdapter): Promise<AdapterHealth> {
    const waiting = new AbortController();
    const late = delay(healthTimeoutMs, noAnswer(healthTimeoutMs), { signal: waiting.signal });
    late.catch(() => undefined);
    try {
      return await Promise.race([answerOf(module.name, opened), late]);
    } finally {
      waiting.abort();
    }
  }

  async function viewOf(running: RunningAdapter): Promise<AdapterView> {
    const { name, summary, capabilities, receives, delivers, settings: schema } = running.module;
    return {
      name,
      summary,
      capabilities,
      receives,
      delivers,
      settingsSchema: schema,
      settings: shownSettings(schema, running.settings),
      jobs: (running.opened.jobs ?? []).map((job) => job.name),
      health: await healthOf(running),
    };
  }

  return {
    list: () => Promise.all(adapters.map(viewOf)),
    get: async (name) => {
      const running = adapters.find(({ module }) => module.name === name);
      return running === undefined ? undefined : await viewOf(running);
    },
    health: async () =>
      new Map(
        await Promise.all(adapters.map(async (running) => [running.module.name, await healthOf(running)] as const)),
      ),
  };
}

/** An adapter written in JavaScript may throw at once. */
async function ask(opened: OpenAdapter): Promise<AdapterHealth> {
  try {
    return await opened.health();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { state: 'bad', finding: `The question for its health failed: ${message}`, details: {} };
  }
}

function noAnswer(ms: number): AdapterHealth {
  return { state: 'bad', finding: `It did not say how it is within ${ms / 1_000} s.`, details: {} };
}
