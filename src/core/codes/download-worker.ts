import { formatCode } from './gs1.ts';
import { cisPrefix, ownBytes, type SerialSource } from './line-codes.ts';
import { serialRange } from './serials.ts';
import { createTailMaker, type SigningKey } from './tail.ts';
import type { CodeTemplate } from './template.ts';
import { serveTasks } from './worker-pool.ts';

export type DownloadFormat = 'json' | 'csv';

/** Some codes of a line, with their tails, as text ready to be sent. */
export interface TextTask {
  readonly kind: 'text';
  readonly format: DownloadFormat;
  /** For own serials only the wanted ones, with `from` 0. */
  readonly source: SerialSource;
  readonly from: number;
  /** Positions to go through, the skipped ones among them. */
  readonly count: number;
  readonly skipped: readonly number[];
  readonly template: CodeTemplate;
  readonly gtin: string;
  readonly key: SigningKey;
}

export interface TextResult {
  readonly text: Uint8Array;
}

export function isTextResult(value: unknown): value is TextResult {
  return typeof value === 'object' && value !== null && 'text' in value && value.text instanceof Uint8Array;
}

function isTextTask(value: unknown): value is TextTask {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'text';
}

/** RFC 4180, quoted only where a code holds a comma or a quotation mark. */
function csvField(code: string): string {
  return /[",]/.test(code) ? `"${code.replaceAll('"', '""')}"` : code;
}

function serialsOf(task: TextTask): readonly string[] {
  if (task.source.kind === 'own') return task.source.serials;
  const skipped = new Set(task.skipped);
  const all = serialRange(task.source.seed, task.template, task.from, task.count);
  return skipped.size === 0 ? all : all.filter((_, i) => !skipped.has(task.from + i));
}

export function textOf(task: TextTask): string {
  const prefix = cisPrefix(task.gtin);
  const tailOf = createTailMaker(task.template, task.key);
  const codes = serialsOf(task).map((serial) => {
    const cis = prefix + serial;
    return formatCode(cis, tailOf(cis));
  });
  // The members of a JSON array without its brackets; the caller puts commas between the pieces.
  if (task.format === 'json') return JSON.stringify(codes).slice(1, -1);
  // Neither the operator's serials nor a tail can hold a character that needs quotes.
  return `${(task.source.kind === 'own' ? codes.map(csvField) : codes).join('\n')}\n`;
}

serveTasks(isTextTask, (task) => {
  // A code is ASCII (CSET 82, base64, GS), and so is its JSON.
  const text = ownBytes(textOf(task));
  const result: TextResult = { text };
  return { result, transfer: [text.buffer] };
});
