import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Clock } from '../clock.ts';
import type { ProductGroups, RuleSet } from '../reference/product-groups.ts';
import type { ParseResult } from './gs1.ts';
import { parseCode } from './gs1.ts';

/**
 * Reads codes as scanners and documents give them. A code without GS separators can be cut only by its template, so the
 * catalogue is asked for the GTIN's product group; answers come from its cache except for GTINs seen for the first time.
 */
export interface MarkReader {
  /** Reads many at once: at most one statement for all unknown GTINs together. Answers in the same order. */
  read(texts: readonly string[]): Promise<readonly ParseResult[]>;
  /**
   * The rules for the goods of a GTIN whose code has been read, in force now or at another time; undefined when it is not
   * in the catalogue.
   */
  rulesOf(gtin: string, at?: Date): RuleSet | undefined;
}

export interface MarkReaderDeps {
  readonly catalogue: Catalogue;
  readonly productGroups: ProductGroups;
  readonly clock: Clock;
}

export function createMarkReader({ catalogue, productGroups, clock }: MarkReaderDeps): MarkReader {
  function rulesOf(gtin: string, at = clock.now()): RuleSet | undefined {
    const product = catalogue.peek(gtin);
    return product ? productGroups.at(product.productGroup, at) : undefined;
  }

  async function read(texts: readonly string[]): Promise<readonly ParseResult[]> {
    const missing = new Set<string>();
    const now = clock.now();
    // Codes that come together are mostly of few goods.
    const known = new Map<string, number>();
    const serialLengthOf = (gtin: string): number | undefined => {
      const length = known.get(gtin);
      if (length !== undefined) return length;
      const product = catalogue.peek(gtin);
      if (product === undefined) missing.add(gtin);
      const found = product ? productGroups.at(product.productGroup, now)?.template.serialLength : undefined;
      if (found !== undefined) known.set(gtin, found);
      return found;
    };
    const results = texts.map((text) => parseCode(text, serialLengthOf));
    if (missing.size === 0) return results;
    await catalogue.find([...missing]);
    return texts.map((text) => parseCode(text, serialLengthOf));
  }

  return { read, rulesOf };
}
