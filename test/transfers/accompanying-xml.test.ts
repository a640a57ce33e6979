import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { XmlDocument, XmlElement, XmlValidateError, XsdValidator } from 'libxml2-wasm';
import type { AccompanyingDocument, PaperLanguage, ShippedCode } from '../../src/core/transfers/accompanying.ts';
import { ACCOMPANYING_NAMESPACE, accompanyingXml } from '../../src/core/transfers/accompanying-xml.ts';
import { goodsLine, inPages, paperDocument, RECEIVER, SENDER, shippedCodes } from './paper.ts';

const XSD = readFileSync(new URL('../../schemas/accompanying-1.xsd', import.meta.url), 'utf8');

async function textOf(document: AccompanyingDocument, codes: readonly ShippedCode[], language: PaperLanguage = 'ru') {
  let text = '';
  for await (const piece of accompanyingXml(document, inPages(codes), language)) text += piece;
  return text;
}

function validate(text: string): void {
  const schema = XmlDocument.fromString(XSD);
  const validator = XsdValidator.fromDoc(schema);
  const parsed = XmlDocument.fromString(text);
  try {
    validator.validate(parsed);
  } finally {
    for (const each of [parsed, validator, schema]) each.dispose();
  }
}

/** The texts at the path, of a document that its schema allows. */
function read(text: string, ...paths: readonly string[]): string[] {
  validate(text);
  const parsed = XmlDocument.fromString(text);
  try {
    return paths.flatMap((path) =>
      parsed
        .find(path.replaceAll(/(^|\/)(\w)/g, '$1a:$2'), { a: ACCOMPANYING_NAMESPACE })
        .map(({ content }) => content),
    );
  } finally {
    parsed.dispose();
  }
}

describe('the accompanying document as XML', () => {
  it('fits its schema with everything told', async () => {
    validate(await textOf(paperDocument(), shippedCodes(3)));
  });

  it('fits its schema with as little told as a shipment may', async () => {
    const { state } = paperDocument();
    const bare = paperDocument({
      basis: null,
      transport: null,
      goods: [],
      receiver: { bin: RECEIVER, name: null },
      state: { ...state, status: 'awaiting_acceptance', decidedAt: null },
    });
    const text = await textOf(bare, shippedCodes(1));
    validate(text);
    assert.doesNotMatch(text, /<(basis|transport|goods|decidedAt)\b/);
    assert.deepEqual(read(text, '//receiver/name'), []);
  });

  it('does not fit it with a word that the schema does not know', async () => {
    const text = await textOf(paperDocument(), shippedCodes(1));
    assert.throws(() => validate(text.replace('outcome="awaiting"', 'outcome="lost"')), XmlValidateError);
  });

  it('has its names in the language asked for, and the codes of states beside them', async () => {
    const names = ['//title', '//transport/kind', '//goods/line/name', '//state/status'];
    assert.deepEqual(read(await textOf(paperDocument(), [], 'kk'), ...names), [
      'Ілеспе құжат',
      'автомобиль көлігі',
      '«Дала» былғары етік',
      'Ішінара қабылданды',
    ]);
    const russian = await textOf(paperDocument(), [], 'ru');
    assert.deepEqual(read(russian, ...names), [
      'Сопроводительный документ',
      'автомобильный',
      'Ботинки кожаные «Дала»',
      'Принято частично',
    ]);
    assert.match(russian, /lang="ru"/);
    assert.match(russian, /<status code="accepted_in_part">/);
  });

  it('names both sides', async () => {
    const text = await textOf(paperDocument(), []);
    assert.deepEqual(read(text, '//sender/bin', '//sender/name'), [SENDER, 'ТОО «Алатау Өнім»']);
    assert.deepEqual(read(text, '//receiver/bin', '//receiver/name'), [RECEIVER, 'ТОО «Көктем Маркет»']);
  });

  it('has the sums of each line and of all, in tiyn', async () => {
    const goods = [goodsLine(), goodsLine({ gtin: '04870000100026', priceTiyn: 100, vatPercent: null, quantity: 2 })];
    const text = await textOf(paperDocument({ goods }), []);
    assert.deepEqual(read(text, '//goods/line/sumWithVatTiyn', '//goods/total/sumWithVatTiyn'), [
      '3654',
      '200',
      '3854',
    ]);
    assert.deepEqual(read(text, '//goods/total/vatTiyn'), ['504']);
  });

  it('has no sums for a line without a price', async () => {
    const text = await textOf(paperDocument({ goods: [goodsLine({ priceTiyn: null })] }), []);
    assert.deepEqual(read(text, '//goods/line/sumWithVatTiyn', '//goods/total/sumWithVatTiyn'), ['0']);
  });

  it('holds sums past the safe integers', async () => {
    const goods = Array.from({ length: 1_000 }, () => goodsLine({ quantity: 1_000_000, priceTiyn: 1_000_000_000_000 }));
    const text = await textOf(paperDocument({ goods }), []);
    assert.deepEqual(read(text, '//goods/total/sumWithVatTiyn'), ['1160000000000000000000']);
  });

  it('keeps a code with every character that XML makes something of', async () => {
    const cis = `010487000010001921a&b<c>"d'`;
    assert.deepEqual(read(await textOf(paperDocument(), [{ line: 0, outcome: 'gone', cis }]), '//codes/code'), [cis]);
  });

  it('writes a GS in a code as six characters', async () => {
    const text = await textOf(paperDocument(), [{ line: 0, outcome: 'gone', cis: 'a\u001db' }]);
    assert.deepEqual(read(text, '//codes/code'), ['a\\u001db']);
  });

  it('lists the codes of all pages in order, and marks those out of a package', async () => {
    const [first = [], second = []] = [
      shippedCodes(1_200),
      [{ line: null, outcome: 'accepted', cis: 'inner' } as const],
    ];
    let text = '';
    for await (const piece of accompanyingXml(paperDocument(), inPages<ShippedCode>(first, second), 'kk'))
      text += piece;
    assert.deepEqual(
      read(text, '//codes/code'),
      [...first, ...second].map(({ cis }) => cis),
    );
    assert.match(text, /<code outcome="accepted" outOfPackage="true">inner</);
  });

  it('comes in pieces, so that a million codes are never one text', async () => {
    const sizes: number[] = [];
    for await (const piece of accompanyingXml(paperDocument(), inPages(shippedCodes(5_000)), 'ru'))
      sizes.push(piece.length);
    assert.ok(Math.max(...sizes) < 100_000, String(Math.max(...sizes)));
  });

  it('has the digest in the place of the signature, and says so', async () => {
    const text = await textOf(paperDocument(), []);
    assert.match(text, /<signature kind="digest">/);
    const told = read(text, '//signature/signer', '//signature/receivedAt', '//signature/digest', '//signature/value');
    assert.deepEqual(told, [SENDER, '2026-02-03T04:05:05.000Z', 'ab'.repeat(32), '']);
  });

  it('has a day as a day, and forms of time that only JSON knows as an instant', async () => {
    assert.deepEqual(read(await textOf(paperDocument(), []), '//date'), ['2026-02-03']);
    const timed = await textOf(paperDocument({ date: '2026-02-03 10:00:00+05:00' }), []);
    assert.deepEqual(read(timed, '//date'), ['2026-02-03T05:00:00.000Z']);
  });

  it('is one element of its namespace', async () => {
    const parsed = XmlDocument.fromString(await textOf(paperDocument(), []));
    assert.ok(parsed.root instanceof XmlElement);
    assert.deepEqual([parsed.root.name, parsed.root.namespaceUri], ['accompanyingDocument', ACCOMPANYING_NAMESPACE]);
    parsed.dispose();
  });
});
