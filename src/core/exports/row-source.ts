import type { Queryable } from '../../store/database.ts';
import type { Asker } from '../codes/code-queries.ts';
import type { CodeFilter, CodeSearch, FoundCode } from '../codes/code-search.ts';
import type { DocumentFilter, FoundDocument } from '../documents/document-search.ts';
import { searchDocuments } from '../documents/document-search.ts';
import type { TransferFilter, TransferRow } from './transfer-rows.ts';
import { transferRows } from './transfer-rows.ts';

/** Which rows a file shall have. */
export type RowsWanted =
  | { readonly list: 'documents'; readonly filter: DocumentFilter }
  | { readonly list: 'codes'; readonly filter: CodeFilter }
  | { readonly list: 'transfers'; readonly filter: TransferFilter };

/** The cells of a row in the order of the list's columns. */
export type Row = readonly string[];

export interface OpenedRows {
  /** How many there will be, where that is known before. */
  readonly total: number | null;
  readonly pages: AsyncGenerator<readonly Row[]>;
}

export interface RowSource {
  /** The rows as their owner may see them. Throws at once where it may not see them at all. */
  open(asker: Asker, wanted: RowsWanted, pageSize: number): Promise<OpenedRows>;
}

export function createRowSource({ db, codes }: { readonly db: Queryable; readonly codes: CodeSearch }): RowSource {
  return {
    open: async (asker, wanted, pageSize) => {
      if (wanted.list === 'codes') {
        const { total, pages } = await codes.open(asker, wanted.filter, pageSize);
        return { total, pages: mapped(pages, codeRow) };
      }
      if (wanted.list === 'documents') {
        const read = (after: string | null): Promise<FoundDocument[]> =>
          searchDocuments(db, asker.bin, wanted.filter, { after, limit: pageSize });
        return {
          total: null,
          pages: mapped(
            allPages(read, ({ documentId }) => documentId, pageSize),
            documentRow,
          ),
        };
      }
      const read = (after: string | null): Promise<TransferRow[]> =>
        transferRows(db, asker.bin, wanted.filter, { after, limit: pageSize });
      return {
        total: null,
        pages: mapped(
          allPages(read, ({ shipmentId }) => shipmentId, pageSize),
          transferRow,
        ),
      };
    },
  };
}

async function* allPages<T>(
  read: (after: string | null) => Promise<readonly T[]>,
  idOf: (row: T) => string,
  pageSize: number,
): AsyncGenerator<readonly T[]> {
  let after: string | null = null;
  for (;;) {
    const page: readonly T[] = await read(after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < pageSize) return;
    after = idOf(last);
  }
}

async function* mapped<T>(
  pages: AsyncGenerator<readonly T[]>,
  rowOf: (item: T) => Row,
): AsyncGenerator<readonly Row[]> {
  for await (const page of pages) yield page.map(rowOf);
}

function documentRow(document: FoundDocument): Row {
  const { documentId, kind, status, number, sender, receiver, codeCount, errorCount } = document;
  const { receivedAt, completedAt } = document;
  return [
    documentId,
    kind,
    status,
    number ?? '',
    sender,
    receiver ?? '',
    String(codeCount ?? ''),
    String(errorCount),
    instant(receivedAt),
    instant(completedAt),
  ];
}

function codeRow({ place, text, view }: FoundCode): Row {
  return [
    String(place ?? ''),
    text,
    view?.gtin ?? '',
    view?.type ?? '',
    view?.status ?? '',
    view?.hold ?? '',
    view?.reason ?? '',
    view?.productionDate ?? '',
    view?.expiryDate ?? '',
    view?.batch ?? '',
    view?.owner ?? '',
    view?.parent ?? '',
    view?.root ?? '',
  ];
}

function transferRow(transfer: TransferRow): Row {
  const { shipmentId, number, sender, receiver, status, shippedAt, recordedAt, acceptBy, decidedAt } = transfer;
  const times = [shippedAt, recordedAt, acceptBy, decidedAt].map(instant);
  return [shipmentId, number, sender, receiver, status, ...times];
}

function instant(at: Date | null): string {
  return at?.toISOString() ?? '';
}
