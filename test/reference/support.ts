import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Classifiers, loadClassifiers } from '../../src/core/reference/classifiers.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';

export const PRODUCT_GROUPS = loadProductGroups(new URL('../../config/product-groups/', import.meta.url));

export const TEXTS = { kk: 'Сынақ', ru: 'Проба', en: 'Trial' };
export const FIRST = '2026-01-01T00:00:00+05:00';
export const SECOND = '2026-07-01T00:00:00+05:00';
export const THIRD = '2027-01-01T00:00:00+05:00';

export interface GivenVersion {
  readonly effectiveFrom: string;
  readonly entries: readonly object[];
  readonly removed?: readonly string[];
}

export function entry(code: string, more: object = {}) {
  return { code, names: TEXTS, ...more };
}

/** The content of a file that is right, but for what is given. */
export function classifierFile(versions: readonly GivenVersion[], more: object = {}) {
  return { name: 'colours', titles: TEXTS, source: 'test', versions, ...more };
}

/** Loads these files, text as it is, out of a folder that is gone afterwards. */
export async function loadFiles(files: Readonly<Record<string, unknown>>): Promise<Classifiers> {
  const folder = await mkdtemp(join(tmpdir(), 'tanba-reference-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return loadClassifiers(folder, PRODUCT_GROUPS);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function loadVersions(versions: readonly GivenVersion[]): Promise<Classifiers> {
  return loadFiles({ 'colours.json': classifierFile(versions) });
}
