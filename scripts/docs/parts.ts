import { readFileSync } from 'node:fs';
import { may, type Permission, ROLES } from '../../src/access/permissions.ts';
import { TILL_REASONS, TILL_TEXTS } from '../../src/core/checks/till-reasons.ts';
import { algorithmOf, type TailForm } from '../../src/core/codes/template.ts';
import { errorKind, errorTable, isErrorCode, TanbaError } from '../../src/core/errors.ts';
import {
  CODE_STATUSES,
  CODE_TYPES,
  type CodeEvent,
  TRANSITIONS,
  type Transition,
} from '../../src/core/lifecycle/transitions.ts';
import { DECISIONS, type Decision, decide, OPERATIONS, SEEN_STATUSES } from '../../src/core/receipts/decision-table.ts';
import { loadClassifiers } from '../../src/core/reference/classifiers.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { problemStatus } from '../../src/routes/problem.ts';
import { ADAPTER_PARTS } from './adapter-parts.ts';
import { CATALOGUE_PARTS } from './catalogue-parts.ts';
import { DOCUMENT_PARTS } from './document-parts.ts';
import { EXCHANGE_PARTS } from './exchange-parts.ts';
import { code, codes, table } from './markdown.ts';

const ROOT = new URL('../../', import.meta.url);

/** What the documentation takes from the program itself, by the name of its marks. */
export const PARTS: ReadonlyMap<string, () => string> = new Map([
  ['transitions', transitions],
  ['transition-picture', transitionPicture],
  ['decisions', decisions],
  ['sale-under-hold', saleUnderHold],
  ['till-reasons', tillReasons],
  ['errors', errors],
  ['product-groups', productGroups],
  ['classifiers', classifiers],
  ['limits', limits],
  ['roles', roles],
  ...CATALOGUE_PARTS,
  ...DOCUMENT_PARTS,
  ...EXCHANGE_PARTS,
  ...ADAPTER_PARTS,
]);

/** In the order in which they are looked for. */
function tillReasons(): string {
  return table(
    ['reason', 'for the cashier'],
    TILL_REASONS.map((reason) => [code(reason), TILL_TEXTS[reason].en]),
  );
}

function events(): readonly (readonly [string, Transition])[] {
  return Object.entries(TRANSITIONS);
}

function transitions(): string {
  const rows = events().map(([event, { from, to, types, leavesPackage, holdFrom, holdTo }]) => [
    code(event),
    from.length === 0 ? 'makes the code' : codes(from),
    to === null ? 'as it was' : code(to),
    types.length === CODE_TYPES.length ? 'all' : codes(types),
    leavesPackage ? 'yes' : 'no',
    holdFrom === null ? 'any' : code(holdFrom),
    holdTo === null ? 'as it was' : code(holdTo),
  ]);
  const head = ['event', 'from status', 'to status', 'types of code', 'leaves its package', 'under hold', 'hold after'];
  return table(head, rows);
}

/** What changes a status; the SSCC's own events are told in the text. */
function transitionPicture(): string {
  const names = new Set<string>([
    'applied',
    'introduced',
    'sold',
    'withdrawn',
    'returned',
    'written_off',
    'annulled',
    'remarked',
  ] satisfies CodeEvent[]);
  const arrows = events()
    .filter(([event]) => names.has(event))
    .flatMap(([event, { from, to }]) => from.map((status) => `  ${status} --> ${to ?? status}: ${event}`));
  const states = CODE_STATUSES.map((status) => `  state ${status}`);
  const lines = ['stateDiagram-v2', '  direction LR', ...states, `  [*] --> ${CODE_STATUSES[0]}: emitted`, ...arrows];
  return ['```mermaid', ...lines, '  written_off --> [*]', '```'].join('\n');
}

function decisions(): string {
  return OPERATIONS.map((operation) => {
    const rows = SEEN_STATUSES.map((status) => {
      const { seller, other } = DECISIONS[operation][status];
      return [code(status), decision(seller), decision(other)];
    });
    return `### \`${operation}\`\n\n${table(['status', 'owner is the taxpayer', 'owner is another, or nobody'], rows)}`;
  }).join('\n\n');
}

function decision({ effect, anomaly }: Decision): string {
  const told = effect === 'none' ? 'nothing' : `**${effect}**`;
  return anomaly === null ? told : `${told}, ${code(anomaly)}`;
}

function saleUnderHold(): string {
  const holds = ['awaiting_acceptance', 'customs_control', 'awaiting_remark', 'blocked'] as const;
  const rows = holds.map((hold) => {
    const seen = { status: 'in_circulation', hold, owner: 'taxpayer', reason: null } as const;
    return [code(hold), decision(decide('sale', seen, 'taxpayer', false))];
  });
  return table(['hold', 'sale of goods in circulation'], rows);
}

function errors(): string {
  const known = Object.keys(errorTable).filter(isErrorCode);
  const areas = [...new Set(known.map((name) => name.split('.')[0] ?? ''))].sort();
  return areas
    .map((area) => {
      const rows = known
        .filter((name) => name.split('.')[0] === area)
        .sort()
        .map((name) => {
          const { kk, ru, en } = errorTable[name];
          return [code(name), errorKind(name), String(problemStatus(new TanbaError(name))), kk, ru, en];
        });
      return `## ${area}\n\n${table(['code', 'kind', 'HTTP', 'kk', 'ru', 'en'], rows)}`;
    })
    .join('\n\n');
}

const TAILS: Readonly<Record<TailForm, string>> = {
  'key-and-signature-88': '91 + 4, 92 + 88',
  'key-and-code-44': '91 + 4, 92 + 44',
  'code-4': '93 + 4',
};

const PRODUCT_GROUPS = loadProductGroups(new URL('config/product-groups/', ROOT));

function productGroups(): string {
  const rows = PRODUCT_GROUPS.list().flatMap(({ productGroup, names, versions }) =>
    versions.map(({ effectiveFrom, template, saleByOtherOwner, offlineCheck }) => [
      code(productGroup),
      names.en,
      dayOf(effectiveFrom),
      `${template.serialLength}${template.serialPrefix === undefined ? '' : `, begins with \`${template.serialPrefix}\``}`,
      TAILS[template.tail],
      algorithmOf(template),
      code(saleByOtherOwner),
      code(offlineCheck),
    ]),
  );
  return table(
    ['group', 'name', 'from', 'serial', 'tail', 'made by', 'sale by another owner', 'till with an old block list'],
    rows,
  );
}

/** Entries are counted over all versions: what is in force depends on the day. */
function classifiers(): string {
  const rows = loadClassifiers(new URL('config/reference/', ROOT), PRODUCT_GROUPS)
    .list()
    .map(({ name, titles, source, versions }) => [
      code(name),
      titles.en,
      String(new Set(versions.flatMap(({ entries }) => [...entries.keys()])).size),
      versions.flatMap(({ effectiveFrom }) => (effectiveFrom === null ? [] : dayOf(effectiveFrom))).join(', '),
      source,
    ]);
  return table(['name', 'title', 'entries', 'versions from', 'source'], rows);
}

/** The day in Kazakhstan on which a version begins; before March 2024 its capital was an hour further ahead. */
function dayOf(date: Date): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Almaty' }).format(date);
}

function limits(): string {
  const values: unknown = JSON.parse(readFileSync(new URL('config/limits.json', ROOT), 'utf8'));
  const rows = Object.entries(Object(values)).map(([name, value]) => [code(name), Number(value).toLocaleString('en')]);
  return table(['limit', 'value'], rows);
}

const PERMISSIONS: readonly Permission[] = [
  'orders',
  'documents',
  'receipts',
  'codes',
  'webhooks',
  'exchange',
  'registers',
  'participants',
  'registration',
  'goods',
  'catalogue',
  'moderation',
  'outages',
];

function roles(): string {
  const rows = ROLES.map((role) => {
    const allowed = PERMISSIONS.filter((permission) => may({ role, bin: '', name: '' }, permission));
    return [code(role), codes(allowed)];
  });
  return table(['role', 'may use'], rows);
}
