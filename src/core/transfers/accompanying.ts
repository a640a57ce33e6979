import type { Database, Queryable } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Clock } from '../clock.ts';
import { findDocument } from '../documents/document-store.ts';
import type { DocumentAsker } from '../documents/visible-document.ts';
import { TanbaError } from '../errors.ts';
import type { Participants } from '../participants/participants.ts';
import type { HeaderGoodsLine, ShipmentHeader } from './accompanying-header.ts';
import { shipmentHeader } from './accompanying-header.ts';
import type { Sums } from './accompanying-sums.ts';
import { sumsOfLine, totalOf } from './accompanying-sums.ts';
import type { TransferStatus } from './transfer-status.ts';

/** The languages of papers in Kazakhstan. */
export type PaperLanguage = 'kk' | 'ru';
export type AccompanyingFormat = 'xml' | 'pdf';

/** Name null: a receiver that has not registered yet. */
export interface Party {
  readonly bin: string;
  readonly name: string | null;
}

/** Name null: no card was ever published; sums null: no price was named. */
export interface GoodsLine extends HeaderGoodsLine {
  readonly name: Readonly<Record<PaperLanguage, string>> | null;
  readonly sums: Sums | null;
}

export interface TransferState {
  readonly status: TransferStatus;
  readonly shippedAt: Date;
  readonly recordedAt: Date;
  readonly acceptBy: Date;
  readonly decidedAt: Date | null;
}

/** A shipment as its paper tells it, without its codes. */
export interface AccompanyingDocument extends Omit<ShipmentHeader, 'goods'> {
  readonly shipmentId: string;
  readonly sender: Party;
  readonly receiver: Party;
  readonly goods: readonly GoodsLine[];
  readonly total: Sums;
  readonly state: TransferState;
  /** What stands for the signature until documents are signed: who sent it, when it came, SHA-256 of its bytes. */
  readonly signature: { readonly bin: string; readonly receivedAt: Date; readonly digest: string };
}

/** Line null: decided on alone, out of a package that was shipped. */
export interface ShippedCode {
  readonly line: number | null;
  readonly outcome: 'awaiting' | 'accepted' | 'refused' | 'cancelled' | 'gone';
  readonly cis: string;
}

export interface FirstCodes {
  readonly codes: readonly ShippedCode[];
  readonly count: number;
}

export interface Accompanying {
  /**
   * For the two sides, and for whoever sees everything, which leaves its trace. For anybody else there is no shipment.
   * @throws TanbaError transfers.not_found
   */
  read(asker: DocumentAsker, shipmentId: string, format: AccompanyingFormat): Promise<AccompanyingDocument>;
  /** Page by page: the codes as the document lists them, then those decided on out of its packages. */
  codes(shipmentId: string): AsyncGenerator<readonly ShippedCode[]>;
  /** The first of them, and how many there are in all. */
  firstCodes(shipmentId: string, limit: number): Promise<FirstCodes>;
}

export interface AccompanyingDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly participants: Pick<Participants, 'find'>;
  /** Codes read at a time. */
  readonly pageSize?: number;
}

// Each page of codes out of packages passes over all of them anew, so that pages are large: 4 MB at a time.
const PAGE_SIZE = 20_000;

export function createAccompanying(deps: AccompanyingDeps): Accompanying {
  const { db, pageSize = PAGE_SIZE } = deps;
  return {
    read: async (asker, wanted, format) => {
      const { shipmentId, sender, receiver, ...state } = await visibleTransfer(deps, asker, wanted, format);
      const document = await findDocument(db, shipmentId);
      if (document === null || document.digest === null) throw new TypeError('a shipment has its document');
      const { goods, ...header } = shipmentHeader(document.header);
      const lines = await goodsLines(deps.catalogue, goods);
      return {
        ...header,
        shipmentId,
        sender: await partyOf(deps, sender),
        receiver: await partyOf(deps, receiver),
        goods: lines,
        total: totalOf(lines.map(({ sums }) => sums)),
        state,
        signature: { bin: sender, receivedAt: document.receivedAt, digest: document.digest.toString('hex') },
      };
    },
    codes: (shipmentId) => pagesOfCodes(db, shipmentId, pageSize),
    firstCodes: async (shipmentId, limit) => {
      const codes: ShippedCode[] = [];
      for await (const page of pagesOfCodes(db, shipmentId, limit)) {
        codes.push(...page);
        if (codes.length >= limit) break;
      }
      const { rows } = await db.query<{ count: number }>(COUNT_LINES, [shipmentId]);
      return { codes: codes.slice(0, limit), count: rows[0]?.count ?? 0 };
    },
  };
}

interface TransferRow extends TransferState {
  readonly shipmentId: string;
  readonly sender: string;
  readonly receiver: string;
}

const FIND_TRANSFER = `
select shipment_id as "shipmentId", sender, receiver, status, shipped_at as "shippedAt", recorded_at as "recordedAt",
       accept_by as "acceptBy", decided_at as "decidedAt"
  from transfer where shipment_id = $1`;

async function visibleTransfer(
  { db, clock }: AccompanyingDeps,
  asker: DocumentAsker,
  wanted: string,
  format: AccompanyingFormat,
): Promise<TransferRow> {
  const transfer = (await db.query<{ [K in keyof TransferRow]: TransferRow[K] }>(FIND_TRANSFER, [wanted])).rows[0];
  const isParty = transfer?.sender === asker.bin || transfer?.receiver === asker.bin;
  if (transfer === undefined || !(isParty || asker.seesEverything)) throw new TanbaError('transfers.not_found');
  if (isParty) return transfer;
  const { shipmentId, sender, receiver } = transfer;
  await writeAudit(db, {
    at: clock.now(),
    bin: asker.bin,
    ip: asker.ip,
    action: 'transfer.disclosed',
    subject: shipmentId,
    details: { ground: 'role', of: sender, to: receiver, format },
  });
  return transfer;
}

async function partyOf({ participants }: AccompanyingDeps, bin: string): Promise<Party> {
  return { bin, name: (await participants.find(bin))?.name ?? null };
}

async function goodsLines(catalogue: Pick<Catalogue, 'find'>, goods: readonly HeaderGoodsLine[]): Promise<GoodsLine[]> {
  const products = await catalogue.find(goods.map(({ gtin }) => gtin));
  return goods.map((line) => ({
    ...line,
    name: products.get(line.gtin)?.card.tradeName ?? null,
    sums: sumsOfLine(line),
  }));
}

const LINES_AS_LISTED = `
select line, outcome, cis from transfer_line
 where shipment_id = $1 and line > $2 order by line limit $3`;

const LINES_OUT_OF_PACKAGES = `
select line, outcome, cis from transfer_line
 where shipment_id = $1 and line is null and cis > $2 order by cis limit $3`;

const COUNT_LINES = `select count(*)::integer as count from transfer_line where shipment_id = $1`;

const BEFORE_FIRST_LINE = -1;

/** By keys and not by a cursor of the server: a reader that takes its time must not hold a connection. */
async function* pagesOfCodes(
  db: Queryable,
  shipmentId: string,
  pageSize: number,
): AsyncGenerator<readonly ShippedCode[]> {
  const pageAfter = async (query: string, after: string | number): Promise<readonly ShippedCode[]> =>
    (await db.query<{ [K in keyof ShippedCode]: ShippedCode[K] }>(query, [shipmentId, after, pageSize])).rows;
  for (let after = BEFORE_FIRST_LINE; ; ) {
    const page = await pageAfter(LINES_AS_LISTED, after);
    if (page.length > 0) yield page;
    if (page.length < pageSize) break;
    after = page.at(-1)?.line ?? after;
  }
  for (let after = ''; ; ) {
    const page = await pageAfter(LINES_OUT_OF_PACKAGES, after);
    if (page.length > 0) yield page;
    if (page.length < pageSize) break;
    after = page.at(-1)?.cis ?? after;
  }
}
