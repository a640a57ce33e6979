import { createWorkerPool } from '../codes/worker-pool.ts';
import type { Language } from '../errors.ts';
import type { ExportFormat, ExportList } from './columns.ts';
import { sheetName, titlesOf } from './columns.ts';
import { BYTE_ORDER_MARK, csvLine } from './csv.ts';
import type { Row } from './row-source.ts';
import { isXlsxResult, type XlsxResult, type XlsxTask } from './xlsx-worker.ts';

const PART_BYTES = 1_048_576;

/** Makes a file of rows, piece by piece. */
export interface FileWriter {
  /** Takes more rows; answers the parts of the file that are whole by now. */
  add(rows: readonly Row[]): Buffer[];
  /** The rest of the file. */
  finish(): Promise<Buffer[]>;
}

export function createFileWriter(format: ExportFormat, list: ExportList, language: Language): FileWriter {
  return format === 'csv' ? csvWriter(titlesOf(list, language)) : xlsxWriter(list, language);
}

function csvWriter(titles: readonly string[]): FileWriter {
  let rest = Buffer.from(BYTE_ORDER_MARK + csvLine(titles));
  return {
    add(rows) {
      const all = Buffer.concat([rest, Buffer.from(rows.map(csvLine).join(''))]);
      const whole = all.length - (all.length % PART_BYTES);
      rest = Buffer.from(all.subarray(whole));
      return inParts(all.subarray(0, whole));
    },
    finish: async () => inParts(rest),
  };
}

/**
 * A workbook is made at its end, in a thread of its own: 100,000 rows take four seconds and 400 MB, which end with the
 * thread.
 */
function xlsxWriter(list: ExportList, language: Language): FileWriter {
  const pages: Uint8Array[] = [];
  return {
    add(rows) {
      pages.push(new TextEncoder().encode(JSON.stringify(rows)));
      return [];
    },
    finish: async () => {
      const threads = createWorkerPool<XlsxTask, XlsxResult>({
        script: './xlsx-worker',
        from: import.meta.url,
        size: 1,
        isResult: isXlsxResult,
      });
      try {
        const titles = titlesOf(list, language);
        const { file } = await threads.run({ kind: 'xlsx', sheet: sheetName(list, language), titles, pages });
        return inParts(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
      } finally {
        await threads.stop();
      }
    },
  };
}

function inParts(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PART_BYTES) parts.push(bytes.subarray(at, at + PART_BYTES));
  return parts;
}
