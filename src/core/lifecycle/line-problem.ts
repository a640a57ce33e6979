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
