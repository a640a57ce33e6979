import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Transaction } from '../../store/database.ts';
import { TanbaError } from '../errors.ts';
import { type NumberedLine, parseLine, readLines } from '../ndjson.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import { type CopyValue, copyRows } from './copy-rows.ts';
import { type ReadLine, readCode, readParticipant, readProduct } from './lines.ts';

export const IMPORT_FILES = ['participants.ndjson', 'products.ndjson', 'codes.ndjson'] as const;
export type ImportFile = (typeof IMPORT_FILES)[number];

// Of this connection alone: a run that was killed leaves nothing of them, and reads its files again.
const CREATE_STAGING = `
create temporary table staged_participant (line integer, bin text, name text, role participant_role, active boolean);
create temporary table staged_product (
  line integer, gtin text, product_group text, owner_bin text, card jsonb, status text);
create temporary table staged_import (
  line integer, cis text collate "C", gtin text, type code_type, status code_status, owner text,
  parent text collate "C", reason text, production_date text, expiry_date text, batch text, emitted_at timestamptz,
  key_id text, level integer, root_owner text, done boolean not null default false);
create temporary table import_problem (
  file text, line integer, code text, cis text, details jsonb, primary key (file, line));`;

const TARGETS: Readonly<Record<ImportFile, string>> = {
  'participants.ndjson': 'staged_participant (line, bin, name, role, active)',
  'products.ndjson': 'staged_product (line, gtin, product_group, owner_bin, card, status)',
  'codes.ndjson': `staged_import (line, cis, gtin, type, status, owner, parent, reason, production_date, expiry_date,
    batch, emitted_at, key_id)`,
};
const PROBLEMS = 'import_problem (file, line, code, cis, details)';

const PREPARE_JOINS = `
create index on staged_participant (bin);
create index on staged_product (gtin);
create index on staged_import (cis);
create index on staged_import (parent) where parent is not null;
analyze staged_participant; analyze staged_product; analyze staged_import;`;

const GROUPS_OF_GTINS = `
select gtin, product_group as "productGroup" from staged_product where gtin = any($1)
union all
select gtin, product_group from product where gtin = any($1)`;

export interface StagingDeps {
  readonly folder: string;
  readonly productGroups: ProductGroups;
  readonly now: Date;
  readonly onProgress: (text: string) => void;
}

/** Reads the files into tables of this connection; lines that are wrong by themselves stand among the problems. */
export async function stageFiles(tx: Transaction, deps: StagingDeps): Promise<void> {
  const { productGroups, now } = deps;
  await tx.query(CREATE_STAGING);
  await stageFile(tx, deps, 'participants.ndjson', async (values) => values.map(readParticipant));
  const isGroup = (name: string): boolean => productGroups.at(name, now) !== undefined;
  await stageFile(tx, deps, 'products.ndjson', async (values) => values.map((value) => readProduct(value, isGroup)));
  await tx.query('create index staged_product_groups on staged_product (gtin)');
  await stageFile(tx, deps, 'codes.ndjson', createCodeReader(tx, productGroups, now));
  await tx.query(PREPARE_JOINS);
}

type ReadMany = (values: readonly unknown[]) => Promise<readonly ReadLine[]>;

const GTINS_REMEMBERED = 100_000;

/** One look-up for the goods of all lines read together. */
function createCodeReader(tx: Transaction, productGroups: ProductGroups, now: Date): ReadMany {
  const lengths = new LRUCache<string, { readonly length: number | undefined }>({ max: GTINS_REMEMBERED });
  return async (values) => {
    const missing = new Set<string>();
    const serialLengthOf = (gtin: string): number | undefined => {
      const known = lengths.get(gtin);
      if (known === undefined) missing.add(gtin);
      return known?.length;
    };
    const results = values.map((value) => readCode(value, { serialLengthOf, now }));
    if (missing.size === 0) return results;
    const { rows } = await tx.query<{ gtin: string; productGroup: string }>(GROUPS_OF_GTINS, [storable(missing)]);
    const groups = new Map(rows.map((row) => [row.gtin, row.productGroup]));
    for (const gtin of missing) {
      const group = groups.get(gtin);
      lengths.set(gtin, {
        length: group === undefined ? undefined : productGroups.at(group, now)?.template.serialLength,
      });
    }
    return values.map((value) => readCode(value, { serialLengthOf, now }));
  };
}

function storable(gtins: ReadonlySet<string>): string[] {
  return [...gtins].filter((gtin) => /^[0-9]{14}$/.test(gtin));
}

const LINES_AT_ONCE = 10_000;
const LINES_BETWEEN_NEWS = 200_000;

async function stageFile(tx: Transaction, deps: StagingDeps, file: ImportFile, read: ReadMany): Promise<void> {
  let lines = 0;
  let told = 0;
  let waiting: NumberedLine[] = [];
  const flush = async (): Promise<void> => {
    lines += waiting.length;
    await stageLines(tx, file, waiting, read);
    waiting = [];
    if (lines - told < LINES_BETWEEN_NEWS) return;
    told = lines;
    deps.onProgress(`${file}: ${lines} lines read`);
  };
  for await (const group of readLines(createReadStream(join(deps.folder, file)))) {
    waiting.push(...group);
    if (waiting.length >= LINES_AT_ONCE) await flush();
  }
  await flush();
  if (told !== lines) deps.onProgress(`${file}: ${lines} lines read`);
}

async function stageLines(
  tx: Transaction,
  file: ImportFile,
  lines: readonly NumberedLine[],
  read: ReadMany,
): Promise<void> {
  const rows: (readonly CopyValue[])[] = [];
  const problems: (readonly CopyValue[])[] = [];
  const numbers: number[] = [];
  const values: unknown[] = [];
  for (const line of lines) {
    try {
      values.push(parseLine(line));
      numbers.push(line.number);
    } catch (error) {
      if (!(error instanceof TanbaError)) throw error;
      problems.push([file, line.number, error.code, null, JSON.stringify(error.options.details ?? {})]);
    }
  }
  for (const [index, result] of (await read(values)).entries()) {
    const number = numbers[index] ?? 0;
    if (result.ok) rows.push([number, ...result.row]);
    else problems.push([file, number, result.code, result.cis ?? null, JSON.stringify(result.details ?? {})]);
  }
  await copyRows(tx, PROBLEMS, problems);
  await copyRows(tx, TARGETS[file], rows);
}
