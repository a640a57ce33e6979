import { basename, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { errorText } from '../core/errors.ts';
import { type ImportOutcome, importNational } from '../core/national/import.ts';
import type { ImportProblem } from '../core/national/problems.ts';
import { loadProductGroups } from '../core/reference/product-groups.ts';
import { withStore } from './store.ts';

const USAGE = `tanba import <folder> [--check] [--skip-bad] [--name <name>]
  reads participants.ndjson, products.ndjson and codes.ndjson of another system: see docs/migration.md
  --check      only look for errors
  --skip-bad   leave out lines with errors, and write them to bad.ndjson in the folder
  --name       of the system they come from; default: the folder's name
`;
const PRODUCT_GROUPS = new URL('../../config/product-groups/', import.meta.url);

const EXIT = { fine: 0, refused: 1, usage: 2, incomplete: 3 } as const;

type Say = (line: string) => void;

/** Problems go to standard output, a line each; how far it is to standard error. */
export async function importCommand(config: Config, args: readonly string[], say: Say = print): Promise<void> {
  const wanted = readArguments(args);
  if (wanted === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = EXIT.usage;
    return;
  }
  const productGroups = loadProductGroups(PRODUCT_GROUPS);
  const onProgress = (text: string): void => void process.stderr.write(`${text}\n`);
  const outcome = await withStore(config, (db) =>
    importNational({ db, clock: systemClock, productGroups }, { ...wanted, onProgress }),
  );
  for (const line of report(outcome)) say(line);
  process.exitCode = exitCodeOf(outcome);
}

interface Wanted {
  readonly folder: string;
  readonly name: string;
  readonly checkOnly: boolean;
  readonly skipBad: boolean;
}

function readArguments(args: readonly string[]): Wanted | undefined {
  const folders: string[] = [];
  let name: string | undefined;
  let checkOnly = false;
  let skipBad = false;
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? '';
    if (argument === '--check') checkOnly = true;
    else if (argument === '--skip-bad') skipBad = true;
    else if (argument === '--name') name = args[++at] ?? '';
    else folders.push(argument);
  }
  const [given, ...rest] = folders;
  if (given === undefined || given.startsWith('--') || rest.length > 0 || name === '') return undefined;
  const folder = resolve(given);
  return { folder, name: name ?? basename(folder), checkOnly, skipBad };
}

function report(outcome: ImportOutcome): string[] {
  if (outcome.kind === 'already') return [`These files are in already (import ${outcome.originId}): nothing to do.`];
  const lines = outcome.problems.map(problemLine);
  const { problemCount, problems } = outcome;
  if (problemCount > problems.length) lines.push(`and ${problemCount - problems.length} more lines with errors`);
  if (outcome.kind === 'imported') {
    const { originId, participants, products, codes } = outcome;
    lines.push(`Import ${originId}: ${participants} participants, ${products} products, ${codes} codes.`);
    if (problemCount > 0) lines.push(`${problemCount} lines were left out: see bad.ndjson.`);
  } else {
    lines.push(`${problemCount} lines with errors. Nothing was changed.`);
  }
  return lines;
}

function problemLine({ file, line, code, cis, details }: ImportProblem): string {
  return `${file}:${line}  ${code}  ${cis === null ? '' : `${cis}  `}${errorText(code, 'en', details)}`;
}

function exitCodeOf(outcome: ImportOutcome): number {
  if (outcome.kind === 'already' || outcome.problemCount === 0) return EXIT.fine;
  return outcome.kind === 'imported' ? EXIT.incomplete : EXIT.refused;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
