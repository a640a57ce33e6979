import type { Problem } from '../errors.ts';
import type { AttributeRule, CardRule } from '../reference/card-rules.ts';
import type { ProductCard } from './card.ts';

/** Enough to recognise what was sent. */
const SHOWN_CHARACTERS = 40;

const ASK_NOTHING: CardRule = { required: [], attributes: {} };

/** What a card that goes to moderation must tell and does not. A draft may still lack it. */
export function missingProblems(card: ProductCard, rule: CardRule = ASK_NOTHING): Problem[] {
  const fields = rule.required.filter((name) => card[name] === undefined).map((name) => missing(name, `/card/${name}`));
  const given = card.attributes ?? {};
  const attributes = Object.entries(rule.attributes)
    .filter(([name, { required }]) => required && !Object.hasOwn(given, name))
    .map(([name]) => missing(name, `/card/attributes/${name}`));
  const packed = card.packageType !== undefined && card.packageType !== 'unit';
  const content = packed && card.content === undefined ? [missing('content', '/card/content')] : [];
  return [...fields, ...content, ...attributes];
}

/** What a card tells wrongly: a draft may be incomplete, not wrong. */
export function formProblems(card: ProductCard, rule: CardRule | undefined): Problem[] {
  const problems = [...contentFormProblems(card)];
  if (rule === undefined) return problems;
  const { hsCode } = card;
  if (hsCode !== undefined && rule.hsCodes?.some((beginning) => hsCode.startsWith(beginning)) === false) {
    const details = { hsCode, allowed: rule.hsCodes.join(', ') };
    problems.push({ code: 'catalogue.hs_code_not_of_group', path: '/card/hsCode', details });
  }
  for (const [name, value] of Object.entries(card.attributes ?? {})) {
    const asked = Object.hasOwn(rule.attributes, name) ? rule.attributes[name] : undefined;
    problems.push(...attributeProblems(name, value, asked));
  }
  return problems;
}

function contentFormProblems({ packageType, content }: ProductCard): Problem[] {
  if (content === undefined) return [];
  if (packageType === undefined || packageType === 'unit') {
    return [{ code: 'catalogue.content_not_expected', path: '/card/content' }];
  }
  const seen = new Set<string>();
  return content.flatMap(({ gtin }, index): Problem[] => {
    const repeated = seen.has(gtin);
    seen.add(gtin);
    const path = `/card/content/${index}/gtin`;
    return repeated ? [{ code: 'catalogue.content_repeated', path, details: { gtin } }] : [];
  });
}

function attributeProblems(name: string, value: string | number, asked: AttributeRule | undefined): Problem[] {
  const path = `/card/attributes/${name}`;
  if (asked === undefined) return [{ code: 'catalogue.attribute_unknown', path, details: { name } }];
  if (asked.type !== 'enum') {
    const { type } = asked;
    if (typeof value === type) return [];
    return [{ code: 'catalogue.attribute_invalid', path, details: { name, expected: type } }];
  }
  if (typeof value === 'string' && asked.values.includes(value)) return [];
  const expected = asked.values.join(' | ');
  const shown = String(value).slice(0, SHOWN_CHARACTERS);
  return [{ code: 'catalogue.attribute_invalid', path, details: { name, expected, value: shown } }];
}

function missing(name: string, path: string): Problem {
  return { code: 'catalogue.attribute_missing', path, details: { name } };
}
