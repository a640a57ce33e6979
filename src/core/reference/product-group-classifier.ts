import type { ClassifierEntry } from './classifier.ts';
import type { ClassifierParts } from './classifier-files.ts';
import type { ProductGroups, RuleSet } from './product-groups.ts';

/** The product groups as a classifier: made of their rule sets, so that there is no second list of them. */
export function productGroupParts(productGroups: ProductGroups): ClassifierParts {
  const groups = productGroups.list();
  const times = groups.flatMap(({ versions }) => versions.map(({ effectiveFrom }) => effectiveFrom.getTime()));
  const stages = [...new Set(times)]
    .sort((one, other) => one - other)
    .map((time) => {
      const effectiveFrom = new Date(time);
      const rules = groups.flatMap(({ productGroup }) => productGroups.at(productGroup, effectiveFrom) ?? []);
      return { effectiveFrom, entries: new Map(rules.map((rule) => [rule.productGroup, entryOf(rule)])) };
    });
  return { head: HEAD, stages };
}

const HEAD = {
  name: 'product-groups',
  titles: { kk: 'Тауар топтары', ru: 'Товарные группы', en: 'Product groups' },
  source: 'The rule sets of the product groups; each entry names the act it follows.',
} as const;

function entryOf(rules: RuleSet): ClassifierEntry {
  const { productGroup, names, template, retailPrice, unusedCodeLifeDays, saleByOtherOwner, offlineCheck } = rules;
  const { minTiyn, maxTiyn } = retailPrice ?? {};
  return {
    code: productGroup,
    names,
    attributes: {
      codeTemplate: template.name,
      unusedCodeLifeDays,
      saleByOtherOwner,
      offlineCheck,
      ...(minTiyn === undefined ? {} : { retailPriceMinTiyn: minTiyn }),
      ...(maxTiyn === undefined ? {} : { retailPriceMaxTiyn: maxTiyn }),
      source: rules.source,
    },
  };
}
