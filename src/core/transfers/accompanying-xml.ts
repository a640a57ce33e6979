import { instantOf } from '../documents/dates.ts';
import { xmlText } from '../xml-text.ts';
import type { AccompanyingDocument, GoodsLine, PaperLanguage, Party, ShippedCode } from './accompanying.ts';
import type { Sums } from './accompanying-sums.ts';
import type { AccompanyingTexts } from './accompanying-texts.ts';
import { ACCOMPANYING_TEXTS } from './accompanying-texts.ts';

export const ACCOMPANYING_NAMESPACE = 'urn:tanba:accompanying:1';

/** Some 40 KB of text at a time. */
const CODES_PER_PIECE = 500;

/** The whole document as XML, piece by piece; its schema is schemas/accompanying-1.xsd. */
export async function* accompanyingXml(
  document: AccompanyingDocument,
  codes: AsyncIterable<readonly ShippedCode[]>,
  language: PaperLanguage,
): AsyncGenerator<string> {
  const texts = ACCOMPANYING_TEXTS[language];
  yield head(document, texts, language);
  yield goodsElement(document, language);
  yield '<codes>\n';
  for await (const page of codes) {
    for (let first = 0; first < page.length; first += CODES_PER_PIECE) {
      yield page
        .slice(first, first + CODES_PER_PIECE)
        .map(codeElement)
        .join('');
    }
  }
  yield '</codes>\n';
  yield tail(document, texts);
}

function head(document: AccompanyingDocument, texts: AccompanyingTexts, language: PaperLanguage): string {
  const { shipmentId, number, date, sender, receiver, basis } = document;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<accompanyingDocument xmlns="${ACCOMPANYING_NAMESPACE}" lang="${language}" shipmentId="${shipmentId}">\n`,
    leaf('title', texts.title),
    leaf('number', number),
    leaf('date', dayOrInstant(date)),
    partyElement('sender', sender),
    partyElement('receiver', receiver),
    leaf('basis', basis),
    transportElement(document, texts),
  ].join('');
}

function transportElement({ transport }: AccompanyingDocument, texts: AccompanyingTexts): string {
  if (transport === null) return '';
  const { kind, number, carrier } = transport;
  const name = texts.transports[kind] ?? kind;
  return element('transport', [leaf('kind', name, { code: kind }), leaf('number', number), leaf('carrier', carrier)]);
}

function goodsElement({ goods, total }: AccompanyingDocument, language: PaperLanguage): string {
  if (goods.length === 0) return '';
  const lines = goods.map((line, index) => goodsLineElement(line, index + 1, language));
  return element('goods', [...lines, element('total', sumLeaves(total))]);
}

function goodsLineElement(line: GoodsLine, number: number, language: PaperLanguage): string {
  const { gtin, name, quantity, priceTiyn, vatPercent, originSign, customsDeclaration, sums } = line;
  return element(
    'line',
    [
      leaf('gtin', gtin),
      leaf('name', name?.[language] ?? null),
      leaf('quantity', String(quantity)),
      leaf('priceTiyn', priceTiyn === null ? null : String(priceTiyn)),
      leaf('vatPercent', vatPercent === null ? null : String(vatPercent)),
      ...(sums === null ? [] : sumLeaves(sums)),
      leaf('originSign', originSign),
      leaf('customsDeclaration', customsDeclaration),
    ],
    { number: String(number) },
  );
}

function sumLeaves({ withoutVat, vat, withVat }: Sums): string[] {
  return [
    leaf('sumWithoutVatTiyn', String(withoutVat)),
    leaf('vatTiyn', String(vat)),
    leaf('sumWithVatTiyn', String(withVat)),
  ];
}

function codeElement({ line, outcome, cis }: ShippedCode): string {
  return leaf('code', cis, line === null ? { outcome, outOfPackage: 'true' } : { outcome });
}

function tail({ state, signature }: AccompanyingDocument, texts: AccompanyingTexts): string {
  const { status, shippedAt, recordedAt, acceptBy, decidedAt } = state;
  return [
    element('state', [
      leaf('status', texts.statuses[status], { code: status }),
      leaf('shippedAt', shippedAt.toISOString()),
      leaf('recordedAt', recordedAt.toISOString()),
      leaf('acceptBy', acceptBy.toISOString()),
      leaf('decidedAt', decidedAt?.toISOString() ?? null),
    ]),
    // The place of the electronic signature, empty until documents are signed: kind says what stands there instead.
    element(
      'signature',
      [
        leaf('signer', signature.bin),
        leaf('receivedAt', signature.receivedAt.toISOString()),
        leaf('digest', signature.digest, { algorithm: 'SHA-256' }),
        leaf('value', ''),
      ],
      { kind: 'digest' },
    ),
    '</accompanyingDocument>\n',
  ].join('');
}

function partyElement(name: 'sender' | 'receiver', party: Party): string {
  return element(name, [leaf('bin', party.bin), leaf('name', party.name)]);
}

/** A day stays a day; JSON takes forms of a date and time that XML Schema does not. */
function dayOrInstant(date: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(date) ? date : (instantOf(date)?.toISOString() ?? date);
}

type Attributes = Readonly<Record<string, string>>;

/** Nothing for what is not told. */
function leaf(name: string, value: string | null, attributes: Attributes = {}): string {
  return value === null ? '' : `<${name}${attributeText(attributes)}>${xmlText(value)}</${name}>\n`;
}

function element(name: string, content: readonly string[], attributes: Attributes = {}): string {
  return `<${name}${attributeText(attributes)}>\n${content.join('')}</${name}>\n`;
}

function attributeText(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlText(value)}"`)
    .join('');
}
