import pgCopy from 'pg-copy-streams';
import type { Transaction } from '../../store/database.ts';

export type CopyValue = string | number | null;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function fieldOf(value: CopyValue): string {
  if (value === null) return '\\N';
  return String(value).replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

/** @param target table and columns, as in `staged_code (line, cis)` */
export async function copyRows(
  tx: Transaction,
  target: string,
  rows: readonly (readonly CopyValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const text = rows.map((row) => `${row.map(fieldOf).join('\t')}\n`).join('');
  await new Promise<void>((resolve, reject) => {
    const sink = tx.query(pgCopy.from(`copy ${target} from stdin`));
    sink.once('error', reject);
    sink.once('finish', resolve);
    sink.end(text);
  });
}
