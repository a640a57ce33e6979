import { readFileSync } from 'node:fs';

/** Whether a process with this number exists, whoever owns it. One that has ended but was not waited for does not. */
export function isAlive(pid: number): boolean {
  if (statFields(pid)?.[0] === 'Z') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Tells a process from a later one of the same number: boot and start time, from /proc. Null where there is no /proc
 * or no such process.
 */
export function startToken(pid: number): string | null {
  const startTime = statFields(pid)?.[19];
  if (startTime === undefined) return null;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${startTime}`;
}

/** /proc/<pid>/stat from its third field, the state, on: the command's name before it stands in brackets. */
function statFields(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** The command line of a process, or null where /proc does not tell. */
export function commandLine(pid: number): readonly string[] | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return null;
  }
}
