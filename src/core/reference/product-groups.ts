import { isDeepStrictEqual } from 'node:util';
import type { Static } from 'typebox';
import Type from 'typebox';
import { type CodeTemplate, SERIAL_LENGTHS, TAIL_FORMS } from '../codes/template.ts';
import { CARD_RULE } from './card-rules.ts';
import { conforms, EFFECTIVE_FROM, effectiveDate, pathOf, type Report, readJsonFiles } from './files.ts';

const closed = { additionalProperties: false };

const TemplateSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }),
    serialLength: Type.Enum([...SERIAL_LENGTHS]),
    serialPrefix: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z]{1,4}$' })),
    tail: Type.Enum([...TAIL_FORMS]),
  },
  closed,
);

/** One rule is one property here; a later version of a group names only the rules that change. */
const RulesSchema = Type.Object(
  {
    source: Type.String({ minLength: 1 }),
    template: TemplateSchema,
    saleByOtherOwner: Type.Enum(['flag', 'refuse']),
    unusedCodeLifeDays: Type.Integer({ minimum: 1, maximum: 3_650 }),
    /** Of one piece; null: any. */
    retailPrice: Type.Union([
      Type.Null(),
      Type.Object(
        { minTiyn: Type.Optional(Type.Integer({ minimum: 0 })), maxTiyn: Type.Optional(Type.Integer({ minimum: 0 })) },
        { ...closed, minProperties: 1 },
      ),
    ]),
    /** What a till does with these goods when its block list is too old to answer: sell, or refuse. */
    offlineCheck: Type.Enum(['open', 'closed']),
    /** What goods cards must tell. */
    card: Type.Optional(CARD_RULE),
    /** Whether goods without a GTIN of GS1 get one from the system. Default: no. */
    technicalGtin: Type.Optional(Type.Boolean()),
  },
  closed,
);
type Rules = Static<typeof RulesSchema>;

const GroupSchema = Type.Object(
  {
    productGroup: Type.String({ pattern: '^[a-z]{1,20}$' }),
    names: Type.Object({ kk: Type.String(), ru: Type.String(), en: Type.String() }, closed),
    versions: Type.Array(
      Type.Object(
        {
          effectiveFrom: Type.String({ pattern: EFFECTIVE_FROM }),
          rules: Type.Partial(RulesSchema, closed),
        },
        closed,
      ),
      { minItems: 1 },
    ),
  },
  closed,
);
type GroupFile = Static<typeof GroupSchema>;

/** The rules of a product group as they stand from `effectiveFrom` until the next version's. */
export interface RuleSet extends Rules {
  readonly productGroup: string;
  readonly names: GroupFile['names'];
  readonly effectiveFrom: Date;
  readonly template: CodeTemplate;
}

export interface ProductGroup {
  readonly productGroup: string;
  readonly names: GroupFile['names'];
  /** Oldest first. */
  readonly versions: readonly RuleSet[];
}

export interface ProductGroups {
  /** The rules in force at that time; undefined for an unknown group or before its first version. */
  at(productGroup: string, date: Date): RuleSet | undefined;
  list(): readonly ProductGroup[];
  /** By the name kept with an order line, whatever version of the group it comes from. */
  template(name: string): CodeTemplate | undefined;
}

/** Reads every `<group>.json` of the folder; throws one error that names everything wrong in the files. */
export function loadProductGroups(folder: string | URL): ProductGroups {
  const path = pathOf(folder);
  const problems: string[] = [];
  const groups = new Map<string, ProductGroup>();
  const templates = new Map<string, CodeTemplate>();
  const reportOf = (file: string) => (problem: string) => void problems.push(`${file}: ${problem}`);
  for (const { file, value, report } of readJsonFiles(path, reportOf)) {
    const group = readGroup(value, report);
    if (group === undefined) continue;
    if (`${group.productGroup}.json` !== file) report(`its productGroup is "${group.productGroup}"`);
    groups.set(group.productGroup, group);
    for (const { template } of group.versions) addTemplate(templates, template, report);
  }
  if (groups.size === 0) problems.push('there is no product group');
  if (problems.length > 0) throw new Error(`The product groups in ${path} are not usable:\n  ${problems.join('\n  ')}`);
  return {
    at: (productGroup, date) =>
      groups.get(productGroup)?.versions.findLast(({ effectiveFrom }) => effectiveFrom.getTime() <= date.getTime()),
    list: () => [...groups.values()],
    template: (name) => templates.get(name),
  };
}

function readGroup(value: unknown, report: Report): ProductGroup | undefined {
  if (!conforms(GroupSchema, value, report)) return undefined;
  const { productGroup, names } = value;
  const versions: RuleSet[] = [];
  let rules: Partial<Rules> = {};
  for (const version of value.versions) {
    const effectiveFrom = effectiveDate(version.effectiveFrom, versions.at(-1)?.effectiveFrom, report);
    rules = { ...rules, ...version.rules };
    if (!conforms(RulesSchema, rules, report)) return undefined;
    versions.push({ productGroup, names, effectiveFrom, ...rules });
  }
  return { productGroup, names, versions };
}

function addTemplate(templates: Map<string, CodeTemplate>, template: CodeTemplate, report: Report): void {
  const known = templates.get(template.name);
  if (known !== undefined && !isDeepStrictEqual(known, template)) {
    report(`the template name ${template.name} already means another template`);
  }
  templates.set(template.name, template);
}
