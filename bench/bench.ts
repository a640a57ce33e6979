import type { BaselineServer } from './baseline.ts';
import type { HubProcess } from './hub-process.ts';
import type { Row } from './report.ts';

/** What a bench is given. */
export interface BenchContext {
  readonly hub: HubProcess;
  readonly baseline: BaselineServer;
  readonly rounds: number;
  /** A folder for files, removed at the end. */
  readonly folder: string;
  /** An amount, reduced under --quick. */
  scaled(amount: number): number;
  /** Says what is going on. */
  tell(line: string): void;
}

export interface Bench {
  /** For --only. */
  readonly name: string;
  run(context: BenchContext): Promise<Row[]>;
}
