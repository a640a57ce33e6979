import assert from 'node:assert/strict';
import type { Request, TicketRequest } from '../../../src/adapters/ofd/protocol/messages.ts';
import { dateTimeOf, moneyOf } from '../../../src/adapters/ofd/values.ts';
import { type MovableClock, movableClock } from '../../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { emitCodes, prepareGoods, RETAILER, statusesOf } from '../../support/goods.ts';
import { addRegister, REGISTER, startOfd, type TestOfd } from './support.ts';

const TICKET = 1;

describe('a cash register talks to the hub', () => {
  let store: TestDatabase;
  let clock: MovableClock;
  let ofd: TestOfd;

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
  });
  beforeEach(async () => {
    clock = movableClock();
    await addRegister(store);
    ofd = await startOfd(store, clock);
  });
  afterEach(() => ofd.stop());
  after(() => store.drop());

  const goods = (count: number): Promise<string[]> =>
    emitCodes(store.db, count, { status: 'in_circulation', owner: RETAILER });

  let documents = 0;
  function ticketWith(marks: readonly string[], changes: Partial<TicketRequest> = {}): TicketRequest {
    documents += 1;
    const sum = moneyOf(1_000 * Math.max(1, marks.length));
    return {
      operation: 2,
      date_time: dateTimeOf(clock.now()),
      items: [
        {
          type: 1,
          commodity: {
            name: 'Ботинки',
            section_code: '1',
            quantity: BigInt(1_000 * Math.max(1, marks.length)),
            price: moneyOf(1_000),
            sum,
            measure_unit_code: '796',
            list_excise_stamp: marks,
          },
        },
      ],
      amounts: { total: sum },
      fr_shift_number: 1,
      shift_document_number: documents,
      ...changes,
    };
  }
  const request = (ticket: TicketRequest): Request => ({ command: TICKET, ticket });
  const { token } = REGISTER;

  it('sells goods by a ticket, and answers with its number and the address of the receipt', async () => {
    const marks = await goods(2);
    const { response, token: nextToken } = await ofd.ask({ token, requestNumber: 1 }, request(ticketWith(marks)));
    assert.equal(response.result?.result_code, 0);
    assert.match(response.ticket?.ticket_number ?? '', /^\d{10}$/);
    const url = new URL(Buffer.from(response.ticket?.qr_code ?? []).toString());
    assert.equal(url.searchParams.get('f'), REGISTER.registrationNumber);
    assert.notEqual(nextToken, token);
    assert.deepEqual(await statusesOf(store.db, marks), ['withdrawn', 'withdrawn']);
  });

  it('answers a repeated ticket byte for byte, and sells once', async () => {
    const marks = await goods(1);
    const ticket = request(ticketWith(marks));
    const first = await ofd.ask({ token, requestNumber: 1 }, ticket);
    const again = await ofd.ask({ token, requestNumber: 1 }, ticket);
    assert.deepEqual(again.payload, first.payload);
    assert.equal(again.token, first.token);
    const history = await store.db.query('select from code_history where cis = $1', [marks[0]]);
    assert.equal(history.rowCount, 1);
  });

  it('takes the ticket as an offline one for the same receipt, when the answer to the online one was lost', async () => {
    const marks = await goods(1);
    const ticket = ticketWith(marks);
    const lost = await ofd.ask({ token, requestNumber: 1 }, request(ticket));
    const late = await ofd.ask({ token, requestNumber: 2 }, request({ ...ticket, offline_ticket_number: 77 }));
    assert.equal(late.response.result?.result_code, 0);
    assert.equal(late.response.ticket?.ticket_number, lost.response.ticket?.ticket_number);
    const receipts = await store.db.query('select from receipt where outcome @> $1', [
      JSON.stringify([{ cis: marks[0] }]),
    ]);
    assert.equal(receipts.rowCount, 1);
  });

  describe('and its operator pushes the same receipt by REST', () => {
    const restOf = (fiscalSign: string, mark: string, price: number) => ({
      fiscalSign,
      registerId: REGISTER.registrationNumber,
      bin: RETAILER,
      at: new Date(Math.floor(clock.now().getTime() / 1_000) * 1_000).toISOString(),
      operation: 'sale',
      items: [{ marks: [mark], name: 'Ботинки', quantity: 1, price, sum: price }],
    });
    const codeOf = (error: unknown): unknown =>
      typeof error === 'object' && error !== null && 'code' in error ? error.code : '';

    it('afterwards: one receipt, one effect', async () => {
      const [mark = ''] = await goods(1);
      const { response } = await ofd.ask({ token, requestNumber: 1 }, request(ticketWith([mark])));
      const { outcomes } = await ofd.push(restOf(response.ticket?.ticket_number ?? '', mark, 1_000));
      assert.equal(outcomes[0]?.outcome, 'sold');
      assert.equal((await store.db.query('select from code_history where cis = $1', [mark])).rowCount, 1);
    });

    it('with another content: a conflict, both are kept', async () => {
      const [mark = ''] = await goods(1);
      const { response } = await ofd.ask({ token, requestNumber: 1 }, request(ticketWith([mark])));
      const other = restOf(response.ticket?.ticket_number ?? '', mark, 999);
      await assert.rejects(ofd.push(other), (error) => codeOf(error) === 'receipts.conflict');
      const kept = await store.db.query('select from receipt_conflict where fiscal_sign = $1', [other.fiscalSign]);
      assert.equal(kept.rowCount, 1);
    });

    it('before it comes over TCP with another content: 13, and the ticket is kept', async () => {
      const [mark = ''] = await goods(1);
      await ofd.push(restOf('777001', mark, 999));
      const late = request(ticketWith([mark], { offline_ticket_number: 777_001 }));
      const { response } = await ofd.ask({ token, requestNumber: 1 }, late);
      assert.equal(response.result?.result_code, 13);
      const kept = await store.db.query('select from receipt_conflict where fiscal_sign = $1', ['777001']);
      assert.equal(kept.rowCount, 1);
    });
  });

  it('counts a ticket for its shift once, also when the hub was gone before it had counted it', async () => {
    const lostBeforeCount = ticketWith(await goods(1));
    await ofd.ask({ token, requestNumber: 1 }, request(lostBeforeCount));
    // As a hub leaves it that is killed between the receipt and the register's state.
    await addRegister(store);
    const again = await ofd.ask(
      { token, requestNumber: 2 },
      request({ ...lostBeforeCount, offline_ticket_number: 88 }),
    );
    const lostAfterCount = ticketWith(await goods(1));
    await ofd.ask({ token: again.token, requestNumber: 3 }, request(lostAfterCount));
    await ofd.ask({ token: again.token, requestNumber: 4 }, request({ ...lostAfterCount, offline_ticket_number: 89 }));
    const { rows } = await store.db.query('select sales::integer from register_shift where device_id = $1', [
      REGISTER.deviceId,
    ]);
    assert.deepEqual(rows, [{ sales: 2 }]);
  });

  it('gives an offline ticket the number that was printed on it', async () => {
    const ticket = ticketWith(await goods(1), { offline_ticket_number: 123_456 });
    const { response } = await ofd.ask({ token, requestNumber: 1 }, request(ticket));
    assert.equal(response.ticket?.ticket_number, '123456');
  });

  const REFUSALS: readonly (readonly [string, number, object, () => Request])[] = [
    ['a register that is not known', 1, { deviceId: 9 }, () => request(ticketWith([]))],
    ['a wrong token', 2, { token: 556 }, () => request(ticketWith([]))],
    ['a version that is none of ours', 3, { version: 999 }, () => request(ticketWith([]))],
    ['a command that is none', 4, {}, () => ({})],
    ['signing in', 5, {}, () => ({ command: 8 })],
    ['cancelling a ticket', 10, {}, () => ({ command: 7 })],
    ['a ticket without goods', 13, {}, () => request(ticketWith([], { items: [] }))],
    ['a ticket of the 31st of February', 13, {}, () => request(ticketWith([], badDate()))],
    ['a receipt of the day after tomorrow', 13, {}, () => request(ticketWith([], dated(2)))],
    ['a receipt of two years ago', 13, {}, () => request(ticketWith([], dated(-731)))],
    ['a return that names no sale', 13, {}, () => request(ticketWith([], { operation: 3 }))],
    ['a barcode that is in no catalogue', 18, {}, () => ({ command: 4, nomenclature: { barcode: '4870000999999' } })],
  ];
  const dated = (days: number) => ({ date_time: dateTimeOf(new Date(clock.now().getTime() + days * 86_400_000)) });
  const badDate = () => ({ date_time: { date: { year: 2026, month: 2, day: 31 }, time: { hour: 1, minute: 1 } } });

  for (const [what, code, header, body] of REFUSALS) {
    it(`answers ${code} to ${what}`, async () => {
      const { response } = await ofd.ask({ token, requestNumber: 1, ...header }, body());
      assert.equal(response.result?.result_code, code);
      assert.ok((response.result?.result_text ?? '') !== '');
    });
  }

  it('keeps a refused ticket as it came', async () => {
    await ofd.ask({ token, requestNumber: 1 }, request(ticketWith([], { items: [] })));
    const { rows } = await store.db.query(
      `select details ->> 'result' as result, length(body) > 0 as kept from register_document
        where device_id = $1 and kind = 'refused-ticket' order by received_at desc limit 1`,
      [REGISTER.deviceId],
    );
    assert.deepEqual(rows, [{ result: 'incorrect_request_data', kept: true }]);
  });

  it('sells what is no code at all as an anomaly, never as a refusal', async () => {
    const { response } = await ofd.ask({ token, requestNumber: 1 }, request(ticketWith(['no code'])));
    assert.equal(response.result?.result_code, 0);
  });

  it('answers 15 to a blocked register, and to a register of a participant that is no longer active', async () => {
    await store.db.query('update cash_register set blocked = true where device_id = $1', [REGISTER.deviceId]);
    const { response } = await ofd.ask({ token, requestNumber: 1 }, request(ticketWith([])));
    assert.equal(response.result?.result_code, 15);
  });

  it('answers 11 to an online ticket in a shift of more than 24 hours, and takes an offline one', async () => {
    const first = await ofd.ask({ token, requestNumber: 1 }, request(ticketWith([])));
    clock.advance({ hours: 25 });
    const late = await ofd.ask({ token: first.token, requestNumber: 2 }, request(ticketWith([])));
    assert.equal(late.response.result?.result_code, 11);
    const offline = request(ticketWith([], { offline_ticket_number: 5 }));
    const taken = await ofd.ask({ token: late.token, requestNumber: 3 }, offline);
    assert.equal(taken.response.result?.result_code, 0);
  });

  it('takes an offline receipt of more than 72 hours ago, with an alert', async () => {
    const ticket = ticketWith([], { ...dated(-4), offline_ticket_number: 6 });
    const { response } = await ofd.ask({ token, requestNumber: 1 }, request(ticket));
    assert.equal(response.result?.result_code, 0);
    const alerts = await store.db.query(`select from alert where kind = 'register_offline_too_long'`);
    assert.equal(alerts.rowCount, 1);
  });

  it('closes a shift without a word where the Z-report agrees, and alerts where it does not', async () => {
    const till = ofd.till();
    await till.sell({ marks: await goods(1), price: 5_000, at: clock.now() });
    const closed = await till.closeShift();
    assert.equal(closed?.result?.result_code, 0);
    const sales = closed?.report?.zx_report?.ticket_operations?.find(({ operation }) => operation === 2);
    assert.equal(sales?.tickets_count, 1);
    const alerts = `select from alert where kind = 'shift_mismatch'`;
    assert.equal((await store.db.query(alerts)).rowCount, 0);
    await till.ask({
      command: 2,
      close_shift: { close_time: dateTimeOf(clock.now()), fr_shift_number: 1, z_report: { ticket_operations: [] } },
    });
    assert.equal((await store.db.query(alerts)).rowCount, 1);
  });

  it('tells which goods are subject to marking', async () => {
    const { response } = await ofd.ask(
      { token, requestNumber: 1 },
      { command: 4, nomenclature: { barcode: '4870000000128' } },
    );
    assert.equal(response.nomenclature?.elements?.[0]?.item?.is_markedeac, true);
  });

  it('tells a register its registration', async () => {
    const { response } = await ofd.ask({ token, requestNumber: 1 }, { command: 5, service: { get_reg_info: true } });
    assert.equal(response.service?.reg_info?.kkm?.fns_kkm_id, REGISTER.registrationNumber);
    assert.equal(response.service?.reg_info?.org?.inn, RETAILER);
  });

  it('answers 254 while the store is away, and sells when it is there again', async () => {
    const marks = await goods(1);
    const ticket = request(ticketWith(marks));
    const locks = await store.db.pool.connect();
    await locks.query('begin; lock table cash_register in access exclusive mode');
    const asked = ofd.ask({ token, requestNumber: 1 }, ticket);
    await locks.query('rollback');
    locks.release();
    assert.equal((await asked).response.result?.result_code, 0);
  });

  it('slows down whoever guesses tokens', async () => {
    await ofd.stop();
    ofd = await startOfd(store, clock, { wrongTokensPerMinute: 3 });
    const codes: (number | undefined)[] = [];
    for (let guess = 1; guess <= 5; guess++) {
      const { response } = await ofd.ask({ token: guess, requestNumber: 1 }, request(ticketWith([])));
      codes.push(response.result?.result_code);
    }
    assert.deepEqual(codes, [2, 2, 2, 254, 254]);
  });
});
