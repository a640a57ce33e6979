import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Role } from '../../src/access/permissions.ts';
import type { Limits } from '../../src/config.ts';
import { loadConfig } from '../../src/config.ts';
import type { DemoFile } from '../../src/demo.ts';
import { startHub } from '../../src/hub.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Call {
  readonly as?: Role;
  /** Sent as JSON; text, bytes and streams as they are. */
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed text; undefined when it is no JSON. */
  readonly body: Json;
}

/** What a JSON answer may be; tests look into it by name. */
// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field, each by an assertion
export type Json = any;

export interface HubClient {
  readonly baseUrl: string;
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, call?: Call): Promise<Answer>;
  binOf(role: Role): string;
}

export interface TestHub extends HubClient {
  readonly dataFolder: string;
  stop(): Promise<void>;
}

export interface TestHubOptions {
  readonly databaseUrl: string;
  readonly limits?: Partial<Limits>;
  /** The folder of another hub, as one that is started again. */
  readonly dataFolder?: string;
  /** More of the environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A whole hub in this process, with its demo, on a free port. */
export async function startTestHub(options: TestHubOptions): Promise<TestHub> {
  const dataFolder = options.dataFolder ?? (await newDataFolder());
  const env = { ...environment(options.databaseUrl, dataFolder), TANBA_LOG: 'silent', ...options.env };
  const config = loadConfig(env);
  const hub = await startHub({ ...config, limits: { ...config.limits, ...options.limits } });
  return {
    ...clientOf(await demoOf(dataFolder)),
    dataFolder,
    stop: async () => {
      await hub.stop();
      if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

export interface HubProcess extends HubClient {
  readonly pid: number;
  readonly output: readonly string[];
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** A hub of its own process, which can be killed. Its data folder is the caller's. Without a URL it has its own store. */
export async function startHubProcess(
  databaseUrl: string,
  dataFolder: string,
  env: NodeJS.ProcessEnv = {},
): Promise<HubProcess> {
  const child = spawn(process.execPath, ['--import=tsx', MAIN, 'start'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment(databaseUrl, dataFolder), TANBA_LOG: 'error', ...env },
  });
  const output: string[] = [];
  await ready(child, output);
  return {
    ...clientOf(await demoOf(dataFolder)),
    pid: child.pid ?? 0,
    output,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

export function newDataFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'tanba-hub-'));
}

function environment(databaseUrl: string, dataFolder: string): NodeJS.ProcessEnv {
  return { DATABASE_URL: databaseUrl, TANBA_DATA: dataFolder, PORT: '0', OFD_PORT: '0', HOST: '', NODE_ENV: '' };
}

async function ready(child: ChildProcess, output: string[]): Promise<void> {
  if (child.stdout === null) throw new Error('the hub has no standard output');
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      output.push(line);
      if (line.startsWith('Tanba is ready')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the hub ended with ${code}:\n${output.join('\n')}`)));
  });
}

async function demoOf(dataFolder: string): Promise<DemoFile> {
  return JSON.parse(await readFile(join(dataFolder, 'demo.json'), 'utf8'));
}

function clientOf({ baseUrl, participants }: DemoFile): HubClient {
  const participant = (role: Role) => participants.find((one) => one.role === role) ?? assert.fail(`no ${role}`);
  return {
    baseUrl,
    binOf: (role) => participant(role).bin,
    async call(method, path, { as, body, type = 'application/json', headers = {}, signal } = {}) {
      const asItIs = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream;
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: {
          ...(as === undefined ? {} : { authorization: `Bearer ${participant(as).apiKey}` }),
          ...(body === undefined ? {} : { 'content-type': type }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: asItIs ? body : JSON.stringify(body) }),
        ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
        ...(signal === undefined ? {} : { signal }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: parsed(text) };
    },
  };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whole codes as a manufacturer gets them: ordered, made, fetched. */
export async function orderCodes(
  hub: HubClient,
  productGroup: string,
  gtin: string,
  quantity: number,
  as: Role = 'manufacturer',
) {
  const products = [{ gtin, quantity, serialNumberType: 'OPERATOR', cisType: 'UNIT' }];
  const order = await hub.call('POST', '/api/v1/orders', {
    as,
    body: { productGroup, products, releaseMethodType: 'PRIMARY' },
  });
  assert.equal(order.status, 201, order.text);
  const path = `/api/v1/orders/${order.body.orderId}/codes?gtin=${gtin}&quantity=${quantity}`;
  const pack = await hub.call('GET', path, { as, headers: { prefer: 'wait=30' } });
  assert.equal(pack.status, 200, pack.text);
  const codes: string[] = pack.body.codes;
  assert.equal(codes.length, quantity);
  return codes;
}

/** Whose goods `emitCodes` shall make codes of, in a hub's demo. */
export function demoGoods(hub: HubClient) {
  return { gtin: '04870000100019', orderedBy: hub.binOf('manufacturer') };
}

/** Submits a document and waits for its final state. */
export async function submitDocument(
  hub: HubClient,
  kind: string,
  body: object,
  as: Role = 'manufacturer',
): Promise<Json> {
  const answer = await hub.call('POST', '/api/v1/documents', {
    as,
    body: { kind, body },
    headers: { prefer: 'wait=30' },
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/** The identification part of a whole code. */
export function cisOf(code: string): string {
  return code.split('\u001d')[0] ?? code;
}
