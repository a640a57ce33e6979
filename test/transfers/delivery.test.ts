import assert from 'node:assert/strict';
import type { DocumentKind } from '../../src/core/documents/kinds.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { createTransferQueries } from '../../src/core/transfers/transfer-queries.ts';
import type { MovableClock } from '../support/clock.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import {
  AUTHORITY,
  emitCodes,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  push,
  RETAILER,
  receiptOf,
  ssccsFrom,
  WHOLESALER,
} from '../support/goods.ts';

const UNREGISTERED = '120940005552';
const NOBODY = '01900000-0000-7000-8000-000000000001';
const LISTED = { direction: null, status: null, partner: null, number: null, after: null, limit: 10 } as const;

describe('a delivery from one participant to another', () => {
  let test: TestDatabase;
  let clock: MovableClock;
  let circulation: Circulation;
  let queries: ReturnType<typeof createTransferQueries>;
  const newSscc = ssccsFrom(20_000);

  before(async () => {
    test = await createTestDatabase();
    await prepareGoods(test.db);
    clock = movableClock('2026-03-02T05:00:00Z');
    circulation = openCirculation(test, clock);
    queries = createTransferQueries({ db: test.db, clock });
  });
  after(async () => {
    await circulation.stop();
    await test.drop();
  });

  const goods = (count: number, owner = MANUFACTURER) => emitCodes(test.db, count, { owner, status: 'in_circulation' });

  async function done(kind: DocumentKind, body: object, bin: string): Promise<string> {
    clock.advance({ minutes: 1 });
    const { documentId, status, problems } = await circulation.submit(kind, body, { bin });
    assert.equal(status, 'accepted', JSON.stringify(problems));
    return documentId;
  }

  async function refused(kind: DocumentKind, body: object, bin: string): Promise<string[]> {
    clock.advance({ minutes: 1 });
    const { status, problems } = await circulation.submit(kind, body, { bin });
    assert.equal(status, 'rejected');
    return problems.map(({ code, path, cis }) => [code, path, ...(cis === undefined ? [] : [cis])].join(' '));
  }

  const shipped = (codes: readonly string[], { sender = MANUFACTURER, receiver = RETAILER, number = 'N-1' } = {}) =>
    done('shipment', { receiver, number, date: '2026-03-01', codes }, sender);

  async function packed(codes: readonly string[], bin = MANUFACTURER): Promise<string> {
    const sscc = newSscc();
    await done('aggregation', { sscc, codes }, bin);
    return `00${sscc}`;
  }

  async function seen(cis: string) {
    const [code] = (await circulation.queries.query({ bin: AUTHORITY, seesEverything: true, ip: '::1' }, [cis])).codes;
    return [code?.owner, code?.hold, code?.root] as const;
  }

  const as = (bin: string) => ({ bin, ip: '127.0.0.1', seesEverything: false });
  const told = async (shipmentId: string) => (await queries.one(as(RETAILER), shipmentId)).status;

  it('leaves the goods with the sender until the receiver accepts', async () => {
    const [cis = ''] = await goods(1);
    const shipmentId = await shipped([cis]);
    assert.deepEqual(await seen(cis), [MANUFACTURER, 'awaiting_acceptance', null]);
    await done('acceptance', { shipmentId }, RETAILER);
    assert.deepEqual(await seen(cis), [RETAILER, 'none', null]);
    assert.equal(await told(shipmentId), 'accepted');
  });

  it('of a pallet changes its one row, whatever is inside', async () => {
    const codes = await goods(3);
    const pallet = await packed([await packed(codes)]);
    const shipmentId = await shipped([pallet]);
    const acceptance = await done('acceptance', { shipmentId }, RETAILER);
    for (const cis of codes) assert.deepEqual(await seen(cis), [RETAILER, 'none', pallet]);
    const { rows } = await test.db.query(
      'select cis, event from code_history where document_id = any($1) order by ver',
      [[shipmentId, acceptance]],
    );
    assert.deepEqual(rows, [
      { cis: pallet, event: 'shipped' },
      { cis: pallet, event: 'accepted' },
    ]);
  });

  it('gives back what is refused and hands over the rest', async () => {
    const [good = '', damaged = ''] = await goods(2);
    const shipmentId = await shipped([good, damaged]);
    await done('refusal', { shipmentId, reason: 'DAMAGED', codes: [damaged] }, RETAILER);
    assert.equal(await told(shipmentId), 'awaiting_acceptance');
    await done('acceptance', { shipmentId }, RETAILER);
    assert.deepEqual(await seen(damaged), [MANUFACTURER, 'none', null]);
    assert.deepEqual(await seen(good), [RETAILER, 'none', null]);
    assert.equal(await told(shipmentId), 'accepted_in_part');
  });

  it('takes a unit that is refused out of its pallet', async () => {
    const [missing = '', stays = ''] = await goods(2);
    const pallet = await packed([missing, stays]);
    const shipmentId = await shipped([pallet]);
    await done('refusal', { shipmentId, reason: 'MISSING', codes: [missing] }, RETAILER);
    await done('acceptance', { shipmentId }, RETAILER);
    assert.deepEqual(await seen(missing), [MANUFACTURER, 'none', null]);
    assert.deepEqual(await seen(stays), [RETAILER, 'none', pallet]);
    assert.equal(await told(shipmentId), 'accepted_in_part');
  });

  it('ends when the sender takes back what is left', async () => {
    const [kept = '', back = ''] = await goods(2);
    const shipmentId = await shipped([kept, back]);
    await done('acceptance', { shipmentId, codes: [kept] }, RETAILER);
    await done('shipment_cancellation', { shipmentId }, MANUFACTURER);
    assert.deepEqual(await seen(back), [MANUFACTURER, 'none', null]);
    assert.equal(await told(shipmentId), 'accepted_in_part');
  });

  it('is refused whole, and cancelled whole', async () => {
    const first = await shipped(await goods(1));
    await done('refusal', { shipmentId: first, reason: 'OTHER' }, RETAILER);
    assert.equal(await told(first), 'refused');
    const second = await shipped(await goods(1));
    await done('shipment_cancellation', { shipmentId: second }, MANUFACTURER);
    assert.equal(await told(second), 'cancelled');
  });

  it('waits for a receiver who registers later', async () => {
    const [cis = ''] = await goods(1);
    const shipmentId = await shipped([cis], { receiver: UNREGISTERED });
    const view = () => queries.one(as(MANUFACTURER), shipmentId);
    assert.equal((await view()).receiverRegistered, false);
    await test.db.query(
      `insert into participant (bin, name, role, registered_at) values ($1, 'Jana', 'retailer', now())`,
      [UNREGISTERED],
    );
    assert.equal((await view()).receiverRegistered, true);
    await done('acceptance', { shipmentId }, UNREGISTERED);
    assert.deepEqual(await seen(cis), [UNREGISTERED, 'none', null]);
  });

  it('goes on without a unit sold on the way, and says so', async () => {
    const [sold = '', stays = '', loose = ''] = await goods(3);
    const pallet = await packed([sold, stays]);
    const shipmentId = await shipped([pallet, loose]);
    await push(circulation, receiptOf([sold, loose], { bin: MANUFACTURER }));
    await done('acceptance', { shipmentId }, RETAILER);
    const { status, lines, discrepancies } = await queries.one(as(RETAILER), shipmentId);
    assert.deepEqual([status, lines.accepted, lines.gone], ['accepted_in_part', 1, 1]);
    assert.deepEqual(
      discrepancies.map(({ cis, root }) => [cis, root]),
      [[sold, pallet]],
    );
    assert.deepEqual(await seen(stays), [RETAILER, 'none', pallet]);
  });

  it('of goods that were sold, brought back and shipped again is decided by their newest shipment', async () => {
    const [cis = ''] = await goods(1);
    const first = await shipped([cis]);
    await push(circulation, receiptOf([cis], { bin: MANUFACTURER }));
    await push(circulation, receiptOf([cis], { bin: MANUFACTURER, operation: 'sale_return' }));
    const second = await shipped([cis], { receiver: WHOLESALER });
    assert.deepEqual(await refused('acceptance', { shipmentId: first, codes: [cis] }, RETAILER), [
      `transfers.not_in_shipment /body/codes/0 ${cis}`,
    ]);
    await done('refusal', { shipmentId: first, reason: 'MISSING' }, RETAILER);
    assert.deepEqual(await seen(cis), [MANUFACTURER, 'awaiting_acceptance', null]);
    await done('acceptance', { shipmentId: second }, WHOLESALER);
    assert.deepEqual(await seen(cis), [WHOLESALER, 'none', null]);
  });

  it('is due within 15 working days, over the holidays of Nauryz', async () => {
    const shipmentId = await shipped(await goods(1));
    const { acceptBy, recordedAt } = await queries.one(as(RETAILER), shipmentId);
    assert.equal(recordedAt.toISOString().slice(0, 10), '2026-03-02');
    // 3-6, 10-13 and 16-20 March are 13 working days (the 9th is off); 23-25 are off; the 26th and 27th follow.
    assert.equal(acceptBy.toISOString(), '2026-03-27T18:59:59.999Z');
  });

  it('can go on from the receiver to the next', async () => {
    const [cis = ''] = await goods(1);
    await done('acceptance', { shipmentId: await shipped([cis], { receiver: WHOLESALER }) }, WHOLESALER);
    const onwards = await shipped([cis], { sender: WHOLESALER });
    await done('acceptance', { shipmentId: onwards }, RETAILER);
    assert.deepEqual(await seen(cis), [RETAILER, 'none', null]);
  });

  it('tells the other side by a message each time', async () => {
    const shipmentId = await shipped(await goods(1));
    await done('acceptance', { shipmentId }, RETAILER);
    const { rows } = await test.db.query(
      `select topic, bin from outbox where topic like 'transfer.%' and payload->>'shipmentId' = $1 order by created_at`,
      [shipmentId],
    );
    assert.deepEqual(rows, [
      { topic: 'transfer.shipped', bin: RETAILER },
      { topic: 'transfer.accepted', bin: MANUFACTURER },
    ]);
  });

  it('shows its owner each step, but no names of deals between others', async () => {
    const [cis = ''] = await goods(1);
    await done('acceptance', { shipmentId: await shipped([cis], { receiver: WHOLESALER }) }, WHOLESALER);
    await done('acceptance', { shipmentId: await shipped([cis], { sender: WHOLESALER }) }, RETAILER);
    const names = async (bin: string) =>
      (await circulation.queries.history(as(bin), cis)).events.map(({ event, actor, counterparty }) => [
        event,
        actor,
        counterparty,
      ]);
    assert.deepEqual(await names(RETAILER), [
      ['emitted', MANUFACTURER, null],
      ['shipped', null, null],
      ['accepted', null, null],
      ['shipped', WHOLESALER, RETAILER],
      ['accepted', RETAILER, WHOLESALER],
    ]);
    assert.deepEqual(await names(MANUFACTURER), [
      ['emitted', MANUFACTURER, null],
      ['shipped', MANUFACTURER, WHOLESALER],
      ['accepted', WHOLESALER, MANUFACTURER],
    ]);
  });

  it('is listed for both sides and for nobody else', async () => {
    const shipmentId = await shipped(await goods(1), { receiver: WHOLESALER, number: 'LIST-1' });
    const listed = async (bin: string, filter: object = {}) =>
      (await queries.list(bin, { ...LISTED, number: 'LIST-1', ...filter })).map((each) => each.shipmentId);
    assert.deepEqual(await listed(MANUFACTURER, { direction: 'outgoing' }), [shipmentId]);
    assert.deepEqual(await listed(WHOLESALER, { direction: 'incoming', partner: MANUFACTURER }), [shipmentId]);
    assert.deepEqual(await listed(WHOLESALER, { direction: 'outgoing' }), []);
    assert.deepEqual(await listed(RETAILER), []);
    await assert.rejects(queries.one(as(RETAILER), shipmentId), new TanbaError('transfers.not_found'));
  });

  describe('is refused', () => {
    const shipment = (codes: readonly string[], more: object = {}) => ({
      receiver: RETAILER,
      number: 'R-1',
      date: '2026-03-01',
      codes,
      ...more,
    });

    it('to oneself', async () => {
      const told = await refused('shipment', shipment(await goods(1), { receiver: MANUFACTURER }), MANUFACTURER);
      assert.deepEqual(told, ['transfers.to_oneself /body/receiver']);
    });

    it('to a BIN with a wrong check digit', async () => {
      const told = await refused('shipment', shipment(await goods(1), { receiver: '190240012345' }), MANUFACTURER);
      assert.deepEqual(told, ['participants.bin_invalid /body/receiver']);
    });

    it('to a participant who does not trade', async () => {
      const [ofd = ''] = (
        await test.db.query<{ bin: string }>(`select bin from participant where role = 'ofd'`)
      ).rows.map(({ bin }) => bin);
      const told = await refused('shipment', shipment(await goods(1), { receiver: ofd }), MANUFACTURER);
      assert.deepEqual(told, ['transfers.receiver_does_not_trade /body/receiver']);
    });

    it('to a suspended participant', async () => {
      await test.db.query(
        `insert into participant (bin, name, role, active, registered_at) values ('940240001119', 'Toqtau', 'retailer', false, now())`,
      );
      const told = await refused('shipment', shipment(await goods(1), { receiver: '940240001119' }), MANUFACTURER);
      assert.deepEqual(told, ['transfers.receiver_suspended /body/receiver']);
    });

    it('for goods before their introduction', async () => {
      const [cis = ''] = await emitCodes(test.db, 1, { status: 'applied' });
      const told = await refused('shipment', shipment([cis]), MANUFACTURER);
      assert.deepEqual(told, [`documents.wrong_status /body/codes/0 ${cis}`]);
    });

    it('for goods that are under way already', async () => {
      const [cis = ''] = await goods(1);
      await shipped([cis]);
      const told = await refused('shipment', shipment([cis]), MANUFACTURER);
      assert.deepEqual(told, [`documents.on_hold /body/codes/0 ${cis}`]);
    });

    it('for a package in which nothing is left', async () => {
      const [cis = ''] = await goods(1);
      const box = await packed([cis]);
      await push(circulation, receiptOf([cis], { bin: MANUFACTURER }));
      const told = await refused('shipment', shipment([box]), MANUFACTURER);
      assert.deepEqual(told, [`aggregation.package_empty /body/codes/0 ${box}`]);
    });

    it('for two lines about one GTIN', async () => {
      const line = { gtin: '04870000000128', quantity: 1 };
      const told = await refused('shipment', shipment(await goods(1), { goods: [line, line] }), MANUFACTURER);
      assert.deepEqual(told, ['documents.gtin_repeated /body/goods/1/gtin']);
    });

    it('with what is wrong about header and codes in one answer', async () => {
      const [own = ''] = await goods(1);
      const [foreign = ''] = await goods(1, WHOLESALER);
      const body = shipment([own, foreign, 'no code'], { receiver: MANUFACTURER, date: '2099-01-01' });
      const told = await refused('shipment', body, MANUFACTURER);
      assert.deepEqual(told, [
        'transfers.to_oneself /body/receiver',
        'documents.date_in_future /body/date',
        `documents.not_owner /body/codes/1 ${foreign}`,
        'code.malformed /body/codes/2 no code',
      ]);
    });
  });

  describe('is not decided', () => {
    it('by anybody but its receiver', async () => {
      const shipmentId = await shipped(await goods(1));
      for (const bin of [WHOLESALER, MANUFACTURER]) {
        assert.deepEqual(await refused('acceptance', { shipmentId }, bin), ['transfers.not_found /body/shipmentId']);
      }
      assert.deepEqual(await refused('shipment_cancellation', { shipmentId }, RETAILER), [
        'transfers.not_found /body/shipmentId',
      ]);
    });

    it('when there is no such shipment', async () => {
      const told = await refused('acceptance', { shipmentId: NOBODY }, RETAILER);
      assert.deepEqual(told, ['transfers.not_found /body/shipmentId']);
    });

    it('twice', async () => {
      const shipmentId = await shipped(await goods(1));
      await done('acceptance', { shipmentId }, RETAILER);
      assert.deepEqual(await refused('refusal', { shipmentId, reason: 'OTHER' }, RETAILER), [
        'transfers.decided /body/shipmentId',
      ]);
    });

    it('about a code of another shipment', async () => {
      const [other = ''] = await goods(1);
      await shipped([other]);
      const shipmentId = await shipped(await goods(1));
      assert.deepEqual(await refused('acceptance', { shipmentId, codes: [other] }, RETAILER), [
        `transfers.not_in_shipment /body/codes/0 ${other}`,
      ]);
    });

    it('by two at once: one wins, the other is refused', async () => {
      for (let round = 0; round < 5; round++) {
        const [cis = ''] = await goods(1);
        const shipmentId = await shipped([cis]);
        const both = await Promise.all([
          circulation.submit('acceptance', { shipmentId }, { bin: RETAILER }),
          circulation.submit('shipment_cancellation', { shipmentId }, { bin: MANUFACTURER }),
        ]);
        assert.deepEqual(both.map(({ status }) => status).sort(), ['accepted', 'rejected']);
        const lost = both.find(({ status }) => status === 'rejected');
        assert.deepEqual(
          lost?.problems.map(({ code }) => code),
          ['transfers.decided'],
        );
        const owner = both[0]?.status === 'accepted' ? RETAILER : MANUFACTURER;
        assert.deepEqual(await seen(cis), [owner, 'none', null]);
      }
    });

    it('against a till that sells the goods meanwhile: each unit is sold once, and has one owner', async () => {
      const codes = await goods(8);
      const shipmentId = await shipped(codes);
      await Promise.all([
        circulation.submit('acceptance', { shipmentId }, { bin: RETAILER }),
        ...codes.slice(0, 4).map((cis) => push(circulation, receiptOf([cis], { bin: MANUFACTURER }))),
      ]);
      for (const cis of codes.slice(4)) assert.deepEqual(await seen(cis), [RETAILER, 'none', null]);
      for (const cis of codes.slice(0, 4)) {
        const [owner, hold] = await seen(cis);
        assert.ok([MANUFACTURER, RETAILER].includes(owner ?? ''), owner ?? 'nobody');
        assert.equal(hold, 'none');
      }
    });
  });
});
