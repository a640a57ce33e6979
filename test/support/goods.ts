import type { Role } from '../../src/access/permissions.ts';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import type { Clock } from '../../src/core/clock.ts';
import { createCodeQueries } from '../../src/core/codes/code-queries.ts';
import { createMarkReader } from '../../src/core/codes/mark-reader.ts';
import { createProductionFacts } from '../../src/core/codes/production-facts.ts';
import { findErrors } from '../../src/core/documents/document-store.ts';
import { createDocumentIntake } from '../../src/core/documents/intake.ts';
import type { DocumentKind } from '../../src/core/documents/kinds.ts';
import { createDocumentProcessor } from '../../src/core/documents/processor.ts';
import { createXmlDocuments } from '../../src/core/documents/xml/xml-documents.ts';
import type { Problem } from '../../src/core/errors.ts';
import type { CodeStatus } from '../../src/core/lifecycle/transitions.ts';
import { createOverseers } from '../../src/core/participants/overseers.ts';
import { createReceiptDesk } from '../../src/core/receipts/desk.ts';
import { createReception } from '../../src/core/receipts/reception.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { createLog } from '../../src/log.ts';
import type { Database } from '../../src/store/database.ts';
import { newId } from '../../src/store/ids.ts';
import type { TestDatabase } from './database.ts';

export const MANUFACTURER = '180540001239';
export const RETAILER = '190240012344';
export const OFD = '170140009872';
export const WHOLESALER = '130340007777';
export const AUTHORITY = '940240001119';

export const GTIN = '04870000000128';

const SHOES = 'shoes';

/** Participants, one product of each of two owners, and codes as an order would have left them. */
export async function prepareGoods(db: Database): Promise<void> {
  await db.query(
    `insert into participant (bin, name, role, registered_at) values
       ($1, 'Zavod', 'manufacturer', now()), ($2, 'Duken', 'retailer', now()), ($3, 'Fiscal', 'ofd', now()),
       ($4, 'Qoima', 'wholesaler', now())`,
    [MANUFACTURER, RETAILER, OFD, WHOLESALER],
  );
  const names = { kk: 'Етік', ru: 'Ботинки', en: 'Boots' };
  await db.query(
    `insert into product (gtin, product_group, owner_bin, card, published_at) values ($1, $2, $3, $4, now())`,
    [GTIN, SHOES, MANUFACTURER, JSON.stringify({ tradeName: names, manufacturer: names, country: 'KZ' })],
  );
  await db.query(
    `insert into signing_key (key_id, algorithm, valid_from, created_at) values ('test', 'ed25519', now(), now())`,
  );
}

export interface EmittedCodes {
  readonly owner?: string;
  readonly status?: CodeStatus;
  readonly gtin?: string;
  readonly orderedBy?: string;
}

/** Inserts `count` codes as if ordered by `owner`; history starts after emission, so other statuses are for set-up only. */
export async function emitCodes(
  db: Database,
  count: number,
  { owner = MANUFACTURER, status = 'emitted', gtin = GTIN, orderedBy = MANUFACTURER }: EmittedCodes = {},
): Promise<string[]> {
  const orderId = newId(new Date());
  await db.query(
    `insert into code_order (order_id, bin, product_group, release_method_type, status, created_at)
     values ($1, $2, $3, 'PRIMARY', 'ready', now())`,
    [orderId, orderedBy, SHOES],
  );
  const line = await db.query<{ line_id: string }>(
    `insert into order_line (order_id, gtin, quantity, serial_number_type, cis_type, template, key_id, serial_numbers,
                             status, consumed, created_at, emitted_at)
     select $1, $2, $3, 'SELF_MADE', 'unit', 'shoes-13-88', min(key_id), '{}', 'active', $3, now(), now()
       from signing_key
     returning line_id`,
    [orderId, gtin, count],
  );
  const run = orderId.replaceAll('-', '').slice(-7);
  const codes = Array.from({ length: count }, (_, index) => `01${gtin}21${run}${String(index).padStart(6, '0')}`);
  await db.query(
    `insert into code (cis, line_id, type, status, owner) select cis, $2, 'unit', $3, $4 from unnest($1::text[]) as t(cis)`,
    [codes, line.rows[0]?.line_id, status, owner],
  );
  return codes;
}

const ROLE_OF: Readonly<Record<string, Role>> = {
  [RETAILER]: 'retailer',
  [WHOLESALER]: 'wholesaler',
  [OFD]: 'ofd',
  [AUTHORITY]: 'authority',
};

const MARKS_PER_RECEIPT = 1_000;

/** The documents' and receipts' parts of a hub over one database, without HTTP. `applies: false` only receives. */
export function openCirculation(
  { db, receipts }: Pick<TestDatabase, 'db' | 'receipts'>,
  clock: Clock,
  { codesPerDocument = 200_000, applies = true } = {},
) {
  const catalogue = createCatalogue({ db, clock });
  const productGroups = loadProductGroups(new URL('../../config/product-groups/', import.meta.url));
  const markReader = createMarkReader({ catalogue, productGroups, clock });
  const log = createLog('silent');
  const xml = createXmlDocuments(codesPerDocument);
  const processor = createDocumentProcessor({ db, clock, markReader, xml, errorsPerDocument: 100, log, applies });
  const intake = createDocumentIntake({ db, clock, processor, codesPerDocument, xml });
  const queries = createCodeQueries({ db, clock, markReader, productionFacts: createProductionFacts(db) });
  const desk = createReceiptDesk({
    db: receipts,
    clock,
    queueMax: 4_000,
    facts: createProductionFacts(db),
    overseers: createOverseers({ db, clock }),
  });
  const reception = createReception({ desk, markReader, clock, marksPerReceipt: MARKS_PER_RECEIPT });

  /** Submits and waits for the final state. */
  async function submit(
    kind: DocumentKind,
    body: object,
    { bin = MANUFACTURER, key }: { bin?: string; key?: string } = {},
  ): Promise<SubmittedDocument> {
    const document = { kind, body };
    const raw = Buffer.from(JSON.stringify(document));
    const accepted = await intake.acceptJson(
      { bin, role: ROLE_OF[bin] ?? 'manufacturer', ip: '127.0.0.1', idempotencyKey: key ?? newId(new Date()) },
      document,
      raw,
    );
    return finalState(accepted.documentId);
  }

  /** The final state of a document that has been received, here or elsewhere. */
  async function finalState(documentId: string): Promise<SubmittedDocument> {
    const row = await processor.waitFor(documentId, 30_000, new AbortController().signal);
    const problems = await findErrors(db, documentId, 0, 1_000);
    return { documentId, status: row?.status ?? 'missing', problems };
  }

  /** From emitted to in_circulation. */
  async function introduce(codes: readonly string[], bin = MANUFACTURER): Promise<void> {
    await submit('utilisation', { codes, productionDate: '2026-01-10' }, { bin });
    await submit('introduction', { codes, introductionType: 'PRODUCTION', date: '2026-01-11' }, { bin });
  }

  async function stop(): Promise<void> {
    await desk.stop();
    await processor.stop();
    await xml.stop();
  }

  return { processor, intake, xml, desk, reception, queries, submit, finalState, introduce, stop };
}

export interface SubmittedDocument {
  readonly documentId: string;
  readonly status: string;
  readonly problems: readonly Problem[];
}
export type Circulation = ReturnType<typeof openCirculation>;

export interface ReceiptOptions {
  readonly fiscalSign?: string;
  readonly registerId?: string;
  readonly bin?: string;
  readonly at?: string;
  readonly operation?: string;
  readonly sum?: number;
}

export function receiptOf(marks: readonly string[], options: ReceiptOptions = {}) {
  const {
    fiscalSign,
    registerId = '010100287112',
    bin = RETAILER,
    at = '2026-03-01T12:00:00+05:00',
    operation = 'sale',
    sum = 100,
  } = options;
  return {
    fiscalSign: fiscalSign ?? newId(new Date()),
    registerId,
    bin,
    at,
    operation,
    items: [{ marks: [...marks], name: 'Boots', quantity: Math.max(1, marks.length), price: sum, sum }],
  };
}

export const OFD_SENDER = { bin: OFD, ip: '127.0.0.1', forAnyBin: true } as const;

export async function push(circulation: Circulation, receipt: object) {
  return circulation.reception.accept(OFD_SENDER, receipt, Buffer.from(JSON.stringify(receipt)));
}

export async function statusesOf(db: Database, codes: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ cis: string; status: string }>('select cis, status from code where cis = any($1)', [
    codes,
  ]);
  const found = new Map(rows.map(({ cis, status }) => [cis, status]));
  return codes.map((cis) => found.get(cis) ?? 'missing');
}

/** An SSCC with its check digit, from a running number. */
export function sscc(number: number): string {
  const body = `34870000${String(number).padStart(9, '0')}`;
  const sum = [...body].reverse().reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** Other SSCCs one after the other; each test file begins at a number of its own. */
export function ssccsFrom(first: number): () => string {
  let number = first;
  return () => {
    number += 1;
    return sscc(number);
  };
}
