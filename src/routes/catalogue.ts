import Type from 'typebox';
import { may } from '../access/permissions.ts';
import { PRODUCT_CARD, textOf } from '../core/catalogue/card.ts';
import { CARD_STEPS, type CardEvent, DRAFT_STATES, PUBLISHED_STATES } from '../core/catalogue/card-states.ts';
import type { CardView } from '../core/catalogue/card-store.ts';
import type { CardAsker, Cards } from '../core/catalogue/cards.ts';
import type { TechnicalGtins } from '../core/catalogue/technical-gtins.ts';
import type { Trust } from '../core/catalogue/trust.ts';
import { type AnyRoute, type HeaderSpec, type RouteReply, type RouteRequest, route } from './route.ts';
import { trustRoutes } from './trust.ts';

export interface CatalogueRoutesDeps {
  readonly cards: Cards;
  readonly technicalGtins: TechnicalGtins;
  readonly trust: Trust;
}

const BASE = '/api/v1/catalogue';
const PAGE_DEFAULT = 100;
const PAGE_MAX = 500;
/** A bound against abuse only; what a GTIN is the core says. */
const TEXT_MAX = 255;
const REASON_MAX = 1_000;

const closed = { additionalProperties: false };
const Time = Type.String({ format: 'date-time' });
const Maybe = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()]);
const Group = Type.String({ pattern: '^[a-z]{1,20}$', description: 'For example shoes.' });
const Status = Type.Enum([...DRAFT_STATES, ...PUBLISHED_STATES].flatMap((state) => (state === 'none' ? [] : [state])));

const Side = {
  productGroup: Type.String(),
  ownerBin: Type.String(),
  status: Type.String(),
  version: Type.Integer(),
  card: PRODUCT_CARD,
};

const CardAnswer = Type.Object({
  gtin: Type.String(),
  published: Type.Union([Type.Object({ ...Side, publishedAt: Time }), Type.Null()], {
    description: 'published, blocked or archived; null: never published.',
  }),
  draft: Type.Union(
    [
      Type.Object({
        ...Side,
        reason: Maybe(Type.String({ description: 'Of a refusal.' })),
        createdAt: Time,
        changedAt: Time,
        submittedAt: Maybe(Time),
        answerDueAt: Maybe(Time),
        decidedAt: Maybe(Time),
      }),
      Type.Null(),
    ],
    { description: 'draft, on_moderation or refused; for its owner and the operator.' },
  ),
});

const Params = Type.Object({ gtin: Type.String({ maxLength: TEXT_MAX }) });
const ReasonBody = Type.Object({ reason: textOf(REASON_MAX) }, closed);

const IF_MATCH: HeaderSpec = {
  name: 'If-Match',
  description: 'The version that was read (the ETag); another one by now is answered with 409.',
  schema: Type.String({ pattern: '^"?[0-9]{1,9}"?$' }),
};

const common = { tag: 'catalogue' } as const;

/** What is done with a card that the draft's content does not come with. */
const STEPS: readonly {
  readonly event: Exclude<CardEvent, 'edited'>;
  readonly verb: string;
  readonly summary: string;
  readonly needsReason?: true;
}[] = [
  { event: 'submitted', verb: 'submit', summary: 'Hand the draft to the operator, who answers within 3 working days' },
  { event: 'archived', verb: 'archive', summary: 'Put a card away for good: no codes, no edits; the draft is dropped' },
  { event: 'approved', verb: 'approve', summary: 'Put the draft in the place of the published card' },
  { event: 'refused', verb: 'refuse', summary: 'Give the draft back to its owner', needsReason: true },
  { event: 'blocked', verb: 'block', summary: 'No new codes for a published card', needsReason: true },
  { event: 'unblocked', verb: 'unblock', summary: 'Codes again for a blocked card' },
];

export function catalogueRoutes(deps: CatalogueRoutesDeps): AnyRoute[] {
  return [
    listRoute(deps),
    getRoute(deps),
    editRoute(deps),
    ...STEPS.map((step) => stepRoute(deps, step)),
    technicalGtinRoute(deps),
    ...trustRoutes(deps.trust, `${BASE}/cards/:gtin/trusted`),
  ];
}

function listRoute({ cards }: CatalogueRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/cards`,
    operationId: 'listCards',
    summary: 'Own goods cards, in the order of GTINs',
    description: 'The operator sees those of all participants, and that is written down.',
    access: 'goods',
    query: Type.Object({
      productGroup: Type.Optional(Group),
      status: Type.Optional(Status),
      after: Type.Optional(Type.String({ pattern: '^[0-9]{14}$', description: '`next` of the page before.' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
    }),
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({ cards: Type.Array(CardAnswer), next: Maybe(Type.String()) }),
      },
    },
    handle: async (request) => {
      const { productGroup = null, status = null, after = null, limit = PAGE_DEFAULT } = request.query;
      const found = await cards.page(askerOf(request), { productGroup, status, after, limit });
      const next = found.length === limit ? (found.at(-1)?.gtin ?? null) : null;
      return { status: 200, body: { cards: found.map(answerOf), next } };
    },
  });
}

function getRoute({ cards }: CatalogueRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/cards/:gtin`,
    operationId: 'getCard',
    summary: 'A goods card: what is published, and one’s own draft',
    access: 'goods',
    params: Params,
    responses: { 200: { description: 'The card', schema: CardAnswer } },
    handle: async (request) => cardReply(await cards.get(askerOf(request), request.params.gtin)),
  });
}

function editRoute({ cards }: CatalogueRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'put',
    path: `${BASE}/cards/:gtin`,
    operationId: 'editCard',
    summary: 'Register goods, or edit a card: makes or changes its draft',
    description:
      'A draft may lack what the product group asks for, but holds nothing wrong. The published card stays as it is ' +
      'until the operator has approved the draft.',
    access: 'catalogue',
    params: Params,
    body: Type.Object({ productGroup: Group, card: PRODUCT_CARD }, closed),
    headers: [IF_MATCH],
    responses: {
      200: { description: 'The card with its draft', schema: CardAnswer },
      409: { description: 'The GTIN is taken, on moderation, or changed meanwhile', contentType: PROBLEM },
    },
    handle: async (request) => {
      const { gtin } = request.params;
      return cardReply(await cards.edit(askerOf(request), gtin, request.body, seenIn(request)));
    },
  });
}

function stepRoute({ cards }: CatalogueRoutesDeps, { event, verb, summary, needsReason }: (typeof STEPS)[number]) {
  const spec = {
    ...common,
    method: 'post',
    path: `${BASE}/cards/:gtin/${verb}`,
    operationId: `${verb}Card`,
    summary,
    access: CARD_STEPS[event].by === 'owner' ? 'catalogue' : 'moderation',
    params: Params,
    headers: [IF_MATCH],
    responses: {
      200: { description: 'The card after it', schema: CardAnswer },
      409: { description: 'Not possible in this state, or changed meanwhile', contentType: PROBLEM },
    },
  } as const;
  if (needsReason !== true) {
    return route({
      ...spec,
      handle: async (request) => {
        const seen = seenIn(request);
        return cardReply(await cards.take(askerOf(request), request.params.gtin, event, { seen }));
      },
    });
  }
  return route({
    ...spec,
    body: ReasonBody,
    handle: async (request) => {
      const options = { seen: seenIn(request), reason: request.body.reason };
      return cardReply(await cards.take(askerOf(request), request.params.gtin, event, options));
    },
  });
}

function technicalGtinRoute({ technicalGtins }: CatalogueRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: `${BASE}/technical-gtins`,
    operationId: 'issueTechnicalGtin',
    summary: 'Draw a GTIN for goods that have none of GS1',
    description: 'In the range 290–299, where the product group allows it. Drawn once, for this participant and group.',
    access: 'catalogue',
    body: Type.Object({ productGroup: Group }, closed),
    responses: { 201: { description: 'The GTIN', schema: Type.Object({ gtin: Type.String() }) } },
    handle: async ({ principal, ip, body }) => {
      const gtin = await technicalGtins.issue({ bin: principal.bin, ip }, body.productGroup);
      return { status: 201, headers: { Location: `${BASE}/cards/${gtin}` }, body: { gtin } };
    },
  });
}

const PROBLEM = 'application/problem+json';

function askerOf({ principal, ip }: RouteRequest<unknown, unknown, unknown>): CardAsker {
  return { bin: principal.bin, ip, moderates: may(principal, 'moderation') };
}

function seenIn({ headers }: RouteRequest<unknown, unknown, unknown>): number | undefined {
  const match = headers['if-match'];
  return match === undefined ? undefined : Number(match.replaceAll('"', ''));
}

function cardReply(view: CardView): RouteReply {
  const version = Math.max(view.draft?.version ?? 0, view.published?.version ?? 0);
  return { status: 200, headers: { ETag: `"${version}"` }, body: answerOf(view) };
}

function answerOf({ gtin, published, draft }: CardView): object {
  return {
    gtin,
    published: published === null ? null : { ...sideOf(published), publishedAt: published.publishedAt.toISOString() },
    draft:
      draft === null
        ? null
        : {
            ...sideOf(draft),
            reason: draft.reason,
            createdAt: draft.createdAt.toISOString(),
            changedAt: draft.changedAt.toISOString(),
            submittedAt: draft.submittedAt?.toISOString() ?? null,
            answerDueAt: draft.answerDueAt?.toISOString() ?? null,
            decidedAt: draft.decidedAt?.toISOString() ?? null,
          },
  };
}

function sideOf({ productGroup, ownerBin, status, version, card }: NonNullable<CardView['published' | 'draft']>) {
  return { productGroup, ownerBin, status, version, card };
}
