/** What a line of the accompanying document says of its money. Prices are of one piece, without VAT, in tiyn. */
export interface PricedLine {
  readonly quantity: number;
  /** Null: the sender named no price. */
  readonly priceTiyn: number | null;
  /** Null: without VAT. */
  readonly vatPercent: number | null;
}

/** In tiyn. Bigint: a million pieces at the highest price are 10^18, past what a number counts exactly. */
export interface Sums {
  readonly withoutVat: bigint;
  readonly vat: bigint;
  readonly withVat: bigint;
}

const NOTHING: Sums = { withoutVat: 0n, vat: 0n, withVat: 0n };

/** The sums of one line, VAT rounded half up to the tiyn; null for a line without a price. */
export function sumsOfLine({ quantity, priceTiyn, vatPercent }: PricedLine): Sums | null {
  if (priceTiyn === null) return null;
  const withoutVat = BigInt(quantity) * BigInt(priceTiyn);
  // Nothing here is negative, so that half a tiyn more and cutting off is rounding half up.
  const vat = (withoutVat * BigInt(vatPercent ?? 0) + 50n) / 100n;
  return { withoutVat, vat, withVat: withoutVat + vat };
}

/** VAT is rounded line by line, so that the total is what a reader gets who adds up the lines. */
export function totalOf(lines: readonly (Sums | null)[]): Sums {
  return lines.reduce<Sums>(
    (total, line) =>
      line === null
        ? total
        : {
            withoutVat: total.withoutVat + line.withoutVat,
            vat: total.vat + line.vat,
            withVat: total.withVat + line.withVat,
          },
    NOTHING,
  );
}
