import assert from 'node:assert/strict';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openIssueJournal } from '../../src/core/codes/issue-journal.ts';
import { recover } from '../../src/core/codes/recover.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { serverUrl, withClient } from '../support/postgres.ts';
import {
  fetchPack,
  type Issuing,
  issuedCis,
  lineOf,
  MAKER,
  type OrderDesk,
  openOrderDesk,
  place,
  problemsOf,
  type ReadPack,
  readPack,
  requestOf,
  withCode,
} from './order-desk.ts';

const OWN = ['ownserial0001', 'ownserial0002', 'ownserial0003'];

describe('a store put back to before an order', () => {
  let desk: OrderDesk;
  let milk: string;
  let water: string;
  /** Placed and half fetched before the backup. */
  let kept: { orderId: string; first: ReadPack };
  /** Placed, issued and fetched after it. */
  let lost: { operator: string; own: string; operatorCodes: ReadPack; ownCodes: ReadPack };
  let issuing: Issuing;

  before(async () => {
    desk = await openOrderDesk();
    [milk, water] = [await desk.goods('milk'), await desk.goods('water')];
    const before = await desk.open();
    const orderId = await place(before.orders, 'water', lineOf(water, 10));
    kept = { orderId, first: await readPack(before.orders, orderId, water, { quantity: 4 }) };
    await before.stop();
    await copyDatabase(desk.database.name, backupOf(desk));
    const after = await desk.open();
    const operator = await place(after.orders, 'milk', lineOf(milk, 500));
    const own = (await after.orders.place(MAKER, requestOf('water', lineOf(water, 3, OWN)), 'own-key')).orderId;
    const operatorCodes = await readPack(after.orders, operator, milk);
    lost = { operator, own, operatorCodes, ownCodes: await readPack(after.orders, own, water) };
    await after.stop();
    await rename(journalFolder(), `${journalFolder()}-lost`);
  });

  beforeEach(async () => {
    await copyDatabase(backupOf(desk), desk.database.name);
    await rm(journalFolder(), { recursive: true, force: true });
    await cp(`${journalFolder()}-lost`, journalFolder(), { recursive: true });
    issuing = await desk.open();
  });

  afterEach(() => issuing.stop());

  after(async () => {
    await withClient(await serverUrl(), (client) =>
      client.query(`drop database if exists ${backupOf(desk)} with (force)`),
    );
    await desk.close();
  });

  const journalFolder = (): string => join(desk.folder(), 'journal');

  /** As the command does it, beside the hub. */
  async function runRecover({ journalLost = false } = {}) {
    const journal = await openIssueJournal({ folder: journalFolder(), clock: desk.clock });
    try {
      return await recover({ db: desk.db, clock: desk.clock, journal, keyRing: issuing.keyRing, journalLost });
    } finally {
      await journal.close();
    }
  }

  async function restart(): Promise<void> {
    await issuing.stop();
    issuing = await desk.open();
  }

  it('issues nothing until the journal has been replayed', async () => {
    assert.deepEqual(issuing.verdict, { kind: 'locked', reason: 'journal_ahead' });
    await assert.rejects(place(issuing.orders, 'milk', lineOf(milk, 1)), withCode('orders.issuing_locked'));
    const next = fetchPack(issuing.orders, kept.orderId, water, { lastPackId: kept.first.packId });
    await assert.rejects(next, withCode('orders.issuing_locked'));
  });

  it('gives again what had been handed over before the backup', async () => {
    assert.deepEqual(await readPack(issuing.orders, kept.orderId, water), kept.first);
  });

  it('has every code of the lost orders again after recover, and never a second time', async () => {
    const { entries, inserted, foreign } = await runRecover();
    assert.deepEqual({ entries, inserted, foreign }, { entries: 2, inserted: 503, foreign: 0 });
    await restart();
    assert.deepEqual(issuing.verdict, { kind: 'open' });
    const known = await desk.db.query<{ cis: string; owner: string; status: string }>(
      'select cis, owner, status from code',
    );
    const cisOf = (pack: ReadPack) => pack.codes.map((code) => code.split('\u001d')[0] ?? '');
    const store = new Map(known.rows.map((row) => [row.cis, row]));
    for (const cis of [...cisOf(lost.operatorCodes), ...cisOf(lost.ownCodes)]) {
      assert.deepEqual(store.get(cis), { cis, owner: MAKER.bin, status: 'emitted' });
    }
    const fresh = await place(issuing.orders, 'milk', lineOf(milk, 500));
    const issued = new Set(cisOf(lost.operatorCodes));
    assert.ok((await issuedCis(desk.db, issuing.orders, fresh)).every((cis) => !issued.has(cis)));
  });

  it('refuses own serials of the lost order after recover', async () => {
    await runRecover();
    await restart();
    const again = issuing.orders.place(MAKER, requestOf('water', lineOf(water, 1, ['ownserial0002'])), undefined);
    assert.deepEqual(await problemsOf(again), ['/products/0/serialNumbers/0 orders.serial_already_issued']);
  });

  it('gives the codes of the lost orders to their participant again after recover, tails and all', async () => {
    await runRecover();
    await restart();
    assert.deepEqual((await readPack(issuing.orders, lost.operator, milk)).codes, lost.operatorCodes.codes);
    assert.deepEqual((await readPack(issuing.orders, lost.own, water)).codes, lost.ownCodes.codes);
  });

  it('answers the lost order’s idempotency key with the lost order after recover', async () => {
    await runRecover();
    await restart();
    const { orderId } = await issuing.orders.place(MAKER, requestOf('water', lineOf(water, 3, OWN)), 'own-key');
    assert.equal(orderId, lost.own);
  });

  it('lets a running hub issue again soon after recover', async () => {
    await runRecover();
    desk.clock.advance({ seconds: 10 });
    const orderId = await place(issuing.orders, 'milk', lineOf(milk, 5));
    assert.equal((await issuedCis(desk.db, issuing.orders, orderId)).length, 5);
  });

  it('may be recovered twice', async () => {
    await runRecover();
    assert.deepEqual(await runRecover(), { entries: 0, inserted: 0, foreign: 0, lines: [] });
  });

  it('remembers codes of a participant and orders that it has never heard of', async () => {
    await desk.db.query('delete from code_download; delete from pack; delete from code; delete from order_line');
    await desk.db.query(
      'delete from code_order; delete from product; delete from participant; delete from issue_journal',
    );
    await runRecover();
    const { rows } = await desk.db.query('select bin, active from participant');
    assert.deepEqual(rows, [{ bin: MAKER.bin, active: false }]);
    assert.deepEqual((await desk.db.query('select count(*)::int as codes from code')).rows, [{ codes: 513 }]);
  });

  it('is locked with a new journal, too, until recover is told that the old one is lost', async () => {
    await issuing.stop();
    await rm(journalFolder(), { recursive: true });
    issuing = await desk.open();
    assert.deepEqual(issuing.verdict, { kind: 'locked', reason: 'journal_unknown' });
    await assert.rejects(runRecover(), (error) => error instanceof TanbaError && error.code === 'orders.journal_lost');
    await runRecover({ journalLost: true });
    await restart();
    assert.deepEqual(issuing.verdict, { kind: 'open' });
  });
});

function backupOf(desk: OrderDesk): string {
  return `${desk.database.name}_backup`;
}

/** Stands for the copy of a stopped data folder. */
async function copyDatabase(from: string, to: string): Promise<void> {
  await withClient(await serverUrl(), async (client) => {
    await client.query(`drop database if exists ${to} with (force)`);
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [from]);
    await client.query(`create database ${to} template ${from}`);
  });
}
