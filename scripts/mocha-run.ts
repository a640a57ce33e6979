import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
/** After this a child that was asked to end is ended. */
const STOP_TIMEOUT_MS = 10_000;
/** What a developer's shell sets must not change what the tests see. */
const HIDDEN = /^(TANBA_.*|DATABASE_URL|AMQP_URL|REDIS_URL|PORT|HOST|NODE_ENV|PG[A-Z]+)$/;

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface MochaRun {
  /** Mocha's own counts, and whether c8 was content with the coverage. */
  readonly finished: Promise<{ readonly counts: Counts; readonly code: number }>;
  stop(): Promise<void>;
}

export interface MochaOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** TMPDIR of the tests; coverage and counts are collected there. */
  readonly folder: string;
  readonly coverage: boolean;
}

export function startMocha(options: MochaOptions): MochaRun {
  const summaryFile = join(options.folder, 'summary.json');
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !HIDDEN.test(name)));
  const mocha = [
    require.resolve('mocha/bin/mocha.js'),
    '--reporter',
    require.resolve('./mocha-reporter.cjs'),
    ...options.args,
  ];
  const c8 = [require.resolve('c8/bin/c8.js'), '--temp-directory', join(options.folder, 'coverage')];
  const child = spawn(process.execPath, options.coverage ? [...c8, process.execPath, ...mocha] : mocha, {
    cwd: root,
    env: { ...inherited, ...options.env, TMPDIR: options.folder, TANBA_TEST_SUMMARY: summaryFile },
    stdio: ['ignore', 'inherit', 'inherit'],
    // A process group of its own: Ctrl-C reaches it through us, after which we still clear away.
    detached: true,
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
  return {
    finished: ended.then(async (code) => ({ code, counts: await readCounts(summaryFile) })),
    stop: () => stopGroup(child, ended),
  };
}

async function readCounts(file: string): Promise<Counts> {
  try {
    const counts: Counts = JSON.parse(await readFile(file, 'utf8'));
    return counts;
  } catch {
    // Mocha ended before its end: that is one failure, whatever had passed.
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

async function stopGroup(child: ChildProcess, ended: Promise<number>): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
  // What the tests had started in the same group ends with them.
  signalGroup(pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}
