import { CARD_STEPS, type CardStep } from '../../src/core/catalogue/card-states.ts';
import type { AttributeRule, CardRule } from '../../src/core/reference/card-rules.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { code, codes, table } from './markdown.ts';

const GROUPS = new URL('../../config/product-groups/', import.meta.url);

/** What the documentation takes from the catalogue, by the name of its marks. */
export const CATALOGUE_PARTS: readonly (readonly [string, () => string])[] = [
  ['card-steps', cardSteps],
  ['card-rules', cardRules],
];

function cardSteps(): string {
  const rows = Object.entries(CARD_STEPS).map(([event, { by, draft, published }]) => [
    code(event),
    by,
    ways(draft),
    ways(published),
  ]);
  return table(['step', 'taken by', 'draft', 'published side'], rows);
}

/** States that stay are named without an arrow. */
function ways(side: CardStep['draft'] | CardStep['published']): string {
  return Object.entries(side)
    .map(([from, to]) => (from === to ? code(from) : `${code(from)} → ${code(String(to))}`))
    .join(', ');
}

function cardRules(): string {
  const rows = loadProductGroups(GROUPS)
    .list()
    .flatMap(({ productGroup, versions }) => {
      const { card, technicalGtin } = versions.at(-1) ?? {};
      return [[code(productGroup), ...asked(card), technicalGtin === true ? 'yes' : 'no']];
    });
  return table(['group', 'fields', 'attributes', 'HS codes', 'technical GTIN'], rows);
}

function asked(card: CardRule | undefined): string[] {
  if (card === undefined) return ['', 'any', 'any'];
  const attributes = Object.entries(card.attributes).map(([name, rule]) => attribute(name, rule));
  return [
    codes(card.required),
    attributes.length === 0 ? 'none' : attributes.join('; '),
    card.hsCodes === undefined ? 'any' : card.hsCodes.join(', '),
  ];
}

function attribute(name: string, rule: AttributeRule): string {
  const form = rule.type === 'enum' ? rule.values.join(' or ') : rule.type;
  return `${code(name)}: ${form}${rule.required ? '' : ' (optional)'}`;
}
