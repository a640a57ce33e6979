import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { gtinProblem } from '../codes/code-parts.ts';
import { type Problem, TanbaError } from '../errors.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import { workingDaysAfter } from '../reference/working-days.ts';
import type { ProductCard } from './card.ts';
import { contentProblems } from './card-content.ts';
import { formProblems, missingProblems } from './card-problems.ts';
import { CARD_STEPS, type CardEvent, type CardStates, statesAfter } from './card-states.ts';
import {
  type CardDraft,
  type CardFilter,
  type CardView,
  dropDraft,
  lockApproving,
  lockCard,
  pageOfGtins,
  publishCard,
  readCards,
  recordChange,
  refuseDraft,
  saveDraft,
  setStatus,
  submitDraft,
} from './card-store.ts';
import type { Catalogue } from './catalogue.ts';
import { technicalProblems } from './technical-gtins.ts';

export interface CardAsker {
  readonly bin: string;
  readonly ip: string;
  /** Sees every draft and decides on it. */
  readonly moderates: boolean;
}

export interface CardEdit {
  readonly productGroup: string;
  readonly card: ProductCard;
}

export interface StepOptions {
  /** The version that the asker has seen; another one is a conflict. */
  readonly seen?: number | undefined;
  readonly reason?: string;
}

export interface Cards {
  /** Makes the draft or changes it. */
  edit(asker: CardAsker, gtin: string, edit: CardEdit, seen?: number): Promise<CardView>;
  take(asker: CardAsker, gtin: string, event: Exclude<CardEvent, 'edited'>, options?: StepOptions): Promise<CardView>;
  get(asker: CardAsker, gtin: string): Promise<CardView>;
  /** Own cards; a moderator's: all. */
  page(asker: CardAsker, filter: Omit<CardFilter, 'ownerBin'>): Promise<readonly CardView[]>;
}

export interface CardsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly productGroups: ProductGroups;
  readonly catalogue: Pick<Catalogue, 'forget'>;
}

/** Order 44-н/қ, p. 17. */
const ANSWER_WORKING_DAYS = 3;

export function createCards(deps: CardsDeps): Cards {
  const { db, clock } = deps;
  return {
    edit: async (asker, gtin, edit, seen) => {
      refuse(gtinProblems(gtin));
      const at = clock.now();
      return await db.transaction((tx) => editCard(deps, tx, asker, gtin, edit, seen, at));
    },
    take: async (asker, gtin, event, options = {}) => {
      refuse(gtinProblems(gtin));
      const at = clock.now();
      const view = await db.transaction((tx) => takeStep(deps, tx, { asker, gtin, event, options, at }));
      deps.catalogue.forget(gtin);
      return view;
    },
    get: async (asker, gtin) => {
      refuse(gtinProblems(gtin));
      const view = visible(await cardOf(db, gtin), asker);
      if (view === undefined) throw notFound(gtin);
      if (view.draft !== null && view.draft.ownerBin !== asker.bin) await logDisclosure(deps, asker, gtin, {});
      return view;
    },
    page: async (asker, filter) => {
      const ownerBin = asker.moderates ? null : asker.bin;
      const { productGroup, status, after } = filter;
      if (asker.moderates) await logDisclosure(deps, asker, null, { productGroup, status, after });
      const views = await readCards(db, await pageOfGtins(db, { ...filter, ownerBin }));
      return views.flatMap((view) => visible(view, asker) ?? []);
    },
  };
}

async function editCard(
  deps: CardsDeps,
  tx: Transaction,
  asker: CardAsker,
  gtin: string,
  edit: CardEdit,
  seen: number | undefined,
  at: Date,
): Promise<CardView> {
  await lockCard(tx, gtin);
  const known = await cardOf(tx, gtin);
  assertFree(known, asker);
  assertSeen(known, seen);
  nextStates('edited', known);
  const { productGroup, card } = edit;
  const rules = deps.productGroups.at(productGroup, at);
  if (rules === undefined) {
    throw new TanbaError('orders.unknown_product_group', { path: '/productGroup', details: { productGroup } });
  }
  refuse([
    ...groupProblems(known, productGroup),
    ...(await technicalProblems(tx, gtin, asker.bin, productGroup)),
    ...formProblems(card, rules.card),
  ]);
  const version = versionOf(known) + 1;
  await saveDraft(tx, { gtin, productGroup, ownerBin: asker.bin, card, version }, at);
  await record(tx, { asker, gtin, event: 'edited', at }, version, { card });
  return await cardOf(tx, gtin);
}

interface Step {
  readonly asker: CardAsker;
  readonly gtin: string;
  readonly event: CardEvent;
  readonly at: Date;
}

interface StepTaken extends Step {
  readonly options: StepOptions;
}

async function takeStep(deps: CardsDeps, tx: Transaction, step: StepTaken): Promise<CardView> {
  const { asker, gtin, event, options, at } = step;
  if (event === 'approved') await lockApproving(tx);
  await lockCard(tx, gtin);
  const known = await cardOf(tx, gtin);
  if (CARD_STEPS[event].by === 'owner') assertOwn(known, asker);
  else if (known.draft === null && known.published === null) throw notFound(gtin);
  assertSeen(known, options.seen);
  const next = nextStates(event, known);
  const { draft } = known;
  let version = versionOf(known);
  let card: ProductCard | undefined;
  if (draft !== null && (event === 'submitted' || event === 'approved')) {
    refuse(await registrationProblems(deps, tx, draft, at));
  }
  if (draft !== null && event === 'approved') {
    version = await publishDraft(tx, draft, at);
    card = draft.card;
  } else if (next.published !== statesOf(known).published) {
    await setStatus(tx, gtin, next.published);
  }
  if (event === 'submitted') await submitDraft(tx, gtin, at, workingDaysAfter(at, ANSWER_WORKING_DAYS));
  if (event === 'refused') await refuseDraft(tx, gtin, options.reason ?? '', at, asker.bin);
  if (draft !== null && next.draft === 'none') await dropDraft(tx, gtin);
  await record(tx, step, version, { reason: options.reason, card });
  return await cardOf(tx, gtin);
}

/** Everything that keeps a draft from being published; asked when it is submitted, and again when it is approved. */
async function registrationProblems(deps: CardsDeps, tx: Transaction, draft: CardDraft, at: Date): Promise<Problem[]> {
  const { gtin, ownerBin, productGroup, card } = draft;
  const rule = deps.productGroups.at(productGroup, at)?.card;
  const content = card.content === undefined ? [] : await contentProblems(tx, gtin, ownerBin, card.content);
  return [...missingProblems(card, rule), ...formProblems(card, rule), ...content];
}

async function publishDraft(tx: Transaction, draft: CardDraft, at: Date): Promise<number> {
  const version = await publishCard(tx, draft, at);
  if (version === undefined) throw taken(draft.gtin);
  return version;
}

async function record(
  tx: Transaction,
  { asker, gtin, event, at }: Step,
  version: number,
  { reason, card }: { readonly reason?: string | undefined; readonly card?: ProductCard | undefined },
): Promise<void> {
  await recordChange(tx, { gtin, at, event, actor: asker.bin, version, reason, card });
  const details = { version, ...(reason === undefined ? {} : { reason }) };
  await writeAudit(tx, { at, bin: asker.bin, ip: asker.ip, action: `card.${event}`, subject: gtin, details });
}

async function cardOf(db: Queryable, gtin: string): Promise<CardView> {
  return (await readCards(db, [gtin]))[0] ?? { gtin, published: null, draft: null };
}

function statesOf({ published, draft }: CardView): CardStates {
  return { draft: draft?.status ?? 'none', published: published?.status ?? 'none' };
}

function versionOf({ published, draft }: CardView): number {
  return Math.max(published?.version ?? 0, draft?.version ?? 0);
}

function nextStates(event: CardEvent, known: CardView): CardStates {
  const states = statesOf(known);
  const next = statesAfter(event, states);
  if (next === undefined) throw new TanbaError('catalogue.step_not_allowed', { details: { step: event, ...states } });
  return next;
}

/** Another's published card or draft holds the GTIN (p. 16); a first card that was refused does not. */
function assertFree({ gtin, published, draft }: CardView, { bin }: CardAsker): void {
  if (published !== null && published.ownerBin !== bin) throw taken(gtin);
  if (draft !== null && draft.ownerBin !== bin && draft.status !== 'refused') throw taken(gtin);
}

/** Another's draft is no different from one that does not exist. */
function assertOwn({ gtin, published, draft }: CardView, { bin }: CardAsker): void {
  if (published !== null && published.ownerBin !== bin) throw new TanbaError('catalogue.not_yours', about(gtin));
  if (published === null && draft?.ownerBin !== bin) throw notFound(gtin);
}

function assertSeen(known: CardView, seen: number | undefined): void {
  const version = versionOf(known);
  if (seen !== undefined && seen !== version)
    throw new TanbaError('catalogue.version_conflict', { details: { version } });
}

function groupProblems({ gtin, published }: CardView, productGroup: string): Problem[] {
  if (published === null || published.productGroup === productGroup) return [];
  const details = { gtin, productGroup: published.productGroup };
  return [{ code: 'catalogue.gtin_of_other_group', path: '/productGroup', details }];
}

function gtinProblems(gtin: string): Problem[] {
  const code = gtinProblem(gtin);
  return code === undefined ? [] : [{ code, path: '/gtin', details: { gtin } }];
}

/** What the asker may see of a card: the published side, and the draft where it is theirs or theirs to decide on. */
function visible(view: CardView, { bin, moderates }: CardAsker): CardView | undefined {
  const draft = moderates || view.draft?.ownerBin === bin ? view.draft : null;
  return view.published === null && draft === null ? undefined : { ...view, draft };
}

async function logDisclosure(
  { db, clock }: CardsDeps,
  { bin, ip }: CardAsker,
  subject: string | null,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeAudit(db, { at: clock.now(), bin, ip, action: 'cards.read', subject, details });
}

function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const { code, ...place } = first;
  throw new TanbaError(code, { ...place, problems });
}

function about(gtin: string): { readonly path: string; readonly details: { readonly gtin: string } } {
  return { path: '/gtin', details: { gtin } };
}

function taken(gtin: string): TanbaError {
  return new TanbaError('catalogue.gtin_taken', about(gtin));
}

function notFound(gtin: string): TanbaError {
  return new TanbaError('catalogue.not_found', about(gtin));
}
