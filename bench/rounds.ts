import type { Row, Target } from './report.ts';
import { spreadOf } from './report.ts';

/** One round of one side. */
export interface Measured {
  readonly perSecond: number;
  /** CPU seconds a second, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** @param round counts from 0; round 0 warms up and is not counted. */
export type Side = (round: number) => Promise<Measured>;

export interface Comparison {
  readonly bench: string;
  readonly what: string;
  readonly target?: Target;
  readonly rounds: number;
  readonly baseline: Side;
  readonly subject: Side;
  readonly note?: string;
}

/** Baseline and subject by turns, after one round to warm up: what disturbs the machine disturbs both. */
export async function compare(comparison: Comparison): Promise<Row> {
  const { bench, what, target, rounds } = comparison;
  const baselines: Measured[] = [];
  const subjects: Measured[] = [];
  for (let round = 0; round <= rounds; round++) {
    const baseline = await comparison.baseline(round);
    const subject = await comparison.subject(round);
    if (round === 0) continue;
    baselines.push(baseline);
    subjects.push(subject);
  }
  const baseline = spreadOf(baselines.map(({ perSecond }) => perSecond));
  const subject = spreadOf(subjects.map(({ perSecond }) => perSecond));
  const notes = [comparison.note, latencyNote(subjects, baselines)].filter((note) => note !== undefined);
  return {
    bench,
    what,
    value: subject.median / baseline.median,
    unit: 'of baseline',
    ...(target === undefined ? {} : { target }),
    subject,
    baseline,
    subjectCpu: medianCpu(subjects),
    baselineCpu: medianCpu(baselines),
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  };
}

function latencyNote(subjects: readonly Measured[], baselines: readonly Measured[]): string | undefined {
  const of = (side: readonly Measured[], key: 'p50Ms' | 'p99Ms'): string =>
    spreadOf(side.map((one) => one[key] ?? Number.NaN)).median.toFixed(1);
  if (subjects[0]?.p99Ms === undefined) return undefined;
  return (
    `p50 ${of(subjects, 'p50Ms')} ms, p99 ${of(subjects, 'p99Ms')} ms ` +
    `(baseline ${of(baselines, 'p50Ms')} and ${of(baselines, 'p99Ms')} ms)`
  );
}

function medianCpu(side: readonly Measured[]): Record<string, number> {
  const names = Object.keys(side[0]?.cpu ?? {});
  return Object.fromEntries(names.map((name) => [name, spreadOf(side.map(({ cpu }) => cpu[name] ?? 0)).median]));
}
