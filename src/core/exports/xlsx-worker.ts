import writeXlsxFile from 'write-excel-file/node';
import { serveTasks } from '../codes/worker-pool.ts';

/** A workbook of one sheet. Pages are JSON arrays of rows, as bytes: those cross to a thread without being looked at. */
export interface XlsxTask {
  readonly kind: 'xlsx';
  readonly sheet: string;
  readonly titles: readonly string[];
  readonly pages: readonly Uint8Array[];
}

export interface XlsxResult {
  readonly file: Uint8Array;
}

export function isXlsxResult(value: unknown): value is XlsxResult {
  return typeof value === 'object' && value !== null && 'file' in value && value.file instanceof Uint8Array;
}

function isXlsxTask(value: unknown): value is XlsxTask {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'xlsx';
}

const WIDTH = 24;

serveTasks(isXlsxTask, async ({ sheet, titles, pages }) => {
  const rows = pages.flatMap((page) => rowsOf(JSON.parse(new TextDecoder().decode(page))));
  // Every cell is text: a number would lose the zeros of a GTIN, and text is never a formula.
  const head = titles.map((value) => ({ value, type: String, fontWeight: 'bold' as const }));
  const file = await writeXlsxFile([head, ...rows], {
    sheet,
    stickyRowsCount: 1,
    columns: titles.map(() => ({ width: WIDTH })),
  }).toBuffer();
  const own = new Uint8Array(file);
  return { result: { file: own }, transfer: [own.buffer] };
});

function rowsOf(page: unknown): (string | null)[][] {
  if (!Array.isArray(page)) return [];
  return page.map((row: unknown) =>
    Array.isArray(row) ? row.map((cell: unknown) => (typeof cell === 'string' && cell !== '' ? cell : null)) : [],
  );
}
