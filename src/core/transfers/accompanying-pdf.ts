import type { OpenPaper } from '../paper/paper.ts';
import { A4, openPaper } from '../paper/paper.ts';
import type { Column, Sheet } from '../paper/sheet.ts';
import { createSheet } from '../paper/sheet.ts';
import type { AccompanyingDocument, FirstCodes, GoodsLine, PaperLanguage, Party, ShippedCode } from './accompanying.ts';
import type { AccompanyingTexts } from './accompanying-texts.ts';
import { ACCOMPANYING_TEXTS, filled } from './accompanying-texts.ts';
import { dayInKazakhstan, grouped, tenge, timeInKazakhstan } from './accompanying-values.ts';

/** More is nothing that anybody reads on paper. */
export const CODES_ON_PAPER_MAX = 1_000;

/** Rows drawn before others get their turn: some 10 ms. */
const ROWS_PER_TURN = 20;

const TEXT_SIZE = 9;
const TABLE_SIZE = 7;
const LABEL_WIDTH = 150;
const WIDTH = A4.right - A4.left;

/** The document on A4, with its first codes; all pages are made before the first byte, since each says how many they are. */
export async function* accompanyingPdf(
  document: AccompanyingDocument,
  first: FirstCodes,
  language: PaperLanguage,
  open: OpenPaper = openPaper,
): AsyncGenerator<Uint8Array> {
  const texts = ACCOMPANYING_TEXTS[language];
  const numberAndDate = filled(texts.numberAndDate, { number: document.number, date: dayInKazakhstan(document.date) });
  const title = `${texts.title} ${numberAndDate}`;
  const paper = await open({ title, language, at: document.signature.receivedAt });
  const sheet = createSheet(paper);
  sheet.paragraph(title, { size: 13, align: 'center' });
  drawHead(sheet, document, texts);
  await drawGoods(sheet, document, texts, language);
  await drawCodes(sheet, first, texts);
  drawSignature(sheet, document, texts);
  yield* paper.finish((page, pages) => `${numberAndDate}    ${filled(texts.page, { page, pages })}`);
}

function drawHead(sheet: Sheet, document: AccompanyingDocument, texts: AccompanyingTexts): void {
  const { sender, receiver, basis, transport, state, shipmentId } = document;
  const tell = (label: string, value: string): void => sheet.pair(label, value, LABEL_WIDTH, TEXT_SIZE);
  sheet.space(8);
  tell('ID', shipmentId);
  tell(texts.sender, partyText(sender, texts));
  tell(texts.receiver, partyText(receiver, texts));
  if (basis !== null) tell(texts.basis, basis);
  if (transport !== null) {
    const { kind, number, carrier } = transport;
    const parts = [texts.transports[kind] ?? kind, number, carrier === null ? null : `${texts.carrier} ${carrier}`];
    tell(texts.transport, parts.filter((part) => part !== null).join(', '));
  }
  tell(texts.state, texts.statuses[state.status]);
  tell(texts.shippedAt, timeText(state.shippedAt, texts));
  tell(texts.recordedAt, timeText(state.recordedAt, texts));
  tell(texts.acceptBy, timeText(state.acceptBy, texts));
  if (state.decidedAt !== null) tell(texts.decidedAt, timeText(state.decidedAt, texts));
}

function partyText({ bin, name }: Party, texts: AccompanyingTexts): string {
  return `${name ?? texts.notRegistered}, ${texts.bin} ${bin}`;
}

function timeText(at: Date, texts: AccompanyingTexts): string {
  return filled(texts.kazakhstanTime, { time: timeInKazakhstan(at) });
}

function goodsColumns({ columns }: AccompanyingTexts): readonly Column[] {
  return [
    { head: columns.number, width: 20, align: 'right' },
    { head: columns.goods, width: 149, align: 'left' },
    { head: columns.quantity, width: 44, align: 'right' },
    { head: columns.price, width: 60, align: 'right' },
    { head: columns.withoutVat, width: 76, align: 'right' },
    { head: columns.vatPercent, width: 30, align: 'right' },
    { head: columns.vat, width: 68, align: 'right' },
    { head: columns.withVat, width: 76, align: 'right' },
  ];
}

async function drawGoods(
  sheet: Sheet,
  { goods, total }: AccompanyingDocument,
  texts: AccompanyingTexts,
  language: PaperLanguage,
): Promise<void> {
  sheet.space(10);
  sheet.paragraph(texts.goods, { size: 11 });
  if (goods.length === 0) return sheet.paragraph(texts.noGoods, { size: TEXT_SIZE });
  const table = sheet.table(goodsColumns(texts), TABLE_SIZE);
  await inTurns(goods, (line, index) => table.row(goodsCells(line, index + 1, texts, language)));
  table.row(['', texts.total, '', '', tenge(total.withoutVat), '', tenge(total.vat), tenge(total.withVat)]);
  sheet.space(4);
  const unpriced = goods.filter(({ sums }) => sums === null).length;
  if (unpriced > 0) sheet.paragraph(filled(texts.linesWithoutPrice, { count: unpriced }), { size: TABLE_SIZE });
}

function goodsCells(line: GoodsLine, number: number, texts: AccompanyingTexts, language: PaperLanguage): string[] {
  const { gtin, name, quantity, priceTiyn, vatPercent, originSign, customsDeclaration, sums } = line;
  const told = [
    `${gtin}, ${name?.[language] ?? texts.nameUnknown}`,
    originSign === null ? null : filled(texts.originSign, { value: originSign }),
    customsDeclaration === null ? null : filled(texts.customsDeclaration, { value: customsDeclaration }),
  ];
  return [
    String(number),
    told.filter((part) => part !== null).join('. '),
    grouped(quantity),
    priceTiyn === null ? '' : tenge(BigInt(priceTiyn)),
    sums === null ? '' : tenge(sums.withoutVat),
    vatPercent === null ? texts.withoutVat : String(vatPercent),
    sums === null ? '' : tenge(sums.vat),
    sums === null ? '' : tenge(sums.withVat),
  ];
}

async function drawCodes(sheet: Sheet, { codes, count }: FirstCodes, texts: AccompanyingTexts): Promise<void> {
  sheet.space(10);
  sheet.paragraph(`${texts.codes}: ${grouped(count)}`, { size: 11 });
  const columns: readonly Column[] = [
    { head: texts.columns.number, width: 36, align: 'right' },
    { head: texts.codes, width: 350, align: 'left' },
    { head: texts.state, width: WIDTH - 386, align: 'left' },
  ];
  const table = sheet.table(columns, TABLE_SIZE);
  await inTurns(codes, (code, index) => table.row([String(index + 1), code.cis, outcomeText(code, texts)]));
  sheet.space(4);
  const more = count - codes.length;
  if (more > 0) sheet.paragraph(filled(texts.moreCodes, { count: grouped(more) }), { size: TEXT_SIZE });
}

function outcomeText({ line, outcome }: ShippedCode, texts: AccompanyingTexts): string {
  const said = texts.outcomes[outcome];
  return line === null ? filled(texts.outOfPackage, { outcome: said }) : said;
}

/** Two lines to sign on, and the digest in the place of the electronic signature. */
function drawSignature(sheet: Sheet, { signature, sender }: AccompanyingDocument, texts: AccompanyingTexts): void {
  sheet.keepTogether(150);
  sheet.space(14);
  sheet.paragraph(texts.signature, { size: 11 });
  const tell = (label: string, value: string): void => sheet.pair(label, value, LABEL_WIDTH, TEXT_SIZE);
  tell(texts.signer, partyText({ ...sender, bin: signature.bin }, texts));
  tell(texts.receivedAt, timeText(signature.receivedAt, texts));
  tell(texts.digest, signature.digest);
  sheet.paragraph(texts.signatureNote, { size: TABLE_SIZE });
  sheet.space(16);
  sheet.signingLines([texts.released, texts.taken], TEXT_SIZE);
}

/** A long table must not keep the process from everything else. */
async function inTurns<T>(items: readonly T[], draw: (item: T, index: number) => void): Promise<void> {
  for (const [index, item] of items.entries()) {
    draw(item, index);
    if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await new Promise(setImmediate);
  }
}
