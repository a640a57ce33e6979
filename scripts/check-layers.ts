import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface LayerReport {
  readonly modules: number;
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];
}

/** Reads the imports of `<folder>/src` and of what it uses, and holds them against .dependency-cruiser.cjs. */
export async function checkLayers(folder = root): Promise<LayerReport> {
  const options = await extractOptions(join(root, '.dependency-cruiser.cjs'));
  const { output } = await cruise(['src'], { ...options, baseDir: folder, validate: true });
  const result = asResult(output);
  return {
    modules: result.modules.filter(({ source }) => source.startsWith('src/')).length,
    violations: result.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}

function asResult(output: ICruiseResult | string): ICruiseResult {
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered with text: ${output}`);
  return output;
}

/**
 * Lays out `files` (path → source) in a temporary folder and checks that: the proof that a rule still bites.
 * With a compiler it cannot use, dependency-cruiser prints a green tick over zero modules.
 */
export async function checkPlanted(files: Readonly<Record<string, string>>): Promise<LayerReport> {
  const folder = await mkdtemp(join(tmpdir(), 'tanba-layers-'));
  try {
    for (const [path, source] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), source);
    }
    return await checkLayers(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const planted = await checkPlanted({
    'src/core/low.ts': "import type { High } from '../routes/high.ts';\nexport type Low = High;\n",
    'src/routes/high.ts': 'export type High = string;\n',
  });
  if (planted.modules !== 2 || planted.violations[0]?.rule !== 'core-imports-downwards') {
    throw new Error('The layer check is blind: it did not find a planted violation.');
  }
  const report = await checkLayers();
  if (report.modules === 0) throw new Error('The layer check read no modules.');
  for (const { rule, from, to } of report.violations) console.error(`${rule}: ${from} → ${to}`);
  console.log(`layers: ${report.modules} modules, ${report.violations.length} violations`);
  if (report.violations.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
