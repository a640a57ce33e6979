import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, what /proc counts in; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly own: number;
  readonly ended: number;
}

/** CPU seconds used so far by a process, its ended children left out. */
export function cpuOf(pid: number): number {
  return timesOf(pid)?.own ?? 0;
}

/** CPU seconds used so far by a process and its children, those that have ended among them. */
export function cpuOfFamily(pid: number): number {
  const parent = timesOf(pid);
  let seconds = (parent?.own ?? 0) + (parent?.ended ?? 0);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const times = timesOf(Number(name));
    if (times?.parent === pid) seconds += times.own;
  }
  return seconds;
}

/** Measures `work` and the CPU that each of `meters` used meanwhile, in CPU seconds a second. */
export async function withCpu<T>(
  meters: Readonly<Record<string, () => number>>,
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpu: Record<string, number> }> {
  const before = Object.entries(meters).map(([name, meter]) => [name, meter, meter()] as const);
  const startedAt = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    result,
    seconds,
    cpu: Object.fromEntries(before.map(([name, meter, used]) => [name, (meter() - used) / seconds])),
  };
}

/** proc(5): fields 4 ppid, 14 utime, 15 stime, 16 cutime, 17 cstime; the name in brackets may hold anything. */
function timesOf(pid: number): ProcessTimes | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const ticks = (from: number): number => (fields[from] ?? 0) + (fields[from + 1] ?? 0);
  return { parent: fields[1] ?? 0, own: ticks(11) / TICKS_PER_SECOND, ended: ticks(13) / TICKS_PER_SECOND };
}
