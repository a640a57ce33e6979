import type { Database, Queryable } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { withCheckDigit } from '../codes/charset.ts';
import { type Problem, TanbaError } from '../errors.ts';
import type { ProductGroups } from '../reference/product-groups.ts';

/** GTINs made by the system for goods to which GS1 gives none. */
export interface TechnicalGtins {
  issue(asker: { readonly bin: string; readonly ip: string }, productGroup: string): Promise<string>;
}

export interface TechnicalGtinsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly productGroups: ProductGroups;
}

/** GTIN-14 of a GTIN-13 that begins with 290–299. */
const TECHNICAL = /^029/;
// GS1 leaves 20–29 to everybody's own use, so such a number may mean other goods at the next shop.
const FOR_OWN_USE = /^[0-9]2/;
const NUMBER_LENGTH = 10;

const NEXT_NUMBER = `select nextval('technical_gtin_number')::text as number`;
const INSERT_TECHNICAL = `insert into technical_gtin (gtin, product_group, owner_bin, issued_at) values ($1, $2, $3, $4)`;
const ISSUED_TO = 'select from technical_gtin where gtin = $1 and owner_bin = $2 and product_group = $3';

export function createTechnicalGtins({ db, clock, productGroups }: TechnicalGtinsDeps): TechnicalGtins {
  return {
    issue: async ({ bin, ip }, productGroup) => {
      const at = clock.now();
      const rules = productGroups.at(productGroup, at);
      const refusal = { path: '/productGroup', details: { productGroup } };
      if (rules === undefined) throw new TanbaError('orders.unknown_product_group', refusal);
      if (rules.technicalGtin !== true) throw new TanbaError('catalogue.technical_gtin_not_allowed', refusal);
      return await db.transaction(async (tx) => {
        const { rows } = await tx.query<{ number: string }>(NEXT_NUMBER);
        const gtin = withCheckDigit(`029${(rows[0]?.number ?? '').padStart(NUMBER_LENGTH, '0')}`);
        await tx.query(INSERT_TECHNICAL, [gtin, productGroup, bin, at]);
        const audited = { action: 'technical_gtin.issued', subject: gtin, details: { productGroup } };
        await writeAudit(tx, { at, bin, ip, ...audited });
        return gtin;
      });
    },
  };
}

/** A GTIN that is not one of GS1 must be one that the system made, for this participant and group. */
export async function technicalProblems(
  db: Queryable,
  gtin: string,
  ownerBin: string,
  productGroup: string,
): Promise<Problem[]> {
  const about = { path: '/gtin', details: { gtin } };
  if (!TECHNICAL.test(gtin)) {
    return FOR_OWN_USE.test(gtin) ? [{ code: 'catalogue.technical_gtin_out_of_range', ...about }] : [];
  }
  const { rowCount } = await db.query(ISSUED_TO, [gtin, ownerBin, productGroup]);
  return rowCount === 0 ? [{ code: 'catalogue.technical_gtin_not_issued', ...about }] : [];
}
