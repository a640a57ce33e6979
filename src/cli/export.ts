import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { exportAll } from '../core/national/export.ts';
import { withStore } from './store.ts';

const USAGE = 'tanba export <folder>   everything in the store as NDJSON, into a new or empty folder\n';

type Say = (line: string) => void;

export async function exportCommand(config: Config, args: readonly string[], say: Say = print): Promise<void> {
  const [folder, ...rest] = args;
  if (folder === undefined || folder.startsWith('--') || rest.length > 0) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const target = resolve(folder);
  const onProgress = (text: string): void => void process.stderr.write(`${text}\n`);
  const { files } = await withStore(config, (db) => exportAll({ db, clock: systemClock, onProgress }, target));
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  say(`${rows} rows in ${files.length} files: ${target}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
