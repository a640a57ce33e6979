import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createDocumentReader } from '../../../src/core/documents/read-document.ts';
import { createXmlReader } from '../../../src/core/documents/xml/read-xml.ts';
import { toXml, xmlDocument } from './to-xml.ts';

const CODES_MAX = 1_000;

const text = (maxLength: number) =>
  fc
    .string({ unit: 'binary', minLength: 1, maxLength })
    // No control characters in our texts; no U+FFFE and U+FFFF in XML.
    .map((any) => any.replace(/[\p{Cc}\ufffe\uffff]/gu, '&'));
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const instant = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
const businessDate = instant.chain((date) => {
  const iso = date.toISOString();
  return fc.constantFrom(iso, iso.slice(0, 10), iso.replace(/\.\d+Z$/, '+05:00'));
});
const codes = fc.array(fc.stringMatching(/^[!-;=-Z_a-z\u001d]{1,60}$/), { minLength: 1, maxLength: 5 });
const paper = fc.record({ kind: text(100), number: text(64), date: businessDate });

const goodsLine = fc.record(
  {
    gtin: digits(14),
    quantity: fc.integer({ min: 1, max: 1_000_000 }),
    priceTiyn: fc.maxSafeNat().map((price) => price % 1_000_000_000_001),
    vatPercent: fc.integer({ min: 0, max: 100 }),
    originSign: fc.constantFrom('1', '2', '6'),
    customsDeclaration: text(40),
  },
  { requiredKeys: ['gtin', 'quantity'] },
);
const transport = fc.record(
  { kind: fc.constantFrom('ROAD', 'OTHER'), number: text(40), carrier: digits(12) },
  { requiredKeys: ['kind'] },
);
const shipment = fc.record(
  {
    receiver: digits(12),
    number: text(64),
    date: businessDate,
    basis: text(200),
    transport,
    goods: fc.array(goodsLine, { minLength: 1, maxLength: 4 }),
    codes,
  },
  { requiredKeys: ['receiver', 'number', 'date', 'codes'] },
);
const withdrawal = fc.record(
  {
    reason: fc.constantFrom('EXPORT', 'OTHER'),
    date: businessDate,
    primaryDocument: paper,
    comment: text(1_000),
    codes,
  },
  { requiredKeys: ['reason', 'date', 'codes'] },
);
const release = fc.record({ blockingId: fc.uuid(), ground: paper, codes }, { requiredKeys: ['blockingId', 'ground'] });
const document = fc.oneof(
  shipment.map((body) => ({ kind: 'shipment', body })),
  withdrawal.map((body) => ({ kind: 'withdrawal', body })),
  release.map((body) => ({ kind: 'release', body })),
);
const spelling = fc.record({
  prefix: fc.constantFrom('', 'd'),
  gs: fc.constantFrom('\\u001d', '\\u001D', '␝'),
  space: fc.constantFrom('', '\n  ', '<!-- so -->'),
});

describe('a document in XML', () => {
  const reader = createXmlReader();
  const asJson = createDocumentReader(CODES_MAX);
  after(() => reader.dispose());

  const read = (xml: string): unknown => reader.read(Buffer.from(xml), CODES_MAX);

  it('is the document that it would be in JSON, however it is written', () => {
    fc.assert(
      fc.property(document, spelling, (one, written) => {
        const plain: unknown = JSON.parse(JSON.stringify(one));
        const fromXml = read(toXml(one, written));
        assert.deepEqual(fromXml, plain);
        assert.deepEqual(asJson.read(fromXml), asJson.read(plain));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps texts that look like numbers, with the zeros in front of them', () => {
    const number = '<number>007</number><date>2026-03-01</date>';
    const goods = '<goods><gtin>00000000000017</gtin><quantity>0010</quantity></goods>';
    const body = `<receiver>012345678901</receiver>${number}${goods}<codes><code>1e3</code></codes>`;
    assert.deepEqual(read(xmlDocument('shipment', body)), {
      kind: 'shipment',
      body: {
        receiver: '012345678901',
        number: '007',
        date: '2026-03-01',
        goods: [{ gtin: '00000000000017', quantity: 10 }],
        codes: ['1e3'],
      },
    });
  });

  it('may have white space around dates and numbers, as XML Schema has it', () => {
    const body = '<reason>LOST</reason><date>\n 2026-03-01 \t</date><codes><code>a</code></codes>';
    assert.deepEqual(read(xmlDocument('write_off', body)), {
      kind: 'write_off',
      body: { reason: 'LOST', date: '2026-03-01', codes: ['a'] },
    });
  });

  it('may have its codes in CDATA', () => {
    const body = '<sscc>1</sscc><codes><code><![CDATA[a<b&c]]></code></codes>';
    assert.deepEqual(read(xmlDocument('aggregation', body)), {
      kind: 'aggregation',
      body: { sscc: '1', codes: ['a<b&c'] },
    });
  });

  it('has GS written out in its codes only', () => {
    const comment = '<comment>\\u001d</comment><codes><code>a\\u001db</code></codes>';
    assert.deepEqual(read(xmlDocument('write_off', `<reason>LOST</reason>${comment}`)), {
      kind: 'write_off',
      body: { reason: 'LOST', comment: '\\u001d', codes: ['a\u001db'] },
    });
  });

  it('may name where its schema is, which nobody reads', () => {
    const plain = xmlDocument('aggregation', '<sscc>1</sscc><codes><code>a</code></codes>');
    const where = 'xsi:schemaLocation="urn:tanba:documents:1 /etc/passwd urn:other file:///etc/hosts"';
    const located = plain.replace(' kind=', ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ${where} kind=`);
    assert.deepEqual(read(located), read(plain));
  });

  it('may be of a kind without codes', () => {
    assert.deepEqual(read(xmlDocument('disaggregation', '<sscc>1</sscc>')), {
      kind: 'disaggregation',
      body: { sscc: '1' },
    });
  });
});
