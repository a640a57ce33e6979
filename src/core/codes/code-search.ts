import type { Database } from '../../store/database.ts';
import type { ContentSummary } from '../aggregation/content-summary.ts';
import { contentSummary } from '../aggregation/content-summary.ts';
import { cisOfSscc } from '../aggregation/sscc.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Clock } from '../clock.ts';
import { groupsFromStore } from '../documents/content.ts';
import type { DocumentRow } from '../documents/document-store.ts';
import { findDocument } from '../documents/document-store.ts';
import { visibleDocument } from '../documents/visible-document.ts';
import type { XmlDocuments } from '../documents/xml/xml-documents.ts';
import { TanbaError } from '../errors.ts';
import { pathOf, readPaths } from '../lifecycle/code-rows.ts';
import { effectiveState } from '../lifecycle/effective-state.ts';
import { storableText } from '../storable.ts';
import type { Asker, CodeQueries, CodeView } from './code-queries.ts';
import type { MarkReader } from './mark-reader.ts';
import type { OrderCodesDeps, OrderPlace } from './order-codes.ts';
import { orderCodes } from './order-codes.ts';
import { findOrder } from './order-store.ts';

/** Whose codes: those inside a package, of a document, or of an order. */
export type CodeFilter =
  | { readonly parent: string }
  | { readonly document: string }
  | { readonly order: string; readonly gtin?: string | undefined };

/** A code as it was named, and what it is now; `view` null: there is no such code. `place`: 0-based, in a document. */
export interface FoundCode {
  readonly place: number | null;
  readonly text: string;
  readonly view: CodeView | null;
}

export interface CodePage {
  readonly codes: readonly FoundCode[];
  /** `after` of the following page; null: this was the last. */
  readonly next: string | null;
}

export interface OpenedCodes {
  /** How many there are, as far as it is known. */
  readonly total: number | null;
  readonly pages: AsyncGenerator<readonly FoundCode[]>;
}

/**
 * Codes by what holds them together, with their present states. No index of `code` holds owner or status (they would
 * make every change of a code dearer), so there is no list of all codes of an owner.
 */
export interface CodeSearch {
  /** What is inside a package, by GTIN; for those who may list it. Counted level by level. */
  content(asker: Asker, sscc: string): Promise<ContentSummary & { readonly cis: string }>;
  page(asker: Asker, filter: CodeFilter, after: string | null, limit: number): Promise<CodePage>;
  /** All of them, for a file. Throws at once where the asker may not see them. */
  open(asker: Asker, filter: CodeFilter, pageSize: number): Promise<OpenedCodes>;
}

export interface CodeSearchDeps extends OrderCodesDeps {
  readonly xml: Pick<XmlDocuments, 'codes'>;
  readonly db: Database;
  readonly clock: Clock;
  readonly queries: Pick<CodeQueries, 'states'>;
  readonly markReader: MarkReader;
  readonly catalogue: Pick<Catalogue, 'find'>;
}

// Materialised: the content is read by the index of parents, never by walking all codes in the order of their cis.
const LIST_CONTENT = `
with content as materialized (select cis from code where parent = $1)
select cis from content where cis > $2 order by cis limit $3`;
const COUNT_CONTENT = 'select count(*)::integer as count from code where parent = $1';
const COUNT_ORDERED = `
select coalesce(sum(handed_over), 0)::integer as count from order_line where order_id = $1 and ($2::text is null or gtin = $2)`;

const IS_RECEIVER = 'select from transfer where shipment_id = $1 and receiver = $2';
const IS_UNDER_WAY_TO = `
select from transfer_line join transfer using (shipment_id)
 where transfer_line.cis = any($1) and transfer_line.outcome = 'awaiting'
   and transfer.receiver = $2 and transfer.sender = $3`;

export function createCodeSearch(deps: CodeSearchDeps): CodeSearch {
  const { db } = deps;

  async function open(asker: Asker, filter: CodeFilter, pageSize: number): Promise<OpenedCodes> {
    if ('parent' in filter) {
      const parent = await visiblePackage(deps, asker, filter.parent);
      const total = await count(COUNT_CONTENT, [parent]);
      return { total, pages: allPages((after) => contentPage(deps, asker, parent, after, pageSize)) };
    }
    if ('document' in filter) {
      const document = await visibleCodesOf(deps, asker, filter.document);
      return { total: document.codeCount, pages: documentPages(deps, asker, document, pageSize) };
    }
    const order = await ownOrder(deps, asker, filter.order);
    const total = await count(COUNT_ORDERED, [order, filter.gtin ?? null]);
    return { total, pages: allPages((after) => orderPage(deps, asker, { ...filter, order }, after, pageSize)) };
  }

  async function count(text: string, values: unknown[]): Promise<number> {
    return (await db.query<{ count: number }>(text, values)).rows[0]?.count ?? 0;
  }

  return {
    content: async (asker, sscc) => {
      const cis = await visiblePackage(deps, asker, sscc);
      return { cis, ...(await contentSummary(deps, cis)) };
    },
    page: async (asker, filter, after, limit) => {
      if ('parent' in filter) {
        const parent = await visiblePackage(deps, asker, filter.parent);
        return contentPage(deps, asker, parent, after, limit);
      }
      if ('document' in filter) {
        const document = await visibleCodesOf(deps, asker, filter.document);
        return documentPage(deps, asker, document, after, limit);
      }
      const order = await ownOrder(deps, asker, filter.order);
      return orderPage(deps, asker, { ...filter, order }, after, limit);
    },
    open,
  };
}

async function* allPages(read: (after: string | null) => Promise<CodePage>): AsyncGenerator<readonly FoundCode[]> {
  let after: string | null = null;
  do {
    const page: CodePage = await read(after);
    if (page.codes.length > 0) yield page.codes;
    after = page.next;
  } while (after !== null);
}

/**
 * The package's effective owner sees its content, the receiver of the transfer that it is under way with, and by their
 * role authorities and the operator, of which the states read leave a trace. For others it is not there.
 */
async function visiblePackage({ db }: CodeSearchDeps, asker: Asker, text: string): Promise<string> {
  const cis = cisOfSscc(text);
  if (cis === undefined) throw new TanbaError('aggregation.sscc_malformed', { path: '/query/parent' });
  const { codes, packages } = await readPaths(db, [cis]);
  const row = codes.get(cis);
  if (row === undefined) throw new TanbaError('codes.not_found');
  const path = pathOf(row, packages) ?? [];
  const { owner, hold } = effectiveState(row, path);
  if (owner === asker.bin || asker.seesEverything) return cis;
  if (hold === 'awaiting_acceptance' || hold === 'blocked') {
    const held = [cis, ...path.map((above) => above.cis)];
    if ((await db.query(IS_UNDER_WAY_TO, [held, asker.bin, owner])).rowCount !== 0) return cis;
  }
  throw new TanbaError('codes.not_found');
}

async function contentPage(
  { db, queries }: CodeSearchDeps,
  asker: Asker,
  parent: string,
  after: string | null,
  limit: number,
): Promise<CodePage> {
  const { rows } = await db.query<{ cis: string }>(LIST_CONTENT, [parent, after ?? '', limit]);
  const cises = rows.map(({ cis }) => cis);
  const states = await queries.states(asker, cises);
  return {
    codes: cises.map((cis) => ({ place: null, text: cis, view: states.get(cis) ?? null })),
    next: cises.length === limit ? (cises.at(-1) ?? null) : null,
  };
}

/** The sender's own, an authority's by its role, and the receiver's of a shipment. */
async function visibleCodesOf(deps: CodeSearchDeps, asker: Asker, documentId: string): Promise<DocumentRow> {
  const { rowCount } = await deps.db.query(IS_RECEIVER, [documentId, asker.bin]);
  const received = rowCount === 0 ? null : await findDocument(deps.db, documentId);
  return received ?? (await visibleDocument(deps, asker, documentId));
}

interface NamedCode {
  readonly place: number;
  readonly text: string;
}

async function documentPage(
  deps: CodeSearchDeps,
  asker: Asker,
  document: DocumentRow,
  after: string | null,
  limit: number,
): Promise<CodePage> {
  const last = after === null ? -1 : placeOf(after);
  const named: NamedCode[] = [];
  for await (const { first, codes } of groupsFromStore(deps.db, document, deps.xml)) {
    if (first + codes.length <= last + 1) continue;
    const from = Math.max(last + 1 - first, 0);
    const texts = codes.slice(from, from + limit - named.length);
    named.push(...texts.map((text, index) => ({ place: first + from + index, text })));
    if (named.length === limit) break;
  }
  return {
    codes: await withStates(deps, asker, named),
    next: named.length === limit ? String(named.at(-1)?.place) : null,
  };
}

/** The raw document is read through once, whatever its size. */
async function* documentPages(
  deps: CodeSearchDeps,
  asker: Asker,
  document: DocumentRow,
  pageSize: number,
): AsyncGenerator<readonly FoundCode[]> {
  for await (const { first, codes } of groupsFromStore(deps.db, document, deps.xml)) {
    for (let from = 0; from < codes.length; from += pageSize) {
      const texts = codes.slice(from, from + pageSize);
      yield await withStates(
        deps,
        asker,
        texts.map((text, index) => ({ place: first + from + index, text })),
      );
    }
  }
}

async function withStates(
  { markReader, queries }: CodeSearchDeps,
  asker: Asker,
  named: readonly NamedCode[],
): Promise<FoundCode[]> {
  const read = await markReader.read(named.map(({ text }) => text));
  const cises = read.map((result) => (result.ok ? result.code.cis : null));
  const states = await queries.states(
    asker,
    cises.filter((cis) => cis !== null),
  );
  return named.map(({ place, text }, index) => {
    const view = states.get(cises[index] ?? '') ?? null;
    return { place, text: view?.cis ?? storableText(text), view };
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function ownOrder({ db }: CodeSearchDeps, asker: Asker, orderId: string): Promise<string> {
  const order = UUID.test(orderId) ? await findOrder(db, orderId, asker.bin) : undefined;
  if (order === undefined) throw new TanbaError('orders.not_found');
  return order.orderId;
}

async function orderPage(
  deps: CodeSearchDeps,
  asker: Asker,
  { order, gtin }: { readonly order: string; readonly gtin?: string | undefined },
  after: string | null,
  limit: number,
): Promise<CodePage> {
  const codes = await orderCodes(deps, order, gtin, after === null ? null : orderPlaceOf(after), limit);
  const states = await deps.queries.states(
    asker,
    codes.map(({ cis }) => cis),
  );
  const last = codes.length === limit ? codes.at(-1) : undefined;
  return {
    codes: codes.map(({ cis }) => ({ place: null, text: cis, view: states.get(cis) ?? null })),
    next: last === undefined ? null : `${last.gtin}.${last.position}`,
  };
}

function placeOf(after: string): number {
  if (!/^[0-9]{1,9}$/.test(after)) throw notACursor();
  return Number(after);
}

function orderPlaceOf(after: string): OrderPlace {
  const [, gtin, position] = /^([0-9]{14})\.([0-9]{1,9})$/.exec(after) ?? [];
  if (gtin === undefined) throw notACursor();
  return { gtin, position: Number(position) };
}

function notACursor(): TanbaError {
  const problem = { code: 'request.value_format', path: '/query/after', details: { format: 'next' } } as const;
  return new TanbaError('request.invalid', { path: problem.path, problems: [problem] });
}
