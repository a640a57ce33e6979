import pg from 'pg';

/** What a statement runs on: the pool, or one connection inside a transaction. */
export interface Queryable {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    query: string | pg.QueryConfig<unknown[]>,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
}

/** A statement with its values, to be sent. */
export type Statement = pg.QueryConfig<unknown[]>;

/** One connection inside BEGIN … COMMIT. */
export type Transaction = pg.PoolClient;

export interface TransactionOptions {
  /** Longest wait for one row lock, milliseconds. Default: the server's. */
  readonly lockTimeoutMs?: number;
  /** Longest run of one statement, milliseconds. Default: the pool's. */
  readonly statementTimeoutMs?: number;
}

export interface Database extends Queryable {
  readonly pool: pg.Pool;
  /** Runs `work` in one transaction: commits when it resolves, rolls back when it throws, and rethrows. */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly connection: pg.ClientConfig;
  readonly poolSize: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly statementTimeoutMs: number;
  /** Told of errors on idle connections (a restarted server), which the pool replaces by itself. */
  readonly onIdleError: (error: Error) => void;
}

export function openDatabase(options: DatabaseOptions, settings: pg.ClientConfig = {}): Database {
  const pool = new pg.Pool({
    ...options.connection,
    max: options.poolSize,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    ...settings,
  });
  pool.on('error', options.onIdleError);
  // The pool listens to idle connections only. An error on one that is taken would end the process; whoever has it is
  // told by the next statement.
  pool.on('connect', (client) => client.on('error', () => {}));
  const query: Database['query'] = (text, values) => pool.query(text, values);
  return {
    pool,
    query,
    transaction: (work, transactionOptions) => inTransaction(pool, work, transactionOptions),
    close: () => pool.end(),
  };
}

async function inTransaction<T>(
  pool: pg.Pool,
  work: (tx: Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const tx = await pool.connect();
  let broken: Error | undefined;
  try {
    await tx.query(beginStatement(options));
    const result = await work(tx);
    await tx.query('COMMIT');
    return result;
  } catch (error) {
    broken = await rollback(tx);
    throw error;
  } finally {
    // A connection that could not even roll back is thrown away, not returned to the pool.
    tx.release(broken);
  }
}

function beginStatement(options: TransactionOptions): string {
  const settings = ['BEGIN'];
  if (options.lockTimeoutMs !== undefined)
    settings.push(`SET LOCAL lock_timeout = ${Math.trunc(options.lockTimeoutMs)}`);
  if (options.statementTimeoutMs !== undefined) {
    settings.push(`SET LOCAL statement_timeout = ${Math.trunc(options.statementTimeoutMs)}`);
  }
  return settings.join('; ');
}

/** What makes the connection unusable, if anything does. */
export async function rollback(tx: Transaction): Promise<Error | undefined> {
  try {
    await tx.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The SQLSTATE of what the server said, or undefined for anything else: EPIPE has five letters too. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}
