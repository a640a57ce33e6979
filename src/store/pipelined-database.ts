import type pg from 'pg';
import type { Database, DatabaseOptions, Statement, Transaction } from './database.ts';
import { openDatabase, rollback } from './database.ts';

/** What a transaction writes once it knows what there is, and what it answers when that is written. */
export interface Decision<T> {
  readonly statements: readonly Statement[];
  readonly result: T;
}

/**
 * Connections on which a statement is sent without waiting for the answer to the one before it. A busy process sees an
 * answer late, and the server stands still meanwhile: six trips of a batch of receipts took 18 ms, three of them
 * 9 ms. COPY and cursors do not work here.
 */
export interface PipelinedDatabase extends Database {
  /**
   * BEGIN goes with what `read` sends first, COMMIT with the statements that `decide` answers. If one of them fails, the
   * server undoes all. So whatever must undo the transaction has to be an error of the server, not of its answer.
   */
  transactionInTwoTrips<S, T>(read: (tx: Transaction) => Promise<S>, decide: (seen: S) => Decision<T>): Promise<T>;
}

export function openPipelinedDatabase(options: DatabaseOptions): PipelinedDatabase {
  const database = openDatabase(options, { pipeline: true });
  return {
    ...database,
    transactionInTwoTrips: (read, decide) => inTwoTrips(database.pool, read, decide),
  };
}

async function inTwoTrips<S, T>(
  pool: pg.Pool,
  read: (tx: Transaction) => Promise<S>,
  decide: (seen: S) => Decision<T>,
): Promise<T> {
  const tx = await pool.connect();
  let broken: Error | undefined;
  try {
    const [, seen] = await allOf([tx.query('BEGIN'), read(tx)]);
    const { statements, result } = decide(seen);
    await allOf([...statements.map((statement) => tx.query(statement)), tx.query('COMMIT')]);
    return result;
  } catch (error) {
    broken = await rollback(tx);
    throw error;
  } finally {
    tx.release(broken);
  }
}

/** Waits for all, so that nothing is under way when the connection is given back; then the first failure counts. */
export async function allOf<T extends readonly Promise<unknown>[]>(
  promises: readonly [...T],
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
