import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** Median of the rounds, with the least and the greatest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Target {
  readonly is: 'at least' | 'at most';
  readonly value: number;
}

/** One line of the table. */
export interface Row {
  readonly bench: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: Target;
  /** In `rateUnit`. */
  readonly subject?: Spread;
  readonly baseline?: Spread;
  readonly rateUnit?: string;
  /** CPU seconds a second of the measured time, by process. */
  readonly subjectCpu?: Readonly<Record<string, number>>;
  readonly baselineCpu?: Readonly<Record<string, number>>;
  readonly note?: string;
}

const RESULTS = new URL('./results/', import.meta.url);

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

export function isMet({ value, target }: Pick<Row, 'value' | 'target'>): boolean | undefined {
  if (target === undefined) return undefined;
  return target.is === 'at least' ? value >= target.value : value <= target.value;
}

export function tableOf(rows: readonly Row[]): string {
  const head = ['bench', 'value', 'target', '', 'subject', 'baseline', 'CPU subject', 'CPU baseline'];
  const cells = rows.map((row) => [
    row.what,
    `${shown(row.value)} ${row.unit}`,
    row.target === undefined ? '' : `${row.target.is === 'at least' ? '≥' : '≤'} ${row.target.value}`,
    { true: 'met', false: 'MISSED', undefined: '' }[String(isMet(row))] ?? '',
    rateOf(row.subject, row.rateUnit),
    rateOf(row.baseline, row.rateUnit),
    cpuOf(row.subjectCpu),
    cpuOf(row.baselineCpu),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)));
  const lineOf = (line: readonly string[]): string =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const notes = rows.flatMap(({ what, note }) => (note === undefined ? [] : [`  ${what}: ${note}`]));
  return [lineOf(head), lineOf(widths.map((width) => '─'.repeat(width))), ...cells.map(lineOf), ...notes].join('\n');
}

/** Answers where the results were written. */
export async function writeResults(rows: readonly Row[], about: object): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const file = new URL('latest.json', RESULTS);
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', node: process.version };
  const results = rows.map((row) => ({ ...row, met: isMet(row) }));
  await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), machine, ...about, results }, null, 2)}\n`);
  return file.pathname;
}

function rateOf(spread: Spread | undefined, unit = '/s'): string {
  if (spread === undefined) return '';
  return `${shown(spread.median)}${unit} (${shown(spread.min)}–${shown(spread.max)})`;
}

function cpuOf(cpu: Readonly<Record<string, number>> | undefined): string {
  return Object.entries(cpu ?? {})
    .map(([name, share]) => `${name} ${Math.round(share * 100)} %`)
    .join(', ');
}

function shown(value: number): string {
  return value.toLocaleString('en-US', value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });
}
