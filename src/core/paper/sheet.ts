import type { Paper } from './paper.ts';
import { A4 } from './paper.ts';

type Align = 'left' | 'right' | 'center';

export interface Column {
  readonly head: string;
  readonly width: number;
  readonly align: Align;
}

export interface Table {
  row(cells: readonly string[]): void;
}

/** Paper that is filled from the top; what does not fit any more begins a new page. */
export interface Sheet {
  paragraph(text: string, style: { readonly size: number; readonly align?: Align }): void;
  /** A label with its value beside it. */
  pair(label: string, value: string, labelWidth: number, size: number): void;
  /** Its head is repeated on every page. */
  table(columns: readonly Column[], size: number): Table;
  /** Lines to sign on, side by side. */
  signingLines(labels: readonly string[], size: number): void;
  space(height: number): void;
  /** What follows, of that height, stays on one page. */
  keepTogether(height: number): void;
}

const WIDTH = A4.right - A4.left;
const LINE_GAP = 3;
const CELL_PADDING = 2;
const SIGNING_GAP = 24;

export function createSheet(paper: Paper): Sheet {
  let y: number = A4.top;

  /** True when a new page was begun. */
  function makeRoom(height: number): boolean {
    if (y + height <= A4.bottom) return false;
    paper.newPage();
    y = A4.top;
    return true;
  }

  function drawCells(columns: readonly Column[], cells: readonly string[], size: number, height: number): void {
    let x: number = A4.left;
    for (const [index, { width, align }] of columns.entries()) {
      const place = { x: x + CELL_PADDING, y: y + CELL_PADDING, width: width - 2 * CELL_PADDING, size, align };
      paper.text(cells[index] ?? '', place);
      x += width;
    }
    y += height;
    paper.rule(A4.left, x, y);
  }

  function rowHeight(columns: readonly Column[], cells: readonly string[], size: number): number {
    const heights = columns.map(({ width }, index) =>
      paper.heightOf(cells[index] ?? '', width - 2 * CELL_PADDING, size),
    );
    return Math.max(...heights) + 2 * CELL_PADDING;
  }

  return {
    paragraph(text, { size, align = 'left' }) {
      const height = paper.heightOf(text, WIDTH, size);
      makeRoom(height);
      paper.text(text, { x: A4.left, y, width: WIDTH, size, align });
      y += height + LINE_GAP;
    },
    pair(label, value, labelWidth, size) {
      const valueWidth = WIDTH - labelWidth;
      const height = Math.max(paper.heightOf(label, labelWidth, size), paper.heightOf(value, valueWidth, size));
      makeRoom(height);
      paper.text(label, { x: A4.left, y, width: labelWidth, size });
      paper.text(value, { x: A4.left + labelWidth, y, width: valueWidth, size });
      y += height + LINE_GAP;
    },
    table(columns, size) {
      const heads = columns.map(({ head }) => head);
      const headHeight = rowHeight(columns, heads, size);
      const drawHead = (): void => {
        paper.rule(A4.left, A4.left + columns.reduce((sum, { width }) => sum + width, 0), y);
        drawCells(columns, heads, size, headHeight);
      };
      // A head never stands alone at the foot of a page.
      makeRoom(headHeight * 2);
      drawHead();
      return {
        row(cells) {
          const height = rowHeight(columns, cells, size);
          if (makeRoom(height)) drawHead();
          drawCells(columns, cells, size, height);
        },
      };
    },
    signingLines(labels, size) {
      const width = (WIDTH - SIGNING_GAP * (labels.length - 1)) / labels.length;
      const height = Math.max(...labels.map((label) => paper.heightOf(label, width, size)));
      makeRoom(height);
      for (const [index, label] of labels.entries()) {
        const x = A4.left + index * (width + SIGNING_GAP);
        paper.text(label, { x, y, width, size });
        paper.rule(x + width / 3, x + width, y + height);
      }
      y += height + LINE_GAP;
    },
    space(height) {
      y += height;
    },
    keepTogether: (height) => void makeRoom(height),
  };
}
