/**
 * The life of a goods card.
 *
 * A card has two sides. The **published** side is what everybody sees and what codes are ordered for; the **draft** is
 * the copy that its owner edits. A first card is a draft only. Submitted, the draft waits **on_moderation** and nobody
 * edits it, so that what is approved is what was looked at. Approved, it takes the place of the published side and is
 * gone; **refused**, it keeps the reason and may be edited and submitted again. All that time the published side stays
 * as it was.
 *
 * The operator **blocks** a card and unblocks it: a blocked one is visible and may be edited, but no codes are ordered for
 * it. The owner **archives** a card for good: no codes, no edits, the draft is dropped; goods already marked are still
 * checked against it.
 *
 * A refused first card holds its GTIN no longer: another participant may register it (order 44-н/қ, p. 16).
 */
export const DRAFT_STATES = ['none', 'draft', 'on_moderation', 'refused'] as const;
export type DraftState = (typeof DRAFT_STATES)[number];

export const PUBLISHED_STATES = ['none', 'published', 'blocked', 'archived'] as const;
export type PublishedState = (typeof PUBLISHED_STATES)[number];

export type CardEvent = 'edited' | 'submitted' | 'approved' | 'refused' | 'blocked' | 'unblocked' | 'archived';

/** A card as far as its steps are concerned. */
export interface CardStates {
  readonly draft: DraftState;
  readonly published: PublishedState;
}

export interface CardStep {
  readonly by: 'owner' | 'operator';
  /** From each state of the draft that allows the step to the one after it. */
  readonly draft: Readonly<Partial<Record<DraftState, DraftState>>>;
  /** The same for the published side. */
  readonly published: Readonly<Partial<Record<PublishedState, PublishedState>>>;
}

const DRAFT_STAYS = { none: 'none', draft: 'draft', on_moderation: 'on_moderation', refused: 'refused' } as const;
const DRAFT_DROPPED = { none: 'none', draft: 'none', on_moderation: 'none', refused: 'none' } as const;
const UNLESS_ARCHIVED = { none: 'none', published: 'published', blocked: 'blocked' } as const;

/** The one table of allowed steps; code and docs/catalogue.md read it. */
export const CARD_STEPS: Readonly<Record<CardEvent, CardStep>> = {
  edited: {
    by: 'owner',
    draft: { none: 'draft', draft: 'draft', refused: 'draft' },
    published: UNLESS_ARCHIVED,
  },
  submitted: { by: 'owner', draft: { draft: 'on_moderation' }, published: UNLESS_ARCHIVED },
  approved: {
    by: 'operator',
    draft: { on_moderation: 'none' },
    published: { none: 'published', published: 'published', blocked: 'blocked' },
  },
  refused: { by: 'operator', draft: { on_moderation: 'refused' }, published: UNLESS_ARCHIVED },
  blocked: { by: 'operator', draft: DRAFT_STAYS, published: { published: 'blocked' } },
  unblocked: { by: 'operator', draft: DRAFT_STAYS, published: { blocked: 'published' } },
  archived: { by: 'owner', draft: DRAFT_DROPPED, published: { published: 'archived', blocked: 'archived' } },
};

/** The states after the event; undefined where it is not allowed. */
export function statesAfter(event: CardEvent, { draft, published }: CardStates): CardStates | undefined {
  const step = CARD_STEPS[event];
  const nextDraft = step.draft[draft];
  const nextPublished = step.published[published];
  return nextDraft === undefined || nextPublished === undefined
    ? undefined
    : { draft: nextDraft, published: nextPublished };
}
