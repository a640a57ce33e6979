import assert from 'node:assert/strict';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import { emitCodes, MANUFACTURER, openCirculation, prepareGoods, statusesOf } from '../support/goods.ts';

const DOCUMENTS_IN_A_ROW = 12;

describe('the processor of documents', () => {
  let store: TestDatabase;
  const opened: Circulation[] = [];

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.stop();
  });
  after(() => store.drop());

  function open(options: Parameters<typeof openCirculation>[2] = {}): Circulation {
    const circulation = openCirculation(store, movableClock(), options);
    opened.push(circulation);
    return circulation;
  }

  async function send(circulation: Circulation, kind: string, body: object): Promise<string> {
    const document = { kind, body };
    const sender = { bin: MANUFACTURER, role: 'manufacturer', ip: '127.0.0.1', idempotencyKey: undefined } as const;
    return (await circulation.intake.acceptJson(sender, document, Buffer.from(JSON.stringify(document)))).documentId;
  }

  it('applies a sender’s documents in the order of their arrival, also those of one moment', async () => {
    const receiver = open({ applies: false });
    const codes = await emitCodes(store.db, 1);
    const ids = [await send(receiver, 'utilisation', { codes, productionDate: '2026-01-10' })];
    ids.push(await send(receiver, 'introduction', { codes, introductionType: 'PRODUCTION', date: '2026-01-11' }));
    for (let index = 0; index < DOCUMENTS_IN_A_ROW; index++) {
      const day = `2026-02-${10 + index}`;
      ids.push(await send(receiver, 'withdrawal', { codes, reason: 'DEMO_SAMPLES', date: day }));
      ids.push(await send(receiver, 'return', { codes, date: day }));
    }
    const worker = open();
    worker.processor.start();
    for (const id of ids) assert.equal((await worker.finalState(id)).status, 'accepted');
  });

  it('leaves a document received that nobody has applied, and the next one applies it', async () => {
    const stopped = open({ applies: false });
    const codes = await emitCodes(store.db, 2);
    const id = await send(stopped, 'write_off', { codes, reason: 'SPOILED' });
    await stopped.stop();
    assert.deepEqual(await statusesOf(store.db, codes), ['emitted', 'emitted']);
    const next = open();
    next.processor.start();
    assert.equal((await next.finalState(id)).status, 'accepted');
    assert.deepEqual(await statusesOf(store.db, codes), ['written_off', 'written_off']);
  });

  it('applies a document that begins with a byte order mark, also after a restart', async () => {
    const receiver = open({ applies: false });
    const codes = await emitCodes(store.db, 1);
    const document = { kind: 'write_off', body: { codes, reason: 'LOST' } };
    const raw = Buffer.from(`\ufeff${JSON.stringify(document)}`);
    const sender = { bin: MANUFACTURER, role: 'manufacturer', ip: '127.0.0.1', idempotencyKey: undefined } as const;
    const { documentId } = await receiver.intake.acceptJson(sender, document, raw);
    const worker = open();
    worker.processor.start();
    assert.equal((await worker.finalState(documentId)).status, 'accepted');
  });

  it('applies each document once, however many hubs look for work', async () => {
    const receiver = open({ applies: false });
    const ids: string[] = [];
    const all: string[] = [];
    for (let index = 0; index < DOCUMENTS_IN_A_ROW; index++) {
      const codes = await emitCodes(store.db, 2);
      all.push(...codes);
      ids.push(await send(receiver, 'write_off', { codes, reason: 'LOST' }));
    }
    const hubs = [open(), open(), open()];
    for (const hub of hubs) hub.processor.start();
    for (const id of ids) assert.equal((await receiver.finalState(id)).status, 'accepted');
    const history = await store.db.query('select 1 from code_history where cis = any($1)', [all]);
    assert.equal(history.rowCount, all.length);
    const sent = await store.db.query(`select 1 from outbox where payload->>'documentId' = any($1)`, [ids]);
    assert.equal(sent.rowCount, ids.length);
  });

  it('sets a document aside that has brought it down again and again, and goes on with the sender’s next', async () => {
    const receiver = open({ applies: false });
    const [fatal, next] = [await emitCodes(store.db, 1), await emitCodes(store.db, 1)];
    const fatalId = await send(receiver, 'write_off', { codes: fatal, reason: 'LOST' });
    const nextId = await send(receiver, 'write_off', { codes: next, reason: 'LOST' });
    // Each attempt is counted before the document can do any harm: these are twenty crashes.
    await store.db.query('update document set attempts = 20 where document_id = $1', [fatalId]);
    const worker = open();
    worker.processor.start();
    assert.equal((await worker.finalState(nextId)).status, 'accepted');
    const outcome = await worker.finalState(fatalId);
    assert.deepEqual([outcome.status, outcome.problems.map(({ code }) => code)], ['failed', ['documents.failed']]);
    assert.deepEqual(await statusesOf(store.db, fatal), ['emitted']);
    // Whoever sends it again gives it another chance.
    const again = await send(worker, 'write_off', { codes: fatal, reason: 'LOST' });
    assert.notEqual(again, fatalId);
    assert.equal((await worker.finalState(again)).status, 'accepted');
  });

  it('does not hold it against a document that the connection was lost while it was applied', async () => {
    const receiver = open({ applies: false });
    const codes = await emitCodes(store.db, 1);
    const id = await send(receiver, 'write_off', { codes, reason: 'LOST' });
    await store.db.query('update document set attempts = 19 where document_id = $1', [id]);
    const letGo = await holdAsATill(codes);
    const worker = open();
    worker.processor.start();
    for (let cut = 0; cut < 2; cut++) await until(cutWhoWaits);
    await letGo();
    assert.equal((await receiver.finalState(id)).status, 'accepted');
  });

  it('does not hold it against a document either that several hubs have lost their connections in turn', async () => {
    const receiver = open({ applies: false });
    const codes = await emitCodes(store.db, 1);
    const id = await send(receiver, 'write_off', { codes, reason: 'LOST' });
    await store.db.query('update document set attempts = 15 where document_id = $1', [id]);
    const letGo = await holdAsATill(codes);
    const hubs = [open(), open()];
    for (const hub of hubs) hub.processor.start();
    for (let cut = 0; cut < 6; cut++) await until(cutWhoWaits);
    await letGo();
    assert.equal((await receiver.finalState(id)).status, 'accepted');
    const { rows } = await store.db.query<{ attempts: number }>(
      'select attempts from document where document_id = $1',
      [id],
    );
    assert.ok((rows[0]?.attempts ?? 0) <= 15 + hubs.length, `${rows[0]?.attempts} attempts`);
  });

  it('never sets aside a document that another hub is applying', async () => {
    const receiver = open({ applies: false });
    const codes = await emitCodes(store.db, 1);
    const id = await send(receiver, 'write_off', { codes, reason: 'LOST' });
    await store.db.query('update document set attempts = 19 where document_id = $1', [id]);
    const letGo = await holdAsATill(codes);
    const hubs = [open(), open(), open()];
    for (const hub of hubs) hub.processor.start();
    await until(async () => (await waitingForLocks()) > 0);
    for (const hub of hubs) hub.processor.wake(id, MANUFACTURER);
    await letGo();
    assert.equal((await receiver.finalState(id)).status, 'accepted');
    for (const hub of hubs) await hub.stop();
    assert.equal((await receiver.finalState(id)).status, 'accepted');
    assert.deepEqual(await statusesOf(store.db, codes), ['written_off']);
  });

  it('tells everybody who waits for a document', async () => {
    const worker = open();
    const codes = await emitCodes(store.db, 1);
    const id = await send(worker, 'write_off', { codes, reason: 'LOST' });
    const states = await Promise.all([
      worker.finalState(id),
      worker.finalState(id),
      open({ applies: false }).finalState(id),
    ]);
    assert.deepEqual(
      states.map(({ status }) => status),
      ['accepted', 'accepted', 'accepted'],
    );
  });

  async function holdAsATill(codes: readonly string[]): Promise<() => Promise<void>> {
    const till = await store.db.pool.connect();
    await till.query('begin');
    await till.query('select 1 from code where cis = any($1) for no key update', [codes]);
    return async () => {
      await till.query('commit');
      till.release();
    };
  }

  async function cutWhoWaits(): Promise<boolean> {
    const { rowCount } = await store.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount === 1;
  }

  async function waitingForLocks(): Promise<number> {
    const { rows } = await store.db.query<{ waiting: number }>(
      `select count(*)::integer as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows[0]?.waiting ?? 0;
  }
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}
