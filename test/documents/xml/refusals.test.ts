import assert from 'node:assert/strict';
import { createXmlDocuments } from '../../../src/core/documents/xml/xml-documents.ts';
import type { Problem } from '../../../src/core/errors.ts';
import { TanbaError } from '../../../src/core/errors.ts';
import { xmlDocument } from './to-xml.ts';

const CODES_MAX = 1_000;
const GOOD = '<sscc>1</sscc><codes><code>a</code></codes>';
const LAUGHS = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
const DECLARED = (encoding: string) =>
  `<?xml version="1.0" encoding="${encoding}"?>${xmlDocument('aggregation', GOOD)}`;

describe('a document in XML that is refused', () => {
  const xml = createXmlDocuments(CODES_MAX);
  after(() => xml.stop());

  async function refusal(document: string | Buffer): Promise<TanbaError> {
    try {
      await xml.read(Buffer.from(document));
    } catch (error) {
      assert.ok(error instanceof TanbaError, String(error));
      return error;
    }
    return assert.fail('was read');
  }

  async function problems(document: string): Promise<readonly Problem[]> {
    const { code, options } = await refusal(document);
    assert.equal(code, 'documents.invalid');
    const found = options.problems ?? [];
    assert.ok(found.every((problem) => problem.code === 'documents.xml_invalid'));
    return found;
  }

  const paths = async (document: string) => (await problems(document)).map(({ path }) => path);

  const hostile: readonly (readonly [what: string, code: string, document: string | Buffer])[] = [
    ['a billion laughs', 'documents.xml_doctype', `<!DOCTYPE d [<!ENTITY l0 "ha">${LAUGHS}]><d>&l9;</d>`],
    ['an external entity', 'documents.xml_doctype', `<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>`],
    ['an external DTD', 'documents.xml_doctype', `<!DOCTYPE document SYSTEM "http://localhost/x.dtd">${GOOD}`],
    ['a DOCTYPE behind a comment', 'documents.xml_doctype', `<!-- x --><!DOCTYPE d><d/>`],
    ['a DOCTYPE in UTF-16', 'documents.xml_malformed', Buffer.from('\ufeff<!DOCTYPE d><d/>', 'utf16le')],
    ['a DOCTYPE in UTF-16 without a mark', 'documents.xml_malformed', Buffer.from('<!DOCTYPE d><d/>', 'utf16le')],
    ['20,000 elements inside each other', 'documents.xml_malformed', '<a>'.repeat(20_000) + '</a>'.repeat(20_000)],
    ['20,000 elements left open', 'documents.xml_malformed', '<a>'.repeat(20_000)],
    ['an entity that nothing declares', 'documents.xml_malformed', xmlDocument('aggregation', '<sscc>&x;</sscc>')],
    ['GS as a character', 'documents.xml_malformed', xmlDocument('aggregation', GOOD.replace('a<', '\u001d<'))],
    ['GS as a reference', 'documents.xml_malformed', xmlDocument('aggregation', GOOD.replace('a<', '&#x1d;<'))],
    ['a NUL', 'documents.xml_malformed', xmlDocument('aggregation', GOOD.replace('a<', '\0<'))],
    ['bytes that are no UTF-8', 'documents.xml_malformed', Buffer.from('<a>\xc3\x28</a>', 'latin1')],
    ['another encoding', 'documents.xml_malformed', DECLARED('windows-1251')],
    ['an attribute twice', 'documents.xml_malformed', '<document kind="aggregation" kind="aggregation"/>'],
    ['nothing but space', 'documents.xml_malformed', ' '],
    ['an end that is missing', 'documents.xml_malformed', '<document>'],
    ['an unknown kind', 'documents.unknown_kind', xmlDocument('__proto__', GOOD)],
    ['no kind', 'documents.unknown_kind', '<document xmlns="urn:tanba:documents:1"><body/></document>'],
    ['more codes than are counted', 'documents.too_many_codes', xmlDocument('aggregation', '<a/>'.repeat(50_000))],
  ];
  for (const [what, code, document] of hostile) {
    it(`for ${what}, with ${code}`, async () => {
      assert.equal((await refusal(document)).code, code);
    });
  }

  it('is one in UTF-8 otherwise, whatever the letters of its name', async () => {
    await xml.read(Buffer.from(DECLARED('utf-8')));
    await xml.read(Buffer.from(`\ufeff${DECLARED('UTF-8')}`));
  });

  it('tells the line of what is not well-formed', async () => {
    const { options } = await refusal('<document>\n<body>\n</document>');
    assert.equal(options.details?.['line'], 3);
    assert.match(String(options.details?.['problem']), /tag mismatch: body line 2 and document/);
  });

  const invalid: readonly (readonly [what: string, document: string, path: string])[] = [
    ['another namespace', xmlDocument('aggregation', GOOD).replace('documents:1', 'documents:2'), ''],
    ['no namespace', '<document kind="aggregation"><body/></document>', ''],
    ['another root', '<doc xmlns="urn:tanba:documents:1" kind="aggregation"/>', ''],
    ['no body', '<document xmlns="urn:tanba:documents:1" kind="aggregation"/>', ''],
    ['an attribute of the root', xmlDocument('aggregation', GOOD).replace(' kind', ' a="" kind'), ''],
    ['a field that is missing', xmlDocument('aggregation', '<codes><code>a</code></codes>'), '/body/codes'],
    ['a field too many', xmlDocument('aggregation', `<x/>${GOOD}`), '/body/x'],
    [
      'an element __proto__',
      xmlDocument('aggregation', `<__proto__><sscc>1</sscc></__proto__>${GOOD}`),
      '/body/__proto__',
    ],
    [
      'fields in another order',
      xmlDocument('aggregation', '<codes><code>a</code></codes><sscc>1</sscc>'),
      '/body/codes',
    ],
    ['a list without codes', xmlDocument('aggregation', '<sscc>1</sscc><codes/>'), '/body/codes'],
    ['text between codes', xmlDocument('aggregation', GOOD.replace('<code>', 'x<code>')), '/body/codes'],
    ['codes where none belong', xmlDocument('disaggregation', GOOD), '/body/codes'],
    ['a second list of codes', xmlDocument('aggregation', `${GOOD}<codes><code>b</code></codes>`), '/body/codes'],
    [
      'a code of another namespace',
      xmlDocument('aggregation', GOOD.replace('<code>', '<code xmlns="x">')),
      '/body/codes/0',
    ],
    ['an element in a code', xmlDocument('aggregation', GOOD.replace('>a<', '><b/><')), '/body/codes/0'],
    ['a text too long', xmlDocument('aggregation', GOOD.replace('>1<', `>${'1'.repeat(25)}<`)), '/body/sscc'],
    [
      'a value not of the list',
      xmlDocument('write_off', '<reason>lost</reason><codes><code>a</code></codes>'),
      '/body/reason',
    ],
    [
      'a type of its own',
      xmlDocument(
        'write_off',
        '<reason xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="Code">LOST</reason><codes><code>a</code></codes>',
      ),
      '/body/reason',
    ],
  ];
  for (const [what, document, path] of invalid) {
    it(`for ${what}, at ${path === '' ? 'its root' : path}`, async () => {
      assert.equal((await paths(document))[0], path);
    });
  }

  const dates = ['2026-02-30', '2026-3-01', '2026-03-01Z', '2026-03-01T10:00:00', '01.03.2026', '', '-2026-03-01'];
  for (const date of dates) {
    it(`for the date '${date}'`, async () => {
      const body = `<reason>LOST</reason><date>${date}</date><codes><code>a</code></codes>`;
      assert.deepEqual(await paths(xmlDocument('write_off', body)), ['/body/date']);
    });
  }

  const SHIPMENT = '<receiver>123456789012</receiver><number>1</number><date>2026-03-01</date>';
  const line = (quantity: string) => `<goods><gtin>04870000100019</gtin><quantity>${quantity}</quantity></goods>`;
  for (const quantity of ['0', '1000001', '1.0', '1e3', 'x', '', '0x10', '9'.repeat(40)]) {
    it(`for the quantity '${quantity.slice(0, 10)}', at its line of goods`, async () => {
      const body = `${SHIPMENT}${line('1')}${line(quantity)}<codes><code>a</code></codes>`;
      assert.deepEqual(await paths(xmlDocument('shipment', body)), ['/body/goods/1/quantity']);
    });
  }

  it('tells every fault with its line and its place, under a prefix too', async () => {
    const lines = [
      '<d:document xmlns:d="urn:tanba:documents:1" kind="shipment"><d:body>',
      '<d:receiver>1</d:receiver>',
      '<d:number/><d:date>2026-03-01</d:date>',
      '<d:transport><d:kind>FOOT</d:kind></d:transport>',
      '<d:goods><d:gtin>04870000100019</d:gtin><d:quantity>1</d:quantity></d:goods>',
      '<d:goods><d:gtin>0487000010001</d:gtin><d:quantity>1</d:quantity></d:goods>',
      '<d:codes><d:code>a</d:code><d:code>b</d:code>',
      '<d:code/><d:code>c</d:code><d:code a="">d</d:code>',
      '</d:codes></d:body></d:document>',
    ];
    const told = (await problems(lines.join('\n'))).map(({ path, details }) => [path, details?.['line']]);
    assert.deepEqual(
      told.filter(([path], index) => told.findIndex(([other]) => other === path) === index),
      [
        ['/body/receiver', 2],
        ['/body/number', 3],
        ['/body/transport/kind', 4],
        ['/body/goods/1/gtin', 6],
        ['/body/codes/2', 8],
        ['/body/codes/4', 8],
      ],
    );
  });

  it('says of a fault what is wrong, without the namespace', async () => {
    const [problem] = await problems(xmlDocument('aggregation', `<x/>${GOOD}`));
    assert.equal(problem?.details?.['problem'], "Element 'x': This element is not expected. Expected is ( sscc ).");
  });

  it('tells at most 100 faults, the first ones', async () => {
    const bad = '<code>a</code><code/>'.repeat(1_000);
    const told = await paths(xmlDocument('aggregation', `<sscc>1</sscc><codes>${bad}</codes>`));
    assert.equal(told.length, 100);
    assert.deepEqual([told[0], told[99]], ['/body/codes/1', '/body/codes/199']);
  });

  it('is refused for codes with attributes, however many', async () => {
    const typed = '<code xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="Code">a</code>'.repeat(101);
    const told = await paths(xmlDocument('aggregation', `<sscc>1</sscc><codes>${typed}</codes>`));
    assert.deepEqual(told, ['/body/codes']);
  });

  describe('or read in a thread, being large', () => {
    const codes = Array.from({ length: CODES_MAX }, (_, n) => `${n}${'x'.repeat(60)}`);
    const large = (list: readonly string[]) =>
      xmlDocument(
        'aggregation',
        `<sscc>1</sscc><codes>${list.map((code) => `<code>${code}</code>`).join('\n')}</codes>`,
      );

    it('is read like a small one', async () => {
      const bytes = Buffer.from(large(codes));
      assert.deepEqual(await xml.read(bytes), { kind: 'aggregation', body: { sscc: '1', codes } });
      assert.deepEqual(await xml.codes(bytes), codes);
    });

    it('is refused like a small one', async () => {
      const wrong = codes.map((code, index) => (index === 700 ? '' : code));
      const told = await problems(large(wrong));
      assert.deepEqual(
        told.map(({ path, details }) => [path, details?.['line']]),
        [['/body/codes/700', 701]],
      );
    });
  });
});
