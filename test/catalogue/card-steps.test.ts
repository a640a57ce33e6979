import assert from 'node:assert/strict';
import {
  CARD_STEPS,
  type CardEvent,
  type CardStates,
  DRAFT_STATES,
  PUBLISHED_STATES,
  statesAfter,
} from '../../src/core/catalogue/card-states.ts';
import { type CardDesk, OPERATOR, OTHER, OWNER, openCardDesk, refusalOf, statesOf, WATER } from './card-desk.ts';

const BETTER = { ...WATER, country: 'KG' };

/** The pairs of states that exist, each with the way that leads there. */
const WAYS: readonly (readonly [CardStates, readonly CardEvent[]])[] = [
  [{ draft: 'draft', published: 'none' }, ['edited']],
  [{ draft: 'on_moderation', published: 'none' }, ['edited', 'submitted']],
  [{ draft: 'refused', published: 'none' }, ['edited', 'submitted', 'refused']],
  [{ draft: 'none', published: 'published' }, ['edited', 'submitted', 'approved']],
  [{ draft: 'draft', published: 'published' }, ['edited', 'submitted', 'approved', 'edited']],
  [{ draft: 'on_moderation', published: 'published' }, ['edited', 'submitted', 'approved', 'edited', 'submitted']],
  [{ draft: 'refused', published: 'published' }, ['edited', 'submitted', 'approved', 'edited', 'submitted', 'refused']],
  [{ draft: 'none', published: 'blocked' }, ['edited', 'submitted', 'approved', 'blocked']],
  [{ draft: 'draft', published: 'blocked' }, ['edited', 'submitted', 'approved', 'blocked', 'edited']],
  [
    { draft: 'on_moderation', published: 'blocked' },
    ['edited', 'submitted', 'approved', 'blocked', 'edited', 'submitted'],
  ],
  [
    { draft: 'refused', published: 'blocked' },
    ['edited', 'submitted', 'approved', 'blocked', 'edited', 'submitted', 'refused'],
  ],
  [{ draft: 'none', published: 'archived' }, ['edited', 'submitted', 'approved', 'archived']],
];
const EVENTS: readonly CardEvent[] = ['edited', 'submitted', 'approved', 'refused', 'blocked', 'unblocked', 'archived'];

describe('the steps of a goods card', () => {
  let desk: CardDesk;

  before(async () => {
    desk = await openCardDesk();
  });
  after(() => desk.close());

  const take = (gtin: string, event: CardEvent) =>
    event === 'edited' ? desk.cards.edit(OWNER, gtin, { productGroup: 'water', card: BETTER }) : desk.take(gtin, event);

  async function cardWith(way: readonly CardEvent[]): Promise<string> {
    const gtin = desk.newGtin();
    for (const event of way) await take(gtin, event);
    return gtin;
  }

  it('are named in the table, each of them', () => {
    assert.deepEqual(Object.keys(CARD_STEPS).sort(), [...EVENTS].sort());
  });

  it('lead to no other pairs of states than these', () => {
    const known = new Set(WAYS.map(([states]) => JSON.stringify(states)));
    const reached = WAYS.flatMap(([states]) => EVENTS.map((event) => statesAfter(event, states)));
    assert.deepEqual(
      reached.filter((states) => states !== undefined && !known.has(JSON.stringify(states))),
      [],
    );
    assert.ok(known.size < DRAFT_STATES.length * PUBLISHED_STATES.length);
  });

  for (const [states, way] of WAYS) {
    for (const event of EVENTS) {
      const next = statesAfter(event, states);
      const from = `draft ${states.draft}, published side ${states.published}`;
      if (next === undefined) {
        it(`refuse ${event} from ${from}`, async () => {
          const gtin = await cardWith(way);
          assert.deepEqual(await refusalOf(take(gtin, event)), ['catalogue.step_not_allowed']);
          assert.deepEqual(statesOf(await desk.cards.get(OPERATOR, gtin)), states);
        });
      } else {
        it(`let ${event} lead from ${from} to draft ${next.draft}, published side ${next.published}`, async () => {
          assert.deepEqual(statesOf(await take(await cardWith(way), event)), next);
        });
      }
    }
  }

  it('leave the published side as it is while the draft is edited, moderated and refused', async () => {
    const gtin = await desk.published();
    const before = (await desk.cards.get(OWNER, gtin)).published;
    for (const event of ['edited', 'submitted', 'refused'] as const) {
      assert.deepEqual((await take(gtin, event)).published, before);
    }
    assert.deepEqual((await desk.catalogue.find([gtin])).get(gtin)?.card, WATER);
  });

  it('bring the approved draft to those who check goods, at once where it was approved', async () => {
    const gtin = await desk.published();
    await desk.catalogue.find([gtin]);
    await desk.submitted(BETTER, 'water', gtin);
    await desk.take(gtin, 'approved');
    assert.deepEqual((await desk.catalogue.find([gtin])).get(gtin)?.card, BETTER);
  });

  it('leave blocked and archived goods readable', async () => {
    for (const event of ['blocked', 'archived'] as const) {
      const gtin = await desk.published();
      await desk.take(gtin, event);
      assert.equal((await desk.catalogue.find([gtin])).get(gtin)?.ownerBin, OWNER.bin);
    }
  });

  it('promise an answer by the end of the third working day', async () => {
    for (const [submittedAt, dueAt] of [
      ['2026-11-24T09:00:00Z', '2026-11-27T18:59:59.999Z'],
      // Thursday evening in Kazakhstan is Thursday afternoon in Greenwich; the weekend does not count.
      ['2026-11-26T18:59:59Z', '2026-12-01T18:59:59.999Z'],
      ['2026-11-28T09:00:00Z', '2026-12-02T18:59:59.999Z'],
    ] as const) {
      desk.clock.set(submittedAt);
      const { draft } = await desk.cards.get(OWNER, await desk.submitted());
      assert.equal(draft?.answerDueAt?.toISOString(), dueAt);
    }
  });

  it('keep the reason of a refusal until the draft is edited', async () => {
    const gtin = await cardWith(['edited', 'submitted', 'refused']);
    assert.equal((await desk.cards.get(OWNER, gtin)).draft?.reason, 'blurred');
    assert.equal((await take(gtin, 'edited')).draft?.reason, null);
  });

  it('are kept as history, with the cards that they brought', async () => {
    const gtin = await cardWith(['edited', 'submitted', 'refused', 'edited', 'submitted', 'approved', 'blocked']);
    const { rows } = await desk.db.query(
      `select event, actor, version, reason, card ->> 'country' as country from product_event
        where gtin = $1 order by event_id`,
      [gtin],
    );
    assert.deepEqual(
      rows.map((row) => Object.values(row)),
      [
        ['edited', OWNER.bin, 1, null, 'KG'],
        ['submitted', OWNER.bin, 1, null, null],
        ['refused', OPERATOR.bin, 1, 'blurred', null],
        ['edited', OWNER.bin, 2, null, 'KG'],
        ['submitted', OWNER.bin, 2, null, null],
        ['approved', OPERATOR.bin, 2, null, 'KG'],
        ['blocked', OPERATOR.bin, 2, null, null],
      ],
    );
  });

  it('stand in the audit log with who took them', async () => {
    const gtin = await cardWith(['edited', 'submitted', 'approved']);
    const { rows } = await desk.db.query('select bin, action from audit where subject = $1 order by audit_id', [gtin]);
    assert.deepEqual(rows, [
      { bin: OWNER.bin, action: 'card.edited' },
      { bin: OWNER.bin, action: 'card.submitted' },
      { bin: OPERATOR.bin, action: 'card.approved' },
    ]);
  });

  it('are refused to whoever has seen an older version', async () => {
    const gtin = await desk.edited();
    await desk.cards.edit(OWNER, gtin, { productGroup: 'water', card: BETTER }, 1);
    const stale = desk.cards.edit(OWNER, gtin, { productGroup: 'water', card: WATER }, 1);
    assert.deepEqual(await refusalOf(stale), ['catalogue.version_conflict']);
    assert.deepEqual(await refusalOf(desk.cards.take(OWNER, gtin, 'submitted', { seen: 1 })), [
      'catalogue.version_conflict',
    ]);
    assert.equal((await desk.cards.take(OWNER, gtin, 'submitted', { seen: 2 })).draft?.status, 'on_moderation');
  });

  it('are the owner’s alone where they are the owner’s', async () => {
    const gtin = await desk.published();
    assert.deepEqual(await refusalOf(desk.cards.take(OTHER, gtin, 'archived')), ['/gtin catalogue.not_yours']);
    const draft = await desk.edited();
    assert.deepEqual(await refusalOf(desk.cards.take(OTHER, draft, 'submitted')), ['/gtin catalogue.not_found']);
  });

  it('are not taken on a card that is not there', async () => {
    assert.deepEqual(await refusalOf(desk.take(desk.newGtin(), 'approved')), ['/gtin catalogue.not_found']);
  });

  it('approve once, however many approve at the same time', async () => {
    const gtin = await desk.submitted();
    const answers = await Promise.all([1, 2, 3, 4].map(() => refusalOf(desk.take(gtin, 'approved'))));
    assert.deepEqual(answers.flat(), Array(3).fill('catalogue.step_not_allowed'));
    const { rowCount } = await desk.db.query(`select from product_event where gtin = $1 and event = 'approved'`, [
      gtin,
    ]);
    assert.equal(rowCount, 1);
  });

  it('give a new GTIN to one of those who register it at the same time', async () => {
    const gtin = desk.newGtin();
    const answers = await Promise.all(
      [OWNER, OTHER].map((asker) => refusalOf(desk.cards.edit(asker, gtin, { productGroup: 'water', card: WATER }))),
    );
    assert.deepEqual(answers.flat(), ['/gtin catalogue.gtin_taken']);
  });
});
