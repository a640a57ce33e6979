import { EVENT_OF_KIND } from '../../src/core/documents/kind-events.ts';
import { DOCUMENT_KINDS, type DocumentKind, type DocumentRule, KINDS } from '../../src/core/documents/kinds.ts';
import { CODE_TYPES, TRANSITIONS } from '../../src/core/lifecycle/transitions.ts';
import { code, codes, table } from './markdown.ts';

/** Parts of docs/documents.md, from the schemas and rules themselves. */
export const DOCUMENT_PARTS: readonly (readonly [string, () => string])[] = [
  ['document-kinds', documentKinds],
  ['document-rules', documentRules],
];

function documentKinds(): string {
  return table(
    ['kind', 'meaning', 'sent by', '`codes`'],
    DOCUMENT_KINDS.map((kind) => {
      const { summary, roles, codes: list } = KINDS[kind];
      return [`[${code(kind)}](#${kind})`, summary, codes(roles), list];
    }),
  );
}

function documentRules(): string {
  return DOCUMENT_KINDS.map((kind) =>
    [
      `### ${kind}`,
      KINDS[kind].summary,
      table(['field', 'value', 'required'], fieldsOf(KINDS[kind].header)),
      ofCodes(kind),
      rulesOf(KINDS[kind].rules),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
  ).join('\n\n');
}

/** What the codes have to be, by the table of transitions. */
function ofCodes(kind: DocumentKind): string {
  const event = EVENT_OF_KIND[kind];
  const { from, types, holdFrom, holdTo, leavesPackage, takesContent } = TRANSITIONS[event];
  const parts = [
    `event ${code(event)}`,
    from.length === 0 ? '' : `from ${codes(from)}`,
    types.length === CODE_TYPES.length ? '' : `of type ${codes(types)}`,
    holdFrom === null ? 'under any hold' : `hold ${code(holdFrom)}`,
    holdTo === null || holdTo === holdFrom ? '' : `then ${code(holdTo)}`,
    leavesPackage ? 'leaves its package' : '',
    takesContent ? 'nothing inside is blocked' : '',
  ];
  return `Codes: ${parts.filter((part) => part !== '').join('; ')}.`;
}

function rulesOf(rules: readonly DocumentRule[]): string {
  if (rules.length === 0) return '';
  return table(
    ['rule', 'severity', 'says', 'source', 'in force'],
    rules.map(({ name, severity, says, source, effectiveFrom }) => [
      code(name),
      severity,
      codes(says),
      source ?? '',
      effectiveFrom ?? 'always',
    ]),
  );
}

function fieldsOf(schema: object, prefix = ''): string[][] {
  const properties = 'properties' in schema ? Object.entries(Object(schema.properties)) : [];
  const required = 'required' in schema && Array.isArray(schema.required) ? schema.required : [];
  return properties.flatMap(([name, value]): string[][] => {
    const field: object = Object(value);
    const items = 'items' in field ? Object(field.items) : null;
    const path = `${prefix}${name}${items === null ? '' : '[]'}`;
    const row = [code(path), typeOf(field), required.includes(name) ? 'yes' : 'no'];
    return [row, ...fieldsOf(items ?? field, `${path}.`)];
  });
}

function typeOf(schema: object): string {
  const of = (name: string): unknown => Reflect.get(schema, name);
  const told = typeof of('description') === 'string' ? ` ${String(of('description'))}` : '';
  const branches = of('anyOf');
  if (Array.isArray(branches)) {
    const constants = branches.map((branch: unknown) => Reflect.get(Object(branch), 'const'));
    return constants.every((each) => each !== undefined)
      ? codes(constants.map(String))
      : `date or date and time.${told}`;
  }
  const limits = [
    ['maxLength', 'up to', 'characters'],
    ['pattern', 'form', ''],
    ['format', '', ''],
    ['minimum', 'from', ''],
    ['maximum', 'to', ''],
    ['maxItems', 'at most', 'of them'],
  ].flatMap(([key = '', before = '', after = '']) => {
    const value = of(key);
    const isForm = key === 'pattern' || key === 'format';
    if (value === undefined || String(value).includes('\\p{Cc}')) return [];
    return [`${before} ${isForm ? code(String(value)) : String(value)} ${after}`.trim()];
  });
  return `${String(of('type'))}${limits.length === 0 ? '' : `, ${limits.join(', ')}`}.${told}`;
}
