import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DELIVERY } from '../../src/core/documents/kinds/delivery.ts';
import type { OpenPaper, PaperOptions, TextPlace } from '../../src/core/paper/paper.ts';
import { A4, openPaper } from '../../src/core/paper/paper.ts';
import type { AccompanyingDocument, FirstCodes, PaperLanguage } from '../../src/core/transfers/accompanying.ts';
import { accompanyingPdf, CODES_ON_PAPER_MAX } from '../../src/core/transfers/accompanying-pdf.ts';
import { ACCOMPANYING_TEXTS } from '../../src/core/transfers/accompanying-texts.ts';
import { goodsLine, paperDocument, RECEIVER, shippedCodes } from './paper.ts';

const NO_CODES: FirstCodes = { codes: [], count: 0 };

async function bytesOf(document: AccompanyingDocument, first: FirstCodes, language: PaperLanguage, open?: OpenPaper) {
  const pieces: Uint8Array[] = [];
  for await (const piece of accompanyingPdf(document, first, language, open)) pieces.push(piece);
  return Buffer.concat(pieces);
}

interface Drawn {
  readonly text: string;
  readonly page: number;
  readonly place: TextPlace;
  readonly height: number;
}

/** What was asked to be drawn, and where. */
async function drawn(document: AccompanyingDocument, first: FirstCodes, language: PaperLanguage = 'kk') {
  const texts: Drawn[] = [];
  const footers: string[] = [];
  const opened: PaperOptions[] = [];
  const open: OpenPaper = async (options) => {
    const paper = await openPaper(options);
    let page = 1;
    opened.push(options);
    return {
      ...paper,
      text: (text, place) => {
        texts.push({ text, page, place, height: paper.heightOf(text, place.width, place.size) });
        paper.text(text, place);
      },
      newPage: () => {
        page += 1;
        paper.newPage();
      },
      finish: (footer) =>
        paper.finish((number, pages) => {
          footers.push(footer(number, pages));
          return footer(number, pages);
        }),
    };
  };
  const bytes = await bytesOf(document, first, language, open);
  return { bytes, drawn: texts, words: texts.map(({ text }) => text), footers, opened };
}

const pagesIn = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;

describe('the accompanying document as PDF', () => {
  it('is a PDF with its font inside, in its language', async () => {
    const pdf = (await bytesOf(paperDocument(), NO_CODES, 'kk')).toString('latin1');
    assert.match(pdf, /^%PDF-1\.\d\n/);
    assert.match(pdf, /%%EOF\n$/);
    assert.match(pdf, /\/FontFile2 \d+ 0 R/);
    assert.match(pdf, /\/BaseFont \/[A-Z]{6}\+DejaVuSans\b/);
    assert.match(pdf, /\/Lang \(kk\)/);
  });

  it('is the same bytes each time, dated by the receipt of the document', async () => {
    const [once, again] = [
      await bytesOf(paperDocument(), NO_CODES, 'ru'),
      await bytesOf(paperDocument(), NO_CODES, 'ru'),
    ];
    assert.ok(once.equals(again));
    assert.match(once.toString('latin1'), /\/CreationDate \d+ 0 R/);
    assert.match(once.toString('latin1'), /\(D:20260203040505Z\)/);
  });

  it('has one page for a short document', async () => {
    assert.equal(pagesIn(await bytesOf(paperDocument(), { codes: shippedCodes(5), count: 5 }, 'kk')), 1);
  });

  it('has as many pages as its codes need, each with its number', async () => {
    const { bytes, footers } = await drawn(paperDocument(), { codes: shippedCodes(200), count: 200 }, 'ru');
    assert.ok(footers.length > 3);
    assert.equal(pagesIn(bytes), footers.length);
    assert.deepEqual(
      footers.map((footer) => footer.replace(/.* {4}/, '')),
      footers.map((_, index) => `Страница ${index + 1} из ${footers.length}`),
    );
  });

  it('repeats the head of a table on each page', async () => {
    const { drawn: texts } = await drawn(paperDocument(), { codes: shippedCodes(200), count: 200 }, 'kk');
    const heads = texts.filter(({ text }) => text === ACCOMPANYING_TEXTS.kk.codes).map(({ page }) => page);
    assert.deepEqual(heads.slice(0, 3), [1, 2, 3]);
  });

  it('draws nothing over the margins', async () => {
    const long = 'Ұзақ атау '.repeat(99);
    const goods = Array.from({ length: 40 }, () =>
      goodsLine({ name: { kk: long, ru: long }, quantity: 1_000_000, priceTiyn: 1_000_000_000_000 }),
    );
    const { drawn: texts } = await drawn(paperDocument({ goods }), { codes: shippedCodes(100), count: 100 });
    const outside = texts.filter(
      ({ place, height }) =>
        place.x < A4.left || place.x + place.width > A4.right || place.y < A4.top || place.y + height > A4.bottom + 1,
    );
    assert.deepEqual(outside, []);
  });

  it('tells both sides, the transport, goods, sums and the digest', async () => {
    const { words } = await drawn(paperDocument(), { codes: shippedCodes(1), count: 1 }, 'ru');
    for (const expected of [
      'Сопроводительный документ № ТТН-17 от 03.02.2026',
      'ТОО «Алатау Өнім», БИН/ИИН 080340002138',
      'ТОО «Көктем Маркет», БИН/ИИН 160240005297',
      'Шарт № 5',
      'автомобильный, 123 ABC 02, БИН/ИИН перевозчика 080340002138',
      'Принято частично',
      '03.02.2026 09:05 (UTC+5)',
      '04870000100019, Ботинки кожаные «Дала». Признак происхождения товара: 1. Таможенная декларация: 50404/010126/0001234',
      '31,50',
      '5,04',
      '36,54',
      '0104870000100019210000000000000',
      'ab'.repeat(32),
    ]) {
      assert.ok(words.includes(expected), `${expected} in ${JSON.stringify(words)}`);
    }
  });

  it('draws Kazakh words with Kazakh letters', async () => {
    const name = { kk: 'Әғқңөұүһі ӘҒҚҢӨҰҮҺІ', ru: 'Ботинки' };
    const { words, opened } = await drawn(paperDocument({ goods: [goodsLine({ name })] }), NO_CODES, 'kk');
    assert.ok(words.some((text) => text.includes(name.kk)));
    assert.ok(words.includes('Жөнелтуші'));
    assert.deepEqual(
      opened.map(({ title, language }) => [title, language]),
      [['Ілеспе құжат № ТТН-17, 03.02.2026', 'kk']],
    );
  });

  it('says of a receiver without registration that it has none', async () => {
    const { words } = await drawn(paperDocument({ receiver: { bin: RECEIVER, name: null } }), NO_CODES, 'ru');
    assert.ok(words.includes(`не зарегистрирован в системе, БИН/ИИН ${RECEIVER}`));
  });

  it('says how many codes only the XML has', async () => {
    const first = { codes: shippedCodes(CODES_ON_PAPER_MAX), count: CODES_ON_PAPER_MAX + 123_456 };
    const { words } = await drawn(paperDocument(), first, 'ru');
    assert.ok(words.includes('Ещё кодов: 123 456. Полный список — в этом же документе в виде XML.'));
  });

  it('says nothing of more codes where all are listed', async () => {
    const { words } = await drawn(paperDocument(), { codes: shippedCodes(2), count: 2 }, 'ru');
    assert.ok(!words.some((text) => text.startsWith('Ещё кодов')));
  });

  it('says how many lines have no price', async () => {
    const { words } = await drawn(
      paperDocument({ goods: [goodsLine(), goodsLine({ priceTiyn: null })] }),
      NO_CODES,
      'kk',
    );
    assert.ok(words.includes('Бағасы көрсетілмеген жолдар: 1, олар жиынтыққа кірмейді.'));
  });

  it('is read by others as it was written', async function () {
    if (spawnSync('pdftotext', ['-v']).error !== undefined) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'tanba-pdf-'));
    try {
      const file = join(folder, 'a.pdf');
      writeFileSync(file, await bytesOf(paperDocument(), { codes: shippedCodes(1), count: 1 }, 'kk'));
      const { stdout } = spawnSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
      assert.match(stdout, /Ілеспе құжат № ТТН-17/);
      assert.match(stdout, /Жөнелтуші +ТОО «Алатау Өнім»/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the words of the accompanying document', () => {
  const { kk, ru } = ACCOMPANYING_TEXTS;

  function places(value: unknown, path = ''): string[] {
    if (typeof value === 'string') return [`${path} ${[...value.matchAll(/\{\w+\}/g)].join(' ')}`];
    return Object.entries(Object(value)).flatMap(([key, inner]) => places(inner, `${path}/${key}`));
  }

  it('are complete in both languages, with the same gaps to fill', () => {
    assert.deepEqual(places(kk).sort(), places(ru).sort());
  });

  it('are empty in neither', () => {
    assert.doesNotMatch(JSON.stringify([kk, ru]), /:""/);
  });

  it('know every kind of transport that a shipment may name', () => {
    const schema = JSON.stringify(DELIVERY.shipment.header);
    for (const kind of Object.keys(kk.transports)) assert.ok(schema.includes(`"const":"${kind}"`), kind);
    const inSchema = /"transport":\{.*?"kind":\{"anyOf":\[(.*?)\]/.exec(schema)?.[1] ?? '';
    assert.equal(inSchema.match(/"const"/g)?.length, Object.keys(kk.transports).length);
  });
});
