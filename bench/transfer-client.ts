import { createWriteStream } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TransferResult, TransferTask } from './transfer.ts';

// Sends one large body, or takes one into a file, from a process of its own.
const LINES_PER_CHUNK = 500;
const TIMEOUT_MS = 300_000;

process.on('message', (tasks: readonly TransferTask[]) => {
  runAll(tasks).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');

async function runAll(tasks: readonly TransferTask[]): Promise<TransferResult> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const texts = await Promise.all(tasks.map(run));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: (user + system) / 1e6, texts };
}

/** The answer's body; empty where it went into a file. */
async function run(task: TransferTask): Promise<string> {
  const { port, path, method, headers } = task;
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers, timeout: TIMEOUT_MS });
  const answered = new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  const sent = task.lines === undefined ? outgoing.end() : pipeline(Readable.from(chunks(task.lines)), outgoing);
  const answer = await answered;
  if (answer.statusCode !== undefined && answer.statusCode >= 300) {
    throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${await textOf(answer)}`);
  }
  if (task.file === undefined) {
    const [text] = await Promise.all([textOf(answer), sent]);
    return text;
  }
  await pipeline(answer, createWriteStream(task.file));
  return '';
}

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

function* chunks(lines: readonly string[]): Generator<string> {
  for (let first = 0; first < lines.length; first += LINES_PER_CHUNK) {
    yield `${lines.slice(first, first + LINES_PER_CHUNK).join('\n')}\n`;
  }
}
