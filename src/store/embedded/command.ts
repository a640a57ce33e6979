import { spawn } from 'node:child_process';

// What a program may say before it is cut off: enough for initdb's and pg_ctl's worst.
const OUTPUT_LIMIT = 64 * 1024;

export interface CommandResult {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  /** Everything on both streams, for a message. */
  readonly output: string;
}

/** For spawn; empty: as ourselves. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

export interface CommandOptions {
  readonly account?: { readonly runAs: RunAs };
  readonly env?: NodeJS.ProcessEnv;
  /** 0: as long as it takes. */
  readonly timeoutMs: number;
}

/**
 * PostgreSQL's programs get nothing of our environment: PGDATA, PGPORT or a locale would change what they do, and
 * secrets are none of their business. LC_ALL also keeps macOS from starting threads in the postmaster.
 */
export const cleanEnvironment: NodeJS.ProcessEnv = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

/** Runs a program to its end, from `/`: the account it runs as may not be able to enter our own folder. */
export function runCommand(
  program: string,
  args: readonly string[],
  { account, env = cleanEnvironment, timeoutMs }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: '/',
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...account?.runAs,
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout = (stdout + chunk).slice(0, OUTPUT_LIMIT);
      output = (output + chunk).slice(-OUTPUT_LIMIT);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, output: output.trim() }));
  });
}
