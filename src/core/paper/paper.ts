import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';

/** A4, in points, with what is left between the margins. */
export const A4 = { width: 595.28, height: 841.89, left: 36, right: 559, top: 40, bottom: 790 } as const;

export interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly size: number;
  readonly align?: 'left' | 'right' | 'center';
}

/** Pages to draw on. Nothing flows by itself: whoever draws says where, and when a page is full. */
export interface Paper {
  text(text: string, place: TextPlace): void;
  /** How high the text would be, in that width and size. */
  heightOf(text: string, width: number, size: number): number;
  rule(fromX: number, toX: number, y: number): void;
  newPage(): void;
  /** Writes a line under every page, and gives the whole as PDF. */
  finish(footer: (page: number, pages: number) => string): AsyncIterable<Uint8Array>;
}

export interface PaperOptions {
  readonly title: string;
  readonly language: string;
  /** What the file says of its making; the same paper of the same time is the same bytes. */
  readonly at: Date;
}

export type OpenPaper = (options: PaperOptions) => Promise<Paper>;

// It has the Kazakh letters, which the fonts that every PDF reader brings along have not.
const FONT = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
const FOOTER = { y: 805, size: 7 } as const;
const RULE_WIDTH = 0.4;

export const openPaper: OpenPaper = async ({ title, language, at }) => {
  const font = await readFile(FONT);
  const pdf = new PDFDocument({
    size: [A4.width, A4.height],
    margin: 0,
    lang: language,
    displayTitle: true,
    // How many pages there are stands on each of them.
    bufferPages: true,
    info: { Title: title, Creator: 'Tanba', CreationDate: at },
  });
  pdf.registerFont('text', font).font('text');
  const text = (words: string, { x, y, width, size, align = 'left' }: TextPlace): void => {
    pdf.fontSize(size).text(onOneLine(words), x, y, { width, align });
  };
  return {
    text,
    heightOf: (words, width, size) => pdf.fontSize(size).heightOfString(onOneLine(words), { width }),
    rule: (fromX, toX, y) => void pdf.lineWidth(RULE_WIDTH).moveTo(fromX, y).lineTo(toX, y).stroke(),
    newPage: () => void pdf.addPage(),
    async *finish(footer) {
      const { count } = pdf.bufferedPageRange();
      const place = { x: A4.left, width: A4.right - A4.left, ...FOOTER, align: 'right' } as const;
      for (let page = 0; page < count; page++) {
        pdf.switchToPage(page);
        text(footer(page + 1, count), place);
      }
      pdf.end();
      yield* piecesOf(pdf);
    },
  };
};

async function* piecesOf(pdf: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const piece of pdf) if (piece instanceof Uint8Array) yield piece;
}

/** No font has a picture of control characters and halves of characters. */
function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
}
