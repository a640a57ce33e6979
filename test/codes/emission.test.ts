import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { IssueJournal } from '../../src/core/codes/issue-journal.ts';
import { seedContext, serialRange } from '../../src/core/codes/serials.ts';
import {
  fetchPack,
  type Issuing,
  issuedCis,
  lineOf,
  MAKER,
  type OrderDesk,
  openOrderDesk,
  place,
  readPack,
  requestOf,
  withCode,
} from './order-desk.ts';

const MILK = { serialLength: 6 };

describe('emission', () => {
  let desk: OrderDesk;

  before(async () => {
    desk = await openOrderDesk();
  });

  after(() => desk.close());

  beforeEach(() => desk.reset());

  /** The first serials that a pending line is going to have. */
  async function comingSerials({ keyRing }: Issuing, orderId: string, gtin: string, count: number): Promise<string[]> {
    const { rows } = await desk.db.query<{ seed: Buffer }>(
      'select sealed_seed as seed from order_line where order_id = $1 and gtin = $2',
      [orderId, gtin],
    );
    const [row] = rows;
    assert.ok(row);
    return serialRange(keyRing.unseal(row.seed, seedContext(orderId, gtin)), MILK, 0, count);
  }

  async function occupy(gtin: string, serials: readonly string[]): Promise<void> {
    await desk.db.query(
      `insert into code (cis, type, status, owner) select cis, 'unit', 'emitted', 'other' from unnest($1::text[]) as t(cis)`,
      [serials.map((serial) => `01${gtin}21${serial}`)],
    );
  }

  async function lineRow(orderId: string) {
    const { rows } = await desk.db.query<{ status: string; consumed: number; skipped: number[] }>(
      'select status, consumed, skipped from order_line where order_id = $1',
      [orderId],
    );
    return rows[0];
  }

  it('goes past serials that somebody already has, and remembers which', async () => {
    const gtin = await desk.goods('milk');
    const waiting = await desk.open({ emits: false });
    const orderId = await place(waiting.orders, 'milk', lineOf(gtin, 50));
    const coming = await comingSerials(waiting, orderId, gtin, 60);
    await occupy(
      gtin,
      [0, 7, 49, 51].map((position) => coming[position] ?? ''),
    );
    const { orders } = await desk.open();
    const expected = coming.filter((_, i) => ![0, 7, 49, 51].includes(i)).slice(0, 50);
    const { codes } = await readPack(orders, orderId, gtin);
    assert.deepEqual(await lineRow(orderId), { status: 'exhausted', consumed: 54, skipped: [0, 7, 49, 51] });
    assert.deepEqual(
      codes.map((code) => code.slice(18, 24)),
      expected,
    );
    const { rows } = await desk.db.query(`select count(*)::int as codes from code where owner = $1`, [MAKER.bin]);
    assert.deepEqual(rows, [{ codes: 50 }]);
  });

  it('never lets two orders share a code, however many run at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 8 }),
        fc.array(fc.nat(299), { maxLength: 10 }),
        async (quantities, taken) => {
          await desk.reset();
          const gtin = await desk.goods('milk');
          const waiting = await desk.open({ emits: false });
          const placed = await Promise.all(
            quantities.map((quantity) => place(waiting.orders, 'milk', lineOf(gtin, quantity))),
          );
          const serials = await comingSerials(waiting, placed[0] ?? '', gtin, 300);
          await occupy(
            gtin,
            [...new Set(taken)].map((position) => serials[position] ?? ''),
          );
          // Two hubs emit at the same time, two lines each.
          const [one, other] = [await desk.open(), await desk.open()];
          const codes = await Promise.all(
            placed.map((orderId, i) => issuedCis(desk.db, i % 2 === 0 ? one.orders : other.orders, orderId)),
          );
          assert.deepEqual(
            codes.map((list) => list.length),
            quantities,
          );
          assert.equal(new Set(codes.flat()).size, codes.flat().length);
        },
      ),
      { numRuns: 5 },
    );
  });

  it('gives the same codes again after a kill between journal and commit', async () => {
    const gtin = await desk.goods('milk');
    const waiting = await desk.open({ emits: false });
    const orderId = await place(waiting.orders, 'milk', lineOf(gtin, 20));
    const coming = await comingSerials(waiting, orderId, gtin, 20);
    await waiting.stop();
    const dead = faultyJournal(async (real, entries) => {
      await real.append(entries);
      throw new Error('killed');
    });
    const dying = await desk.open({ journal: dead.journal });
    await dead.reached;
    await dying.stop();
    assert.deepEqual((await desk.db.query('select 1 from code')).rows, []);
    const { orders, verdict } = await desk.open();
    assert.deepEqual(verdict, { kind: 'replay' });
    const { codes } = await readPack(orders, orderId, gtin);
    assert.deepEqual(
      codes.map((code) => code.slice(18, 24)),
      coming,
    );
  });

  it('emits again, with the same serials, what a full disk has kept out of the journal', async () => {
    const gtin = await desk.goods('milk');
    const waiting = await desk.open({ emits: false });
    const orderId = await place(waiting.orders, 'milk', lineOf(gtin, 20));
    const coming = await comingSerials(waiting, orderId, gtin, 20);
    await waiting.stop();
    const full = faultyJournal(() => Promise.reject(new Error('no space left on device')));
    const failing = await desk.open({ journal: full.journal });
    await full.reached;
    await failing.stop();
    assert.deepEqual((await desk.db.query('select 1 from code')).rows, []);
    const { orders, verdict } = await desk.open();
    assert.deepEqual(verdict, { kind: 'open' });
    const { codes } = await readPack(orders, orderId, gtin);
    assert.deepEqual(
      codes.map((code) => code.slice(18, 24)),
      coming,
    );
  });

  it('writes what it has issued into the journal before the database says so', async () => {
    const gtin = await desk.goods('water');
    const { orders, journal } = await desk.open();
    const orderId = await place(
      orders,
      'water',
      lineOf(
        gtin,
        5,
        ['aaaaaaaaaaaaa', 'b', 'c', 'd', 'e'].map((s) => s.padEnd(13, 'x')),
      ),
    );
    await issuedCis(desk.db, orders, orderId);
    const { rows } = await desk.db.query<{ seq: string; digest: string }>(
      `select last_seq as seq, encode(last_digest, 'hex') as digest from issue_journal`,
    );
    assert.deepEqual(rows, [{ seq: '1', digest: journal.state().digest }]);
  });

  it('rejects a line whose own serials were issued by an order placed at the same time', async () => {
    const gtin = await desk.goods('water');
    const waiting = await desk.open({ emits: false });
    const own = (serial: string) => lineOf(gtin, 2, [serial, 'samesamesames']);
    const first = await place(waiting.orders, 'water', own('aaaaaaaaaaaaa'));
    const second = await place(waiting.orders, 'water', own('bbbbbbbbbbbbb'));
    const { orders } = await desk.open();
    const results = await Promise.allSettled([first, second].map((orderId) => issuedCis(desk.db, orders, orderId)));
    const refused = results.findIndex((result) => result.status === 'rejected');
    const refusedOrder = [first, second][refused] ?? '';
    await assert.rejects(fetchPack(orders, refusedOrder, gtin), withCode('orders.line_rejected'));
    const { order, lines } = await orders.get(MAKER, refusedOrder);
    assert.equal(order.status, 'rejected');
    assert.equal(lines[0]?.rejectionCode, 'orders.serial_already_issued');
    const { rows } = await desk.db.query('select count(*)::int as codes from code');
    assert.deepEqual(rows, [{ codes: 2 }]);
  });

  it('takes what another hub has left pending', async () => {
    const gtin = await desk.goods('water');
    const taking = await desk.open({ emits: false });
    const { orders } = await desk.open();
    const placed = await taking.orders.place(MAKER, requestOf('water', lineOf(gtin, 3)), undefined);
    assert.equal((await issuedCis(desk.db, orders, placed.orderId)).length, 3);
  });
});

type Append = IssueJournal['append'];

/** A journal whose appends fail in the given way; `reached` resolves at the first one. */
function faultyJournal(append: (real: IssueJournal, entries: Parameters<Append>[0]) => ReturnType<Append>) {
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const journal = (real: IssueJournal): IssueJournal => ({
    ...real,
    append: (entries) => append(real, entries).finally(reach),
  });
  return { journal, reached };
}
