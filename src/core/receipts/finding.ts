import type { EffectiveState } from '../lifecycle/effective-state.ts';
import type { Anomaly, Decision, Operation } from './decision-table.ts';

/** What a product group's rules say about the price of one piece, tiyn. */
export interface PriceRange {
  readonly minTiyn?: number;
  readonly maxTiyn?: number;
}

/** One thing that is wrong about a code in a receipt. */
export interface Finding {
  readonly kind: Anomaly;
  readonly cis: string;
  readonly gtin: string | null;
  readonly owner: string | null;
  readonly details: Readonly<Record<string, string | number>>;
}

export interface SaleOfCode {
  readonly operation: Operation;
  readonly at: Date;
  /** Of one piece, tiyn. */
  readonly price: number;
  readonly priceRange: PriceRange | null;
  /** Through its last moment the goods may be sold; null: they do not expire. */
  readonly expires: Date | null;
}

/** What the lifecycle does not know of a sale: it is a sale all the same. In the order in which they are told. */
export function findingsBeyondLifecycle(
  state: EffectiveState | null,
  { operation, at, price, priceRange, expires }: SaleOfCode,
): readonly Pick<Finding, 'kind' | 'details'>[] {
  if (state === null || operation !== 'sale') return [];
  const found: Pick<Finding, 'kind' | 'details'>[] = [];
  if (expires !== null && at > expires) {
    found.push({ kind: 'sold_after_expiry', details: { expires: expires.toISOString() } });
  }
  const { minTiyn = 0, maxTiyn = Number.POSITIVE_INFINITY } = priceRange ?? {};
  if (price < minTiyn || price > maxTiyn) {
    found.push({ kind: 'price_out_of_range', details: { price, ...priceRange } });
  }
  return found;
}

/**
 * A part of a unit (half a pack, one blister) was sold or brought back: the unit was opened, and is still there. It stays
 * as it is until a document withdraws it, since no till knows what is left of it.
 */
export function ofPart({ effect, anomaly }: Decision): Decision {
  return effect === 'none' ? { effect, anomaly } : { effect: 'none', anomaly: anomaly ?? 'part_of_unit' };
}
