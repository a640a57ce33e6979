import assert from 'node:assert/strict';
import { sqlState, type Transaction } from '../../src/store/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const INSERT = 'insert into note (text) values ($1)';
const note = (text: string | null) => ({ text: INSERT, values: [text] });

describe('a transaction in two trips', () => {
  let store: TestDatabase;

  before(async () => {
    store = await createTestDatabase({ poolSize: 1 });
    await store.db.query('create table note (text text not null unique)');
  });
  beforeEach(() => store.db.query('truncate note'));
  after(() => store.drop());

  const countNotes = async (tx: Pick<Transaction, 'query'>): Promise<number> => {
    const { rows } = await tx.query<{ count: number }>('select count(*)::int as count from note');
    return rows[0]?.count ?? -1;
  };
  const write = (...texts: (string | null)[]) =>
    store.receipts.transactionInTwoTrips(countNotes, (seen) => ({ statements: texts.map(note), result: seen }));
  const notes = async (): Promise<string[]> => {
    const { rows } = await store.db.query<{ text: string }>('select text from note order by text');
    return rows.map(({ text }) => text);
  };

  it('writes all statements and answers what was decided', async () => {
    assert.equal(await write('a', 'b'), 0);
    assert.equal(await write('c'), 2);
    assert.deepEqual(await notes(), ['a', 'b', 'c']);
  });

  it('may write nothing', async () => {
    assert.equal(await write(), 0);
    assert.deepEqual(await notes(), []);
  });

  it('writes nothing when one statement fails, and tells the failure that came first', async () => {
    await assert.rejects(write('a', null, 'b'), (error) => sqlState(error) === '23502');
    assert.deepEqual(await notes(), []);
  });

  it('writes nothing when COMMIT is what fails', async () => {
    await store.db.query('create table page (note text references note (text) deferrable initially deferred)');
    const statement = { text: 'insert into page values ($1)', values: ['nowhere'] };
    const decide = () => ({ statements: [note('a'), statement], result: null });
    await assert.rejects(
      store.receipts.transactionInTwoTrips(countNotes, decide),
      (error) => sqlState(error) === '23503',
    );
    await store.db.query('drop table page');
    assert.deepEqual(await notes(), []);
  });

  it('writes nothing when reading fails', async () => {
    const decide = () => ({ statements: [note('a')], result: null });
    const read = (tx: Transaction) => tx.query('select 1/0');
    await assert.rejects(store.receipts.transactionInTwoTrips(read, decide), (error) => sqlState(error) === '22012');
    assert.deepEqual(await notes(), []);
  });

  it('writes nothing when there is no decision', async () => {
    const decide = (): never => {
      throw new RangeError('undecided');
    };
    await assert.rejects(store.receipts.transactionInTwoTrips(countNotes, decide), RangeError);
    assert.deepEqual(await notes(), []);
  });

  it('gives its only connection back, whatever happened', async () => {
    await assert.rejects(write('a', null));
    await assert.rejects(
      store.receipts.transactionInTwoTrips(
        (tx) => tx.query('select 1/0'),
        () => ({ statements: [], result: 0 }),
      ),
    );
    assert.equal(await write('b'), 0);
    assert.deepEqual(await notes(), ['b']);
  });

  it('is told of a connection that was cut, and goes on with a new one', async () => {
    const cutOff = async (tx: Transaction): Promise<void> => {
      await tx.query('select pg_terminate_backend(pg_backend_pid())');
    };
    await assert.rejects(store.receipts.transactionInTwoTrips(cutOff, () => ({ statements: [note('a')], result: 0 })));
    assert.equal(await write('b'), 0);
    assert.deepEqual(await notes(), ['b']);
  });
});
