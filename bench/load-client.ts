import { connect } from 'node:net';
import type { LoadResult, LoadTask } from './load.ts';

// Sends prepared requests over raw sockets, one at a time on each connection, and times the answers. It spends about
// 20 µs of CPU on a request; autocannon spent 50, and was the slowest part of every bench on two cores.
const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = Buffer.from('\r\nContent-Length: ');
const STATUS_AT = 'HTTP/1.1 '.length;

process.once('message', (task: LoadTask) => {
  run(task).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.('ready');

async function run(task: LoadTask): Promise<LoadResult> {
  const { total, connections } = task;
  const requests = Buffer.from(task.requests.buffer, task.requests.byteOffset, task.requests.byteLength);
  const prepared = task.offsets.length - 1;
  const expected = Buffer.from(task.expect);
  const latencies = new Float64Array(total);
  let sent = 0;
  let answered = 0;
  let answer = '';

  function take(index: number): Buffer {
    const at = index % prepared;
    return requests.subarray(task.offsets[at], task.offsets[at + 1]);
  }

  function drive(resolve: () => void, reject: (error: Error) => void): void {
    const socket = connect(task.port, '127.0.0.1');
    socket.setNoDelay(true);
    let received: Buffer | undefined;
    let sentAt = 0;
    const next = (): void => {
      if (sent >= total) {
        socket.destroy();
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(take(sent++));
    };
    socket.on('connect', next);
    socket.on('error', reject);
    socket.on('data', (data) => {
      received = received === undefined ? data : Buffer.concat([received, data]);
      if (!isWhole(received)) return;
      latencies[answered++] = performance.now() - sentAt;
      const fine = received.toString('latin1', STATUS_AT, STATUS_AT + 3) === '200' && received.includes(expected);
      if (!fine) return reject(new Error(`an unexpected answer:\n${received.toString()}`));
      if (answered === total) answer = received.toString('utf8', received.indexOf(HEAD_END) + HEAD_END.length);
      received = undefined;
      next();
    });
  }

  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, () => new Promise<void>(drive)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort();
  const at = (part: number): number => latencies[Math.min(total - 1, Math.floor(total * part))] ?? 0;
  return { seconds, p50Ms: at(0.5), p99Ms: at(0.99), cpuSeconds: (user + system) / 1e6, answer };
}

function isWhole(bytes: Buffer): boolean {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  const at = bytes.indexOf(LENGTH) + LENGTH.length;
  const length = Number(bytes.toString('latin1', at, bytes.indexOf('\r', at)));
  return bytes.length >= headEnd + HEAD_END.length + length;
}
