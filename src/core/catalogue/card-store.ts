import type { Queryable, Transaction } from '../../store/database.ts';
import type { ProductCard } from './card.ts';
import type { CardEvent, DraftState, PublishedState } from './card-states.ts';

/** The published side of a card. */
export interface PublishedCard {
  readonly gtin: string;
  readonly productGroup: string;
  readonly ownerBin: string;
  readonly card: ProductCard;
  readonly status: Exclude<PublishedState, 'none'>;
  readonly version: number;
  readonly publishedAt: Date;
}

/** The side that is edited. */
export interface CardDraft {
  readonly gtin: string;
  readonly productGroup: string;
  readonly ownerBin: string;
  readonly card: ProductCard;
  readonly status: Exclude<DraftState, 'none'>;
  readonly reason: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly submittedAt: Date | null;
  readonly answerDueAt: Date | null;
  readonly decidedAt: Date | null;
}

/** Both sides; at least one is there. */
export interface CardView {
  readonly gtin: string;
  readonly published: PublishedCard | null;
  readonly draft: CardDraft | null;
}

export interface CardChange {
  readonly gtin: string;
  readonly at: Date;
  /** `published`: by the operator directly, without a draft. */
  readonly event: CardEvent | 'published';
  readonly actor: string | null;
  readonly version: number;
  readonly reason?: string | undefined;
  readonly card?: ProductCard | undefined;
}

// Every change of a card, also of one that does not exist yet.
const LOCK_CARD = `select pg_advisory_xact_lock(hashtextextended('tanba:card:' || $1, 0))`;
// Two packages published side by side could each lead into the other.
const LOCK_APPROVING = `select pg_advisory_xact_lock(hashtextextended('tanba:card approval', 0))`;

const SELECT_PUBLISHED = `
select gtin, product_group as "productGroup", owner_bin as "ownerBin", card, status, version,
       published_at as "publishedAt"
  from product
 where gtin = any($1)`;

const SELECT_DRAFTS = `
select gtin, product_group as "productGroup", owner_bin as "ownerBin", card, status, reason, version,
       created_at as "createdAt", changed_at as "changedAt", submitted_at as "submittedAt",
       answer_due_at as "answerDueAt", decided_at as "decidedAt"
  from product_draft
 where gtin = any($1)`;

// Another owner's refused draft gives way: its times are not the new one's.
const SAVE_DRAFT = `
insert into product_draft as known (gtin, product_group, owner_bin, card, status, version, created_at, changed_at)
values ($1, $2, $3, $4, 'draft', $5, $6, $6)
on conflict (gtin) do update
   set product_group = excluded.product_group, owner_bin = excluded.owner_bin, card = excluded.card,
       status = excluded.status, reason = null, version = excluded.version,
       created_at = case when known.owner_bin = excluded.owner_bin then known.created_at else excluded.created_at end,
       changed_at = excluded.changed_at, submitted_at = null, answer_due_at = null, decided_at = null, decided_by = null`;

const SUBMIT_DRAFT = `
update product_draft set status = 'on_moderation', submitted_at = $2, answer_due_at = $3 where gtin = $1`;

const REFUSE_DRAFT = `
update product_draft set status = 'refused', reason = $2, decided_at = $3, decided_by = $4 where gtin = $1`;

const DROP_DRAFT = 'delete from product_draft where gtin = $1';
const DROP_FOREIGN_DRAFT = 'delete from product_draft where gtin = $1 and owner_bin <> $2';

// Nothing is answered where the GTIN is another owner's or of another group.
const PUBLISH = `
insert into product as known (gtin, product_group, owner_bin, card, published_at, version)
values ($1, $2, $3, $4, $5, $6)
on conflict (gtin) do update
   set card = excluded.card, version = greatest(known.version + 1, excluded.version)
 where known.owner_bin = excluded.owner_bin and known.product_group = excluded.product_group
returning version`;

const SET_STATUS = 'update product set status = $2 where gtin = $1';

const INSERT_EVENT = `
insert into product_event (gtin, at, event, actor, version, reason, card) values ($1, $2, $3, $4, $5, $6, $7)`;

// Each side is walked by its own index; null in place of a filter: any. $1 after, $2 owner, $3 group, $4 status, $5 limit.
const PAGE = `
select gtin from (
  (select gtin from product
    where gtin > $1 and ($2::text is null or owner_bin = $2) and ($3::text is null or product_group = $3)
      and ($4::text is null or status = $4)
    order by gtin limit $5)
  union
  (select gtin from product_draft
    where gtin > $1 and ($2::text is null or owner_bin = $2) and ($3::text is null or product_group = $3)
      and ($4::text is null or status = $4)
    order by gtin limit $5)) as either
 order by gtin limit $5`;

export async function lockCard(tx: Transaction, gtin: string): Promise<void> {
  await tx.query(LOCK_CARD, [gtin]);
}

/** To be taken before the lock of any card. */
export async function lockApproving(tx: Transaction): Promise<void> {
  await tx.query(LOCK_APPROVING);
}

/** In the order of the GTINs; those without either side are left out. */
export async function readCards(db: Queryable, gtins: readonly string[]): Promise<CardView[]> {
  // Drafts first: one that is approved between the two statements is seen twice rather than not at all.
  const drafts = byGtin((await db.query<CardDraft>(SELECT_DRAFTS, [gtins])).rows);
  const published = byGtin((await db.query<PublishedCard>(SELECT_PUBLISHED, [gtins])).rows);
  return gtins
    .map((gtin) => ({ gtin, published: published.get(gtin) ?? null, draft: drafts.get(gtin) ?? null }))
    .filter((view) => view.published !== null || view.draft !== null);
}

function byGtin<T extends { readonly gtin: string }>(rows: readonly T[]): ReadonlyMap<string, T> {
  return new Map(rows.map((row) => [row.gtin, row]));
}

export interface CardFilter {
  readonly ownerBin: string | null;
  readonly productGroup: string | null;
  readonly status: string | null;
  /** The last GTIN of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

export async function pageOfGtins(db: Queryable, filter: CardFilter): Promise<string[]> {
  const { ownerBin, productGroup, status, after, limit } = filter;
  const { rows } = await db.query<{ gtin: string }>(PAGE, [after ?? '', ownerBin, productGroup, status, limit]);
  return rows.map(({ gtin }) => gtin);
}

export type NewDraft = Pick<CardDraft, 'gtin' | 'productGroup' | 'ownerBin' | 'card' | 'version'>;

export async function saveDraft(tx: Transaction, draft: NewDraft, at: Date): Promise<void> {
  const { gtin, productGroup, ownerBin, card, version } = draft;
  await tx.query(SAVE_DRAFT, [gtin, productGroup, ownerBin, card, version, at]);
}

export async function submitDraft(tx: Transaction, gtin: string, at: Date, answerDueAt: Date): Promise<void> {
  await tx.query(SUBMIT_DRAFT, [gtin, at, answerDueAt]);
}

export async function refuseDraft(tx: Transaction, gtin: string, reason: string, at: Date, by: string): Promise<void> {
  await tx.query(REFUSE_DRAFT, [gtin, reason, at, by]);
}

export async function dropDraft(tx: Transaction, gtin: string): Promise<void> {
  await tx.query(DROP_DRAFT, [gtin]);
}

export async function dropForeignDraft(tx: Transaction, gtin: string, ownerBin: string): Promise<void> {
  await tx.query(DROP_FOREIGN_DRAFT, [gtin, ownerBin]);
}

/** The new version; undefined when the GTIN belongs to somebody else or to another group. */
export async function publishCard(tx: Transaction, card: NewDraft, at: Date): Promise<number | undefined> {
  const { gtin, productGroup, ownerBin, version } = card;
  const { rows } = await tx.query<{ version: number }>(PUBLISH, [gtin, productGroup, ownerBin, card.card, at, version]);
  return rows[0]?.version;
}

export async function setStatus(tx: Transaction, gtin: string, status: PublishedState): Promise<void> {
  await tx.query(SET_STATUS, [gtin, status]);
}

export async function recordChange(tx: Transaction, change: CardChange): Promise<void> {
  const { gtin, at, event, actor, version, reason = null, card = null } = change;
  await tx.query(INSERT_EVENT, [gtin, at, event, actor, version, reason, card]);
}
