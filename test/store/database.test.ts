import assert from 'node:assert/strict';
import pg from 'pg';
import { sqlState, type Transaction } from '../../src/store/database.ts';
import { isOutage, isTimeout } from '../../src/store/outage.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { withClient } from '../support/postgres.ts';

describe('a transaction', () => {
  let store: TestDatabase;

  before(async () => {
    store = await createTestDatabase({ poolSize: 1 });
  });
  after(() => store.drop());

  it('is told of a connection that was cut while nobody waited for an answer, and the next one has another', async () => {
    const cutOff = async (tx: Transaction): Promise<void> => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      const gone = new Promise((resolve) => tx.once('end', resolve));
      await withClient(store.url, (client) => client.query('select pg_terminate_backend($1)', [rows[0]?.pid]));
      await gone;
    };
    await assert.rejects(store.db.transaction(cutOff));
    assert.equal(await store.db.transaction(async () => 'fine'), 'fine');
  });
});

describe('an error of the store', () => {
  const ofServer = (code: string): Error =>
    Object.assign(new pg.DatabaseError('said the server', 0, 'error'), { code });
  const ofSocket = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

  it('has the SQLSTATE that the server gave, and no other code for one', () => {
    assert.equal(sqlState(ofServer('23505')), '23505');
    assert.equal(sqlState(ofSocket('EPIPE')), undefined);
  });

  for (const code of ['08006', '53100', '57P01', '57P03']) {
    it(`means with ${code} that the store is away`, () => assert.ok(isOutage(ofServer(code))));
  }

  for (const error of [
    ofSocket('EPIPE'),
    ofSocket('ECONNRESET'),
    new Error('connect ENOENT /run/.s.PGSQL.5432'),
    new Error('Connection terminated unexpectedly'),
    new Error('Client has encountered a connection error and is not queryable'),
    new Error('timeout exceeded when trying to connect'),
  ]) {
    it(`means with "${error.message}" that the store is away`, () => assert.ok(isOutage(error)));
  }

  for (const error of [ofServer('23505'), ofServer('40P01'), new Error('ENOENT: no such file'), 'ECONNRESET', null]) {
    it(`does not mean with ${error instanceof Error ? `${error.message} ${sqlState(error) ?? ''}` : error} that it is away`, () =>
      assert.ok(!isOutage(error)));
  }

  it('tells what took too long', () => {
    assert.ok(isTimeout(ofServer('55P03')) && isTimeout(ofServer('57014')));
    assert.ok(!isTimeout(ofServer('57P01')));
  });
});
