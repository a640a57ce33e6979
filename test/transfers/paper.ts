import type { AccompanyingDocument, GoodsLine, ShippedCode } from '../../src/core/transfers/accompanying.ts';
import { sumsOfLine, totalOf } from '../../src/core/transfers/accompanying-sums.ts';

export const SENDER = '080340002138';
export const RECEIVER = '160240005297';

const LINE = {
  gtin: '04870000100019',
  quantity: 3,
  priceTiyn: 1_050,
  vatPercent: 16,
  originSign: '1',
  customsDeclaration: '50404/010126/0001234',
  name: { kk: '«Дала» былғары етік', ru: 'Ботинки кожаные «Дала»' },
} as const;

export function goodsLine(more: Partial<Omit<GoodsLine, 'sums'>> = {}): GoodsLine {
  const line = { ...LINE, ...more };
  return { ...line, sums: sumsOfLine(line) };
}

/** A shipment with everything told; `more` replaces parts of it. */
export function paperDocument(more: Partial<AccompanyingDocument> = {}): AccompanyingDocument {
  const goods = more.goods ?? [goodsLine()];
  return {
    shipmentId: '0198a000-0000-7000-8000-000000000001',
    number: 'ТТН-17',
    date: '2026-02-03',
    basis: 'Шарт № 5',
    transport: { kind: 'ROAD', number: '123 ABC 02', carrier: SENDER },
    sender: { bin: SENDER, name: 'ТОО «Алатау Өнім»' },
    receiver: { bin: RECEIVER, name: 'ТОО «Көктем Маркет»' },
    goods,
    total: totalOf(goods.map(({ sums }) => sums)),
    state: {
      status: 'accepted_in_part',
      shippedAt: new Date('2026-02-02T19:00:00Z'),
      recordedAt: new Date('2026-02-03T04:05:06Z'),
      acceptBy: new Date('2026-02-24T18:59:59.999Z'),
      decidedAt: new Date('2026-02-05T08:00:00Z'),
    },
    signature: { bin: SENDER, receivedAt: new Date('2026-02-03T04:05:05Z'), digest: 'ab'.repeat(32) },
    ...more,
  };
}

export function shippedCodes(count: number): ShippedCode[] {
  return Array.from({ length: count }, (_, line) => ({
    line,
    outcome: 'awaiting',
    cis: `010487000010001921${String(line).padStart(13, '0')}`,
  }));
}

export async function* inPages<T>(...pages: readonly (readonly T[])[]): AsyncGenerator<readonly T[]> {
  yield* pages;
}
