import { createHash, randomBytes, randomInt } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pgCopy from 'pg-copy-streams';
import { systemClock } from '../src/core/clock.ts';
import { ssccProblem } from '../src/core/codes/code-parts.ts';
import { formatCode } from '../src/core/codes/gs1.ts';
import { openKeyRing } from '../src/core/codes/key-ring.ts';
import { cisPrefix } from '../src/core/codes/line-codes.ts';
import { loadMasterKey } from '../src/core/codes/master-key.ts';
import { existingCodes } from '../src/core/codes/order-store.ts';
import { SEED_BYTES, serialRange } from '../src/core/codes/serials.ts';
import { createTailMaker, type SigningKey } from '../src/core/codes/tail.ts';
import { algorithmOf, type CodeTemplate } from '../src/core/codes/template.ts';
import type { CodeStatus } from '../src/core/lifecycle/transitions.ts';
import { loadProductGroups } from '../src/core/reference/product-groups.ts';
import { bucketOf, newId } from '../src/store/ids.ts';
import type { HubProcess } from './hub-process.ts';
import { participantOf } from './hub-process.ts';

/** Goods of one product group, with what belongs to them. */
export interface Goods {
  readonly productGroup: string;
  readonly gtin: string;
  readonly template: CodeTemplate;
  readonly key: SigningKey;
}

export async function goodsOf(hub: HubProcess, productGroup: string): Promise<Goods> {
  const { bin } = participantOf(hub, 'manufacturer');
  const product = hub.demo.products.find((one) => one.productGroup === productGroup && one.ownerBin === bin);
  const groups = loadProductGroups(new URL('../config/product-groups/', import.meta.url));
  const template = groups.at(productGroup, new Date())?.template;
  if (product === undefined || template === undefined) throw new Error(`the demo has no goods of ${productGroup}`);
  const { dataFolder, db } = hub;
  const keyFile = `${dataFolder}/keys.json`;
  const masterKey = await loadMasterKey({ dataFolder, keyFile, production: false });
  const keyRing = await openKeyRing({ db, clock: systemClock, keyFile, masterKey });
  return { productGroup, gtin: product.gtin, template, key: keyRing.currentKey(algorithmOf(template)) };
}

/** `count` new codes without their tails, in bytewise order. */
export function newCodes({ gtin, template }: Goods, count: number): string[] {
  const prefix = cisPrefix(gtin);
  return serialRange(randomBytes(SEED_BYTES), template, 0, count)
    .map((serial) => prefix + serial)
    .sort();
}

/** Seven characters repeat now and then: of millions of codes some are in the store already. */
const SPARE_CODES = 200;

/** `count` codes that nobody has, in bytewise order. */
export async function freeCodes(hub: HubProcess, goods: Goods, count: number): Promise<string[]> {
  const codes = [...new Set(newCodes(goods, count + SPARE_CODES))];
  const taken = new Set(await existingCodes(hub.db, codes, codes.length));
  return codes.filter((cis) => !taken.has(cis)).slice(0, count);
}

const DIGITS = [...'0123456789'] as const;

/** A new SSCC of 18 digits with its check digit. */
export function freshSscc(): string {
  const digits = `3487000${String(randomInt(10 ** 10)).padStart(10, '0')}`;
  return `${digits}${DIGITS.find((digit) => ssccProblem(digits + digit) === undefined)}`;
}

/** The codes as they are printed. */
export function withTails({ template, key }: Goods, codes: readonly string[]): string[] {
  const tailOf = createTailMaker(template, key);
  return codes.map((cis) => formatCode(cis, tailOf(cis)));
}

/** In another order, the same for the same codes. */
export function shuffled(codes: readonly string[]): string[] {
  return codes
    .map((code) => [createHash('md5').update(code).digest('hex'), code] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, code]) => code);
}

export interface PreparedState {
  readonly status: CodeStatus;
  readonly owner: string;
  /** Of a document that said when the goods were made. */
  readonly documentId?: string;
}

export const COPY_CODES = 'copy code (cis, type, status, owner, line_id, applied_by, introduced_by) from stdin';
const CODES_PER_CHUNK = 5_000;

/** Puts codes into the store as if they had gone that far, by COPY. */
export async function storeCodes(hub: HubProcess, codes: readonly string[], state: PreparedState): Promise<void> {
  const document = state.documentId ?? '\\N';
  const rowEnd = `\tunit\t${state.status}\t${state.owner}\t0\t${document}\t${document}\n`;
  function* chunks(): Generator<string> {
    for (let first = 0; first < codes.length; first += CODES_PER_CHUNK) {
      yield codes
        .slice(first, first + CODES_PER_CHUNK)
        .map((cis) => cis + rowEnd)
        .join('');
    }
  }
  await hub.db.transaction((tx) => pipeline(Readable.from(chunks()), tx.query(pgCopy.from(COPY_CODES))));
}

const INSERT_DOCUMENT = `
insert into document (document_id, bucket, bin, kind, format, status, header, received_at, completed_at)
values ($1, $2, $3, 'introduction', 'json', 'accepted', $4, now(), now())`;

/** An accepted document for codes to refer to. */
export async function storeDocument(hub: HubProcess, bin: string): Promise<string> {
  const documentId = newId(new Date());
  const header = {
    productionDate: '2026-01-10',
    expiryDate: '2028-01-10',
    introductionType: 'IMPORT',
    customsDeclaration: { number: '55302/110126/0000123', date: '2026-01-11' },
  };
  await hub.db.query(INSERT_DOCUMENT, [documentId, bucketOf(bin), bin, JSON.stringify(header)]);
  return documentId;
}

/** As the store is at rest: planned for its size, and no checkpoint about to fall into a measurement. */
export async function settle(hub: HubProcess): Promise<void> {
  await hub.db.query('vacuum analyze code');
  await hub.db.query('checkpoint');
}
