import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createCodec, ProtocolError } from '../../../../src/adapters/ofd/protocol/codec.ts';
import type { Money, Request, TicketItem } from '../../../../src/adapters/ofd/protocol/messages.ts';

/** Objects as decoding makes them. */
const plain = <T>(shape: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(shape, { noNullPrototype: true });

const codec = createCodec();
const U64_MAX = 0xffff_ffff_ffff_ffffn;

const money: fc.Arbitrary<Money> = plain({ bills: fc.bigInt({ min: 0n, max: U64_MAX }), coins: fc.nat(99) });
const commodity = plain({
  code: fc.bigInt({ min: 0n, max: U64_MAX }),
  name: fc.string({ unit: 'grapheme' }),
  section_code: fc.string(),
  quantity: fc.bigInt({ min: 0n, max: U64_MAX }),
  price: money,
  sum: money,
  excise_stamp: fc.string(),
  measure_unit_code: fc.constant('796'),
  list_excise_stamp: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }),
  ntin: fc.string(),
});
const item: fc.Arbitrary<TicketItem> = plain({ type: fc.constant(1), commodity });
const ticketRequest: fc.Arbitrary<Request> = plain({
  command: fc.constant(1),
  ticket: plain({
    operation: fc.integer({ min: 0, max: 3 }),
    date_time: plain({
      date: plain({ year: fc.nat(9_999), month: fc.nat(12), day: fc.nat(31) }),
      time: plain({ hour: fc.nat(23), minute: fc.nat(59), second: fc.nat(59) }),
    }),
    items: fc.array(item, { minLength: 1, maxLength: 5 }),
    amounts: plain({ total: money }),
    offline_ticket_number: fc.nat(0xffff_ffff),
    printed_document_number: fc.bigInt({ min: 0n, max: U64_MAX }),
  }),
});

const codeOf = (bytes: Uint8Array): string => {
  try {
    codec.decodeRequest(Buffer.from(bytes));
    return 'read';
  } catch (error) {
    return error instanceof ProtocolError ? error.code : `unexpected ${String(error)}`;
  }
};

/** A field of length-delimited bytes. */
const field = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

describe('messages of the register protocol', () => {
  it('come out as they went in, 64 bits whole', () => {
    fc.assert(
      fc.property(ticketRequest, (request) => {
        assert.deepEqual(codec.decodeRequest(codec.encodeRequest(request)), request);
      }),
    );
  });

  it('are read with fields that we do not know', () => {
    const known = codec.encodeRequest({ command: 5 });
    const later = Buffer.concat([known, field(99, Buffer.from('2.0.4')), varint(100 * 8), varint(7)]);
    assert.deepEqual(codec.decodeRequest(later), { command: 5 });
  });

  it('leave out a command that is none', () => {
    assert.deepEqual(codec.decodeRequest(Buffer.concat([varint(8), varint(77)])), {});
  });

  const BAD: readonly (readonly [string, Uint8Array, string])[] = [
    ['a message that ends in a field', Buffer.from([0x12, 0x05, 0x01]), 'malformed'],
    ['a length beyond the message', field(2, Buffer.alloc(3)).fill(0x7f, 1, 2), 'malformed'],
    [
      'a number of eleven bytes',
      Buffer.concat([Buffer.from([0x08]), Buffer.alloc(10, 0xff), Buffer.from([1])]),
      'malformed',
    ],
    ['a group', Buffer.from([0x13, 0x14]), 'malformed'],
    ['the field number 0', Buffer.from([0x02, 0x00]), 'malformed'],
    ['a hundred thousand levels of groups', Buffer.alloc(100_000, 0x13), 'malformed'],
    ['half a million empty items', field(2, Buffer.from('2a00'.repeat(500_000), 'hex')), 'too_many_fields'],
  ];
  for (const [what, bytes, code] of BAD) {
    it(`are refused as ${code}: ${what}`, () => assert.equal(codeOf(bytes), code));
  }

  it('are read or refused, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        assert.ok(['read', 'malformed', 'too_many_fields', 'too_deep'].includes(codeOf(bytes)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('are read or refused, wherever a right one is damaged', () => {
    fc.assert(
      fc.property(ticketRequest, fc.nat(), fc.nat(255), fc.boolean(), (request, place, byte, cut) => {
        const bytes = codec.encodeRequest(request);
        const at = place % bytes.length;
        const damaged = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
        if (!cut) damaged[at] = byte;
        assert.ok(['read', 'malformed', 'too_many_fields', 'too_deep'].includes(codeOf(damaged)));
      }),
      { numRuns: 1_000 },
    );
  });
});
