import type { DocumentHeader } from '../documents/kinds.ts';

/** The header of a shipment was checked by its kind's schema when it came; here it gets its types back. */
export interface ShipmentHeader {
  readonly number: string;
  /** As the sender wrote it: a day, or date and time with zone. */
  readonly date: string;
  readonly basis: string | null;
  readonly transport: Transport | null;
  readonly goods: readonly HeaderGoodsLine[];
}

export interface Transport {
  readonly kind: string;
  readonly number: string | null;
  /** BIN or IIN. */
  readonly carrier: string | null;
}

export interface HeaderGoodsLine {
  readonly gtin: string;
  readonly quantity: number;
  readonly priceTiyn: number | null;
  readonly vatPercent: number | null;
  readonly originSign: string | null;
  readonly customsDeclaration: string | null;
}

export function shipmentHeader(header: DocumentHeader): ShipmentHeader {
  const { transport, goods } = header;
  return {
    number: text(header, 'number') ?? '',
    date: text(header, 'date') ?? '',
    basis: text(header, 'basis'),
    transport: isRecord(transport) ? transportOf(transport) : null,
    goods: Array.isArray(goods) ? goods.filter(isRecord).map(goodsLineOf) : [],
  };
}

function transportOf(transport: DocumentHeader): Transport {
  return {
    kind: text(transport, 'kind') ?? 'OTHER',
    number: text(transport, 'number'),
    carrier: text(transport, 'carrier'),
  };
}

function goodsLineOf(line: DocumentHeader): HeaderGoodsLine {
  return {
    gtin: text(line, 'gtin') ?? '',
    quantity: whole(line, 'quantity') ?? 0,
    priceTiyn: whole(line, 'priceTiyn'),
    vatPercent: whole(line, 'vatPercent'),
    originSign: text(line, 'originSign'),
    customsDeclaration: text(line, 'customsDeclaration'),
  };
}

function text(record: DocumentHeader, name: string): string | null {
  const value = record[name];
  return typeof value === 'string' ? value : null;
}

function whole(record: DocumentHeader, name: string): number | null {
  const value = record[name];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

function isRecord(value: unknown): value is DocumentHeader {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
