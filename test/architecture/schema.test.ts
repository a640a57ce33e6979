import assert from 'node:assert/strict';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const UNIQUE_INDEXES_WITHOUT_COLUMN = `
  select i.indexrelid::regclass::text as index
    from pg_index i
    join pg_attribute key on key.attrelid = i.indrelid and key.attname = $1
   where i.indisunique and not key.attnum = any(i.indkey)
     and i.indrelid in (select oid from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace)
   order by 1`;
const TRIGGERS = `select tgname from pg_trigger where not tgisinternal`;
const FOREIGN_KEYS_OF_DISTRIBUTED_TABLES = `
  select conrelid::regclass::text as table, conname
    from pg_constraint c
   where contype = 'f'
     and exists (select from pg_attribute a where a.attrelid = c.conrelid and a.attname in ('cis', 'bucket', 'register_id'))`;
const INDEXED_COLUMNS_OF_CODE = `
  select distinct a.attname as column
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
   where i.indrelid = 'code'::regclass order by 1`;

describe('the schema, ready to be distributed by cis', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());

  for (const column of ['cis', 'bucket']) {
    it(`has ${column} in every unique key of a table that has ${column}`, async () => {
      const { rows } = await database.db.query(UNIQUE_INDEXES_WITHOUT_COLUMN, [column]);
      assert.deepEqual(rows, []);
    });
  }

  it('has no triggers', async () => {
    assert.deepEqual((await database.db.query(TRIGGERS)).rows, []);
  });

  it('has no foreign keys on distributed tables', async () => {
    assert.deepEqual((await database.db.query(FOREIGN_KEYS_OF_DISTRIBUTED_TABLES)).rows, []);
  });

  it('indexes no column of code that changes with each event, so that updates stay HOT', async () => {
    const { rows } = await database.db.query<{ column: string }>(INDEXED_COLUMNS_OF_CODE);
    assert.deepEqual(
      rows.map(({ column }) => column),
      ['cis', 'parent'],
    );
  });
});
