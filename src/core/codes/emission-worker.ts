import { lineCodes, type SerialSource } from './line-codes.ts';
import type { SerialTemplate } from './serials.ts';
import { serveTasks } from './worker-pool.ts';

/** One order line whose rows for COPY are wanted. */
export interface RowsTask {
  readonly kind: 'rows';
  readonly source: SerialSource;
  readonly template: SerialTemplate;
  readonly gtin: string;
  readonly quantity: number;
  /** The rest of each row, after its cis. */
  readonly rowEnd: string;
}

export interface RowsResult {
  readonly consumed: number;
  readonly skipped: readonly number[];
  readonly rows: Uint8Array;
}

export function isRowsResult(value: unknown): value is RowsResult {
  return typeof value === 'object' && value !== null && 'rows' in value && value.rows instanceof Uint8Array;
}

function isRowsTask(value: unknown): value is RowsTask {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'rows';
}

serveTasks(isRowsTask, (task) => {
  const { consumed, skipped, rows } = lineCodes(task.source, task.template, task.gtin, task.quantity, task.rowEnd);
  const result: RowsResult = { consumed, skipped, rows };
  return { result, transfer: [rows.buffer] };
});
