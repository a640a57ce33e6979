import type { ErrorCode, ErrorDetails } from '../errors.ts';

/** A problem of one staged line; `line` is 0-based in the document. */
export interface LineProblem {
  readonly line: number;
  readonly cis: string;
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
  /** Where the problem is no line's: its place in the document. */
  readonly path?: string;
}

/** The problems, and those of others whose lines have none yet, in the order of lines. */
export function alsoOf(
  problems: readonly LineProblem[],
  others: readonly LineProblem[],
  problemsMax: number,
): LineProblem[] {
  const told = new Set(problems.map(({ line }) => line));
  const added = others.filter(({ line }) => !told.has(line));
  return [...problems, ...added].sort((a, b) => a.line - b.line).slice(0, problemsMax);
}
