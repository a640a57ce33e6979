import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Commodity, TicketItem, TicketRequest } from '../../../src/adapters/ofd/protocol/messages.ts';
import { spread } from '../../../src/adapters/ofd/spread.ts';
import { readTicket, TicketError } from '../../../src/adapters/ofd/ticket.ts';
import { dateTimeOf, moneyOf } from '../../../src/adapters/ofd/values.ts';

const AT = new Date('2026-11-27T10:15:30Z');

function goods(changes: Partial<Commodity> & { readonly pieces?: number } = {}): Commodity {
  const { pieces = 1, ...rest } = changes;
  return {
    name: 'Сигареты',
    quantity: BigInt(pieces * 1_000),
    price: moneyOf(90_000),
    sum: moneyOf(90_000 * pieces),
    ...rest,
  };
}
const sold = (changes: Parameters<typeof goods>[0] = {}): TicketItem => ({ type: 1, commodity: goods(changes) });
const storno = (changes: Parameters<typeof goods>[0] = {}): TicketItem => ({
  type: 2,
  storno_commodity: goods(changes),
});
const discount = (sum: number): TicketItem => ({ type: 5, discount: { sum: moneyOf(sum) } });
const markup = (sum: number): TicketItem => ({ type: 3, markup: { sum: moneyOf(sum) } });
const ticket = (items: readonly TicketItem[], changes: Partial<TicketRequest> = {}): TicketRequest => ({
  operation: 2,
  date_time: dateTimeOf(AT),
  items,
  amounts: { total: moneyOf(0) },
  ...changes,
});
const itemsOf = (...items: readonly TicketItem[]) => readTicket(ticket(items)).items;

describe('a ticket in the words of the core', () => {
  it('is a sale of its lines, with the time of Kazakhstan', () => {
    const read = readTicket(ticket([sold({ list_excise_stamp: ['a', 'b'], pieces: 2, ntin: '04870000000128' })]));
    assert.equal(read.operation, 'sale');
    assert.equal(read.at.toISOString(), AT.toISOString());
    assert.deepEqual(read.items, [
      { marks: ['a', 'b'], gtin: '04870000000128', name: 'Сигареты', quantity: 2, price: 90_000, sum: 180_000 },
    ]);
  });

  it('takes a mark from the deprecated field, once', () => {
    const [line] = itemsOf(sold({ excise_stamp: 'a', list_excise_stamp: ['a', 'b'] }));
    assert.deepEqual(line?.marks, ['a', 'b']);
    assert.deepEqual(itemsOf(sold({ excise_stamp: 'c' }))[0]?.marks, ['c']);
  });

  it('keeps quantities in thousandths', () => {
    assert.equal(itemsOf(sold({ quantity: 350n }))[0]?.quantity, 0.35);
  });

  it('leaves out a line that is taken back whole, with its marks', () => {
    const left = itemsOf(
      sold({ list_excise_stamp: ['a'] }),
      sold({ name: 'Пиво', list_excise_stamp: ['b'] }),
      storno(),
    );
    assert.deepEqual(
      left.map(({ marks }) => marks),
      [['b']],
    );
  });

  it('takes back the marks that a storno names, and leaves the rest of its line', () => {
    const [line] = itemsOf(
      sold({ pieces: 3, list_excise_stamp: ['a', 'b', 'c'] }),
      storno({ list_excise_stamp: ['b'] }),
    );
    assert.deepEqual(line, { marks: ['a', 'c'], name: 'Сигареты', quantity: 2, price: 90_000, sum: 180_000 });
  });

  it('spreads discounts and markups over the lines, so that sums are what was paid', () => {
    const sums = itemsOf(sold({ pieces: 1 }), sold({ pieces: 2 }), discount(30_000), markup(1)).map(({ sum }) => sum);
    assert.equal(
      sums.reduce((all, sum) => all + sum, 0),
      270_000 - 30_000 + 1,
    );
    assert.deepEqual(sums, [80_000, 160_001]);
  });

  it('names the sale that a return takes back', () => {
    const parent_ticket = {
      parent_ticket_number: 12_345_678n,
      parent_ticket_data_time: dateTimeOf(AT),
      kgd_kkm_id: '0101',
    };
    const { operation, parent } = readTicket(ticket([sold()], { operation: 3, parent_ticket }));
    assert.equal(operation, 'sale_return');
    assert.deepEqual(parent, { registerId: '0101', fiscalSign: '0012345678', at: AT });
  });

  const BAD: readonly (readonly [string, string, TicketRequest])[] = [
    ['an operation that is none', 'operation', ticket([sold()], { operation: 9 })],
    ['no date', 'date_time', { operation: 2, items: [sold()], amounts: { total: moneyOf(1) } }],
    ['nothing in it', 'items', ticket([])],
    ['everything taken back', 'items', ticket([sold(), storno()])],
    ['a storno of what was not sold', 'items[1]', ticket([sold(), storno({ list_excise_stamp: ['z'] })])],
    ['a storno of more than was sold', 'items[1]', ticket([sold(), storno({ pieces: 2 })])],
    ['discounts above its sum', 'items', ticket([sold(), discount(90_001)])],
    ['a quantity of nothing', 'items[0].quantity', ticket([sold({ quantity: 0n })])],
    ['a quantity beyond all measure', 'items[0].quantity', ticket([sold({ quantity: 2n ** 63n })])],
    ['a hundred tiyn', 'items[0].price', ticket([sold({ price: { bills: 1n, coins: 100 } })])],
    ['a sum beyond all money', 'items[0].sum', ticket([sold({ sum: { bills: 2n ** 63n } })])],
    ['goods without name and code', 'items[0]', ticket([sold({ name: '' })])],
    ['an item of no kind', 'items[0]', ticket([{ type: 7 }])],
    ['no total', 'amounts.total', { operation: 2, date_time: dateTimeOf(AT), items: [sold()] }],
  ];
  for (const [what, where, bad] of BAD) {
    it(`is refused with ${what}`, () => {
      assert.throws(
        () => readTicket(bad),
        (error) => error instanceof TicketError && error.field === where,
      );
    });
  }
});

describe('spreading a sum over parts', () => {
  it('loses nothing, makes no part negative, and keeps to proportion within one unit', () => {
    const parts = fc.array(fc.nat(1e12), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(parts, fc.integer({ min: -1e12, max: 1e12 }), (given, total) => {
        const whole = given.reduce((sum, part) => sum + part, 0);
        const made = spread(total, given);
        if (made === null) return assert.ok(-total > whole);
        assert.equal(
          made.reduce((sum, part) => sum + part, 0),
          whole + total,
        );
        assert.ok(made.every((part) => part >= 0));
        if (whole > 0) {
          made.forEach((part, index) => {
            const exact = (given[index] ?? 0) + (total * (given[index] ?? 0)) / whole;
            assert.ok(Math.abs(part - exact) <= 1.001, `${part} for ${exact}`);
          });
        }
      }),
    );
  });
});
