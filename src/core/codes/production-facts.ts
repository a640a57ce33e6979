import { LRUCache } from 'lru-cache';
import type { Database, Queryable } from '../../store/database.ts';
import { endOfDay } from '../documents/dates.ts';
import type { CodeRow } from '../lifecycle/effective-state.ts';

/** What the application report and the introduction say of a code's goods. Dates are as their documents wrote them. */
export interface ProductionFacts {
  readonly productionDate: string | null;
  readonly expiryDate: string | null;
  readonly batch: string | null;
  readonly introducedBy: string | null;
  readonly introductionType: 'PRODUCTION' | 'IMPORT' | null;
  readonly customsDeclaration: { readonly number: string; readonly date: string } | null;
}

export interface ProductionFactsReader {
  /** By cis. One statement for all documents not seen lately; documents never change, so the cache never lies. */
  of(
    codes: readonly Pick<CodeRow, 'cis' | 'appliedBy' | 'introducedBy'>[],
  ): Promise<ReadonlyMap<string, ProductionFacts>>;
  /**
   * By cis, of goods that expire. From memory where their documents were seen lately. Whoever holds locks reads `on` its
   * own connection: those who wait for the locks may have all others.
   */
  expiries(codes: readonly Pick<CodeRow, 'cis' | 'appliedBy'>[], on?: Queryable): Promise<ReadonlyMap<string, Expiry>>;
}

/** When goods expire, as their document wrote it, and the last moment in which they may be sold. */
export interface Expiry {
  readonly date: string;
  readonly lastMoment: Date;
}

const DOCUMENTS_CACHED = 50_000;

const READ_HEADERS = `select document_id as "documentId", kind, bin, header from document where document_id = any($1::uuid[])`;

interface Header {
  readonly kind: string;
  readonly bin: string;
  readonly header: Readonly<Record<string, unknown>>;
}

interface KnownHeader extends Header {
  readonly expiry: Expiry | null;
}

export function createProductionFacts(db: Database): ProductionFactsReader {
  const headers = new LRUCache<string, KnownHeader>({ max: DOCUMENTS_CACHED });

  async function load(documentIds: readonly string[], on: Queryable = db): Promise<void> {
    if (documentIds.length === 0) return;
    const { rows } = await on.query<Header & { documentId: string }>({
      name: 'read_document_headers',
      text: READ_HEADERS,
      values: [documentIds],
    });
    for (const { documentId, kind, bin, header } of rows) {
      const date = text(header['expiryDate']);
      headers.set(documentId, {
        kind,
        bin,
        header,
        expiry: date === null ? null : { date, lastMoment: endOfDay(date) },
      });
    }
  }

  async function expiries(
    codes: readonly Pick<CodeRow, 'cis' | 'appliedBy'>[],
    on?: Queryable,
  ): Promise<ReadonlyMap<string, Expiry>> {
    const missing = new Set<string>();
    for (const { appliedBy } of codes) {
      if (appliedBy !== null && !missing.has(appliedBy) && !headers.has(appliedBy)) missing.add(appliedBy);
    }
    await load([...missing], on);
    const found = new Map<string, Expiry>();
    const byDocument = new Map<string, Expiry | null>();
    for (const { cis, appliedBy } of codes) {
      if (appliedBy === null) continue;
      let expiry = byDocument.get(appliedBy);
      if (expiry === undefined) {
        expiry = headers.get(appliedBy)?.expiry ?? null;
        byDocument.set(appliedBy, expiry);
      }
      if (expiry !== null) found.set(cis, expiry);
    }
    return found;
  }

  return {
    expiries,
    of: async (codes) => {
      const missing = new Set<string>();
      for (const { appliedBy, introducedBy } of codes) {
        if (appliedBy !== null && !headers.has(appliedBy)) missing.add(appliedBy);
        if (introducedBy !== null && !headers.has(introducedBy)) missing.add(introducedBy);
      }
      await load([...missing]);
      return new Map(
        codes.map(({ cis, appliedBy, introducedBy }) => [
          cis,
          factsOf(
            appliedBy === null ? undefined : headers.get(appliedBy),
            introducedBy === null ? undefined : headers.get(introducedBy),
          ),
        ]),
      );
    },
  };
}

function factsOf(applied: Header | undefined, introduced: Header | undefined): ProductionFacts {
  const type = introduced?.header['introductionType'];
  return {
    productionDate: text(applied?.header['productionDate']),
    expiryDate: text(applied?.header['expiryDate']),
    batch: text(applied?.header['batch']),
    introducedBy: introduced === undefined ? null : introducerOf(introduced),
    introductionType: type === 'PRODUCTION' || type === 'IMPORT' ? type : null,
    customsDeclaration: declarationOf(introduced?.header['customsDeclaration']),
  };
}

/** Customs put imported goods into circulation in their importer's place. */
function introducerOf({ kind, bin, header }: Header): string | null {
  return kind === 'customs_release' ? text(header['importer']) : bin;
}

function declarationOf(value: unknown): ProductionFacts['customsDeclaration'] {
  if (typeof value !== 'object' || value === null || !('number' in value) || !('date' in value)) return null;
  const { number, date } = value;
  return typeof number === 'string' && typeof date === 'string' ? { number, date } : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
