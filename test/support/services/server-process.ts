import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from '../../../scripts/services/command.ts';

/** RabbitMQ, in three seconds otherwise, took over a minute beside seven busy processes on two cores. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 5_000;
const KEPT_OUTPUT = 16 * 1024;
/** Where servers are that an ordinary user's PATH does not name. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/opt/homebrew/sbin'];

/** The environment of a server: nothing of ours but where programs are. */
export const serverEnvironment: NodeJS.ProcessEnv = {
  PATH: [process.env['PATH'] ?? '', ...MORE_FOLDERS].join(delimiter),
  LC_ALL: 'C.UTF-8',
};

/** The absolute path of a program that is installed, or null. */
export async function findProgram(name: string, bestFolders: readonly string[] = []): Promise<string | null> {
  const folders = [...bestFolders, ...(serverEnvironment['PATH'] ?? '').split(delimiter)].filter(Boolean);
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A server that runs; both resolve when it is gone. */
export interface ServerProcess {
  /** In order; one that does not end by itself is killed. */
  stop(): Promise<void>;
  /** As `kill -9`. */
  kill(): Promise<void>;
}

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly folder: string;
  /** What it says, on either stream, once it can be connected to. */
  readonly ready: RegExp;
}

/** Starts a program that stays our own child, without a shell between, and resolves when it says that it is ready. */
export async function startProcess(command: ServerCommand): Promise<ServerProcess> {
  const [program = command.program, ...args] = [...(await deathSignalGuard()), command.program, ...command.args];
  const child = spawn(program, args, {
    cwd: command.folder,
    env: { ...serverEnvironment, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  };
  let output = '';
  const failure = await new Promise<string | null>((resolve) => {
    const timer = setTimeout(() => resolve(`not ready after ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    const decide = (outcome: string | null): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    // Read to the end of its life: a full pipe would stop it.
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-KEPT_OUTPUT);
        if (command.ready.test(output)) decide(null);
      });
    }
    void ended.then(decide);
  });
  if (failure !== null) {
    await end('SIGKILL');
    throw new Error(`${command.program} did not start: ${failure}\n${output.trim()}`);
  }
  return { stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

/** With setpriv a server dies with this process, however that ends; empty where there is none that can do it. */
async function deathSignalGuard(): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const guard = ['--pdeathsig', 'KILL'];
  const { code } = await run('setpriv', [...guard, 'true'], { timeoutMs: PROBE_TIMEOUT_MS });
  return code === 0 ? ['setpriv', ...guard] : [];
}
