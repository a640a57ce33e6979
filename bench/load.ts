import { inClientProcess } from './client-process.ts';
import type { Measured } from './rounds.ts';

/** What load-client.ts is told: requests one after another in one buffer, the n-th from offsets[n] to offsets[n+1]. */
export interface LoadTask {
  readonly port: number;
  readonly connections: number;
  /** Requests to send; the prepared ones are repeated where they are fewer. */
  readonly total: number;
  readonly requests: Uint8Array;
  readonly offsets: Uint32Array;
  /** Every answer has to hold this text. */
  readonly expect: string;
}

export interface LoadResult {
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuSeconds: number;
  /** Body of the last answer. */
  readonly answer: string;
}

export type PreparedRequests = Pick<LoadTask, 'requests' | 'offsets'>;

export function prepareRequests(texts: readonly string[]): PreparedRequests {
  const buffers = texts.map((text) => Buffer.from(text));
  const offsets = new Uint32Array(buffers.length + 1);
  for (const [index, buffer] of buffers.entries()) offsets[index + 1] = (offsets[index] ?? 0) + buffer.length;
  return { requests: Buffer.concat(buffers), offsets };
}

export function getRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headerLines(headers)}\r\n`;
}

export function postRequest(path: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)), ...headers };
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headerLines(all)}\r\n${body}`;
}

/** Runs the load in a process of its own. */
export function runLoad(task: LoadTask): Promise<LoadResult> {
  return inClientProcess(new URL('./load-client.ts', import.meta.url), task);
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

/** The rate of a load, with the CPU of the processes behind it. */
export async function measureLoad(task: LoadTask, meters: Readonly<Record<string, () => number>>): Promise<Measured> {
  const before = Object.entries(meters).map(([name, meter]) => [name, meter, meter()] as const);
  const { seconds, cpuSeconds, p50Ms, p99Ms } = await runLoad(task);
  const shares = before.map(([name, meter, used]) => [name, (meter() - used) / seconds]);
  return {
    perSecond: task.total / seconds,
    p50Ms,
    p99Ms,
    cpu: { ...Object.fromEntries(shares), client: cpuSeconds / seconds },
  };
}
