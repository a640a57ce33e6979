import assert from 'node:assert/strict';
import type { ProductCard } from '../../src/core/catalogue/card.ts';
import type { CardEvent, CardStates } from '../../src/core/catalogue/card-states.ts';
import type { CardView } from '../../src/core/catalogue/card-store.ts';
import { type CardAsker, createCards } from '../../src/core/catalogue/cards.ts';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import { createTechnicalGtins } from '../../src/core/catalogue/technical-gtins.ts';
import { createTrust } from '../../src/core/catalogue/trust.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { gtinOf, productGroups } from '../codes/order-desk.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase } from '../support/database.ts';

const ip = '127.0.0.1';
export const OWNER: CardAsker = { bin: '180540001239', ip, moderates: false };
export const OTHER: CardAsker = { bin: '190240012349', ip, moderates: false };
export const OPERATOR: CardAsker = { bin: '190140001018', ip, moderates: true };

const texts = (text: string) => ({ kk: text, ru: text, en: text });

export const WATER: ProductCard = { tradeName: texts('Water'), manufacturer: texts('Maker'), country: 'KZ' };
export const OIL: ProductCard = {
  ...WATER,
  brand: 'Dala',
  hsCode: '2710198200',
  packageType: 'unit',
  netQuantity: { value: 4, unit: 'l' },
  shelfLifeMonths: 60,
  conformityDocument: { kind: 'declaration', number: 'EAEU KZ 1' },
  attributes: { viscosityClass: '5W-40', function: 'engine' },
};

/** Cards, technical GTINs and trust over a store with two participants and the operator. */
export async function openCardDesk() {
  const database = await createTestDatabase();
  const { db } = database;
  const clock = movableClock();
  const catalogue = createCatalogue({ db, clock });
  const cards = createCards({ db, clock, productGroups, catalogue });
  await db.query(
    `insert into participant (bin, name, role, registered_at) values
       ($1, 'Zavod', 'manufacturer', now()), ($2, 'Import', 'importer', now()), ($3, 'Operator', 'operator', now())`,
    [OWNER.bin, OTHER.bin, OPERATOR.bin],
  );
  let goods = 0;
  const newGtin = (): string => {
    goods += 1;
    return gtinOf(goods);
  };

  async function edited(card: ProductCard = WATER, productGroup = 'water', gtin = newGtin(), asker = OWNER) {
    await cards.edit(asker, gtin, { productGroup, card });
    return gtin;
  }

  async function submitted(card?: ProductCard, productGroup?: string, gtin?: string, asker = OWNER) {
    const made = await edited(card, productGroup, gtin, asker);
    await cards.take(asker, made, 'submitted');
    return made;
  }

  async function published(card?: ProductCard, productGroup?: string, gtin?: string, asker = OWNER) {
    const made = await submitted(card, productGroup, gtin, asker);
    await cards.take(OPERATOR, made, 'approved');
    return made;
  }

  return {
    db,
    clock,
    catalogue,
    cards,
    technicalGtins: createTechnicalGtins({ db, clock, productGroups }),
    trust: createTrust({ db, clock }),
    newGtin,
    edited,
    submitted,
    published,
    /** Of the owner and the operator alike. */
    take: (gtin: string, event: Exclude<CardEvent, 'edited'>) =>
      cards.take(isOperators(event) ? OPERATOR : OWNER, gtin, event, event === 'refused' ? { reason: 'blurred' } : {}),
    close: () => database.drop(),
  };
}

export type CardDesk = Awaited<ReturnType<typeof openCardDesk>>;

function isOperators(event: CardEvent): boolean {
  return ['approved', 'refused', 'blocked', 'unblocked'].includes(event);
}

export function statesOf({ draft, published }: CardView): CardStates {
  return { draft: draft?.status ?? 'none', published: published?.status ?? 'none' };
}

/** Everything that a refusal names: code and place of each problem. */
export async function refusalOf(doing: Promise<unknown>): Promise<string[]> {
  try {
    await doing;
  } catch (error) {
    assert.ok(error instanceof TanbaError, String(error));
    const { problems = [{ code: error.code, path: error.options.path }] } = error.options;
    return problems.map(({ code, path = '' }) => `${path} ${code}`.trim());
  }
  return [];
}
