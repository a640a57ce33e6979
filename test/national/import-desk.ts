import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImportOptions, importNational } from '../../src/core/national/import.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase } from '../support/database.ts';
import { sscc } from '../support/goods.ts';

export const MAKER = '180540001239';
export const SHOP = '190240012344';
export const BOOTS = '04870000000128';
export const MILK = '04870000999996';

/** An SSCC as a code. */
export const packageOf = (number: number): string => `00${sscc(number)}`;
/** Serials of footwear have 13 characters. */
export const bootsOf = (number: number): string => `01${BOOTS}21F${String(number).padStart(12, '0')}`;
export const milkOf = (number: number): string => `01${MILK}21${String(number).padStart(6, '0')}`;

const names = { kk: 'Етік', ru: 'Ботинки', en: 'Boots' };
export const CARD = { tradeName: names, manufacturer: names, country: 'KZ' };

export type Line = Readonly<Record<string, unknown>> | string;
export interface Files {
  readonly participants?: readonly Line[];
  readonly products?: readonly Line[];
  readonly codes?: readonly Line[];
}

export const PARTICIPANTS: readonly Line[] = [
  { bin: MAKER, name: 'Zavod', role: 'manufacturer' },
  { bin: SHOP, name: 'Duken', role: 'retailer' },
];
export const PRODUCTS: readonly Line[] = [
  { gtin: BOOTS, productGroup: 'shoes', ownerBin: MAKER, card: CARD },
  { gtin: MILK, productGroup: 'milk', ownerBin: MAKER, card: CARD },
];

/** A unit in circulation, and what is different about this one. */
export function unit(number: number, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { code: bootsOf(number), type: 'unit', status: 'INTRODUCED', owner: MAKER, ...changes };
}

export function pallet(number: number, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { code: packageOf(number), type: 'transport', status: 'INTRODUCED', owner: MAKER, ...changes };
}

export const productGroups = loadProductGroups(new URL('../../config/product-groups/', import.meta.url));

/** A database of its own, and folders with the files of an import. */
export async function openImportDesk() {
  const database = await createTestDatabase();
  const { db } = database;
  const clock = movableClock();
  const base = await mkdtemp(join(tmpdir(), 'tanba-import-'));
  let folders = 0;

  async function folderOf({ participants = PARTICIPANTS, products = PRODUCTS, codes = [] }: Files): Promise<string> {
    folders += 1;
    const folder = await mkdtemp(join(base, `${folders}-`));
    const text = (lines: readonly Line[]): string =>
      lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    await writeFile(join(folder, 'participants.ndjson'), text(participants));
    await writeFile(join(folder, 'products.ndjson'), text(products));
    await writeFile(join(folder, 'codes.ndjson'), text(codes));
    return folder;
  }

  const run = (folder: string, options: Partial<ImportOptions> = {}) =>
    importNational({ db, clock, productGroups }, { folder, name: 'national', ...options });

  async function importFiles(files: Files, options: Partial<ImportOptions> = {}) {
    return await run(await folderOf(files), options);
  }

  /** The problems of an import that must be refused, as `file:line code`. */
  async function problemsOf(files: Files): Promise<string[]> {
    const outcome = await importFiles(files, { checkOnly: true });
    if (outcome.kind !== 'checked') throw new Error(`expected to be checked: ${outcome.kind}`);
    return outcome.problems.map(({ file, line, code }) => `${file.replace('.ndjson', '')}:${line} ${code}`);
  }

  async function count(table: string): Promise<number> {
    return (await db.query<{ n: number }>(`select count(*)::integer as n from ${table}`)).rows[0]?.n ?? 0;
  }

  async function close(): Promise<void> {
    await database.drop();
    await rm(base, { recursive: true });
  }

  return { database, db, clock, base, folderOf, run, importFiles, problemsOf, count, close };
}

export type ImportDesk = Awaited<ReturnType<typeof openImportDesk>>;
