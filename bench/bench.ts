import type { BaselineServer } from './baseline.ts';
import type { Broker } from './broker.ts';
import type { HubProcess } from './hub-process.ts';
import type { Row } from './report.ts';

/** What a bench is given. */
export interface BenchContext {
  readonly hub: HubProcess;
  readonly baseline: BaselineServer;
  readonly rounds: number;
  /** A folder for files, removed at the end. */
  readonly folder: string;
  /** An amount, reduced under --quick: to a fifth where `part` says no other. */
  scaled(amount: number, part?: number): number;
  /** Says what is going on. */
  tell(line: string): void;
}

export interface BrokerContext extends BenchContext {
  /** What the hub was started with. */
  readonly broker: Broker;
}

/** On the hub's own store alone, or with RabbitMQ and Redis: then it is skipped where they do not answer. */
export type Bench = StoreBench | BrokerBench;

export interface StoreBench {
  /** For --only. */
  readonly name: string;
  readonly needs?: undefined;
  run(context: BenchContext): Promise<Row[]>;
}

export interface BrokerBench {
  readonly name: string;
  readonly needs: 'broker';
  run(context: BrokerContext): Promise<Row[]>;
}
