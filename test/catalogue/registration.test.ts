import assert from 'node:assert/strict';
import type { ProductCard, REQUIRABLE_FIELDS } from '../../src/core/catalogue/card.ts';
import { withCheckDigit } from '../codes/code-samples.ts';
import { type CardDesk, OIL, OPERATOR, OTHER, OWNER, openCardDesk, refusalOf, WATER } from './card-desk.ts';

const BOX: ProductCard = { ...WATER, packageType: 'group' };

function boxOf(...gtins: string[]): ProductCard {
  return { ...BOX, content: gtins.map((gtin) => ({ gtin, count: 6 })) };
}

/** Without the named field. */
function lacking(card: ProductCard, field: (typeof REQUIRABLE_FIELDS)[number]): ProductCard {
  const { [field]: _, ...rest } = card;
  return rest;
}

describe('the registration of goods', () => {
  let desk: CardDesk;

  before(async () => {
    desk = await openCardDesk();
  });
  after(() => desk.close());

  const edit = (card: ProductCard, productGroup = 'water', gtin = desk.newGtin(), asker = OWNER) =>
    refusalOf(desk.cards.edit(asker, gtin, { productGroup, card }));

  const submit = async (card: ProductCard, productGroup = 'water', gtin?: string) =>
    refusalOf(desk.cards.take(OWNER, await desk.edited(card, productGroup, gtin), 'submitted'));

  describe('of a GTIN', () => {
    it('is refused when another participant has published it', async () => {
      const gtin = await desk.published();
      assert.deepEqual(await edit(WATER, 'water', gtin, OTHER), ['/gtin catalogue.gtin_taken']);
    });

    it('is refused when another participant has a draft of it', async () => {
      const gtin = await desk.edited();
      assert.deepEqual(await edit(WATER, 'water', gtin, OTHER), ['/gtin catalogue.gtin_taken']);
    });

    it('is open again when the other one’s first card was refused', async () => {
      const gtin = await desk.submitted();
      await desk.take(gtin, 'refused');
      assert.deepEqual(await edit(WATER, 'water', gtin, OTHER), []);
      assert.deepEqual(await edit(WATER, 'water', gtin, OWNER), ['/gtin catalogue.gtin_taken']);
    });

    it('is lost when the operator publishes it for another participant', async () => {
      const gtin = await desk.edited();
      await desk.catalogue.publish({ gtin, productGroup: 'water', ownerBin: OTHER.bin, card: WATER });
      assert.deepEqual(await refusalOf(desk.cards.take(OWNER, gtin, 'submitted')), ['/gtin catalogue.not_yours']);
      assert.equal((await desk.cards.get(OPERATOR, gtin)).draft, null);
    });

    it('is refused when it is malformed or its check digit is wrong', async () => {
      const gtin = desk.newGtin();
      assert.deepEqual(await edit(WATER, 'water', gtin.slice(1)), ['/gtin code.gtin_malformed']);
      const wrong = gtin.slice(0, 13) + ((Number(gtin[13]) + 1) % 10);
      assert.deepEqual(await edit(WATER, 'water', wrong), ['/gtin code.gtin_check_digit']);
    });

    it('is refused in another product group than it is published in', async () => {
      const gtin = await desk.published();
      assert.deepEqual(await edit(WATER, 'milk', gtin), ['/productGroup catalogue.gtin_of_other_group']);
    });

    it('may change its group while it is a draft', async () => {
      const gtin = await desk.edited();
      assert.deepEqual(await edit(WATER, 'milk', gtin), []);
    });

    it('is refused in an unknown product group', async () => {
      assert.deepEqual(await edit(WATER, 'rockets'), ['/productGroup orders.unknown_product_group']);
    });
  });

  describe('of motor oil', () => {
    it('takes a card with all that the group asks for', async () => {
      assert.deepEqual(await submit(OIL, 'autofluids'), []);
    });

    for (const field of [
      'brand',
      'hsCode',
      'packageType',
      'netQuantity',
      'shelfLifeMonths',
      'conformityDocument',
    ] as const) {
      it(`takes a draft without ${field}, and refuses to submit it`, async () => {
        assert.deepEqual(await submit(lacking(OIL, field), 'autofluids'), [
          `/card/${field} catalogue.attribute_missing`,
        ]);
      });
    }

    it('names everything that is missing at once', async () => {
      assert.equal((await submit(WATER, 'autofluids')).length, 8);
    });

    it('asks for each attribute', async () => {
      assert.deepEqual(await submit({ ...OIL, attributes: { function: 'engine' } }, 'autofluids'), [
        '/card/attributes/viscosityClass catalogue.attribute_missing',
      ]);
    });

    it('refuses an attribute of a wrong form', async () => {
      const attributes = { viscosityClass: 5, function: 'engine' };
      assert.deepEqual(await edit({ ...OIL, attributes }, 'autofluids'), [
        '/card/attributes/viscosityClass catalogue.attribute_invalid',
      ]);
    });

    it('refuses an attribute that the group does not know', async () => {
      assert.deepEqual(await edit({ ...OIL, attributes: { toString: 'x' } }, 'autofluids'), [
        '/card/attributes/toString catalogue.attribute_unknown',
      ]);
    });

    it('refuses a commodity code of other goods', async () => {
      assert.deepEqual(await edit({ ...OIL, hsCode: '3821000000' }, 'autofluids'), [
        '/card/hsCode catalogue.hs_code_not_of_group',
      ]);
    });
  });

  describe('of footwear', () => {
    const shoes = (technicalRegulation: string): ProductCard => ({
      ...WATER,
      hsCode: '6403990000',
      packageType: 'unit',
      conformityDocument: { kind: 'declaration', number: 'EAEU KZ 2', issuedOn: '2026-01-15' },
      attributes: { footwearKind: 'boots', technicalRegulation },
    });

    it('takes a conformity document under one of its technical regulations', async () => {
      assert.deepEqual(await submit(shoes('TR CU 017/2011'), 'shoes'), []);
    });

    it('refuses one under another', async () => {
      assert.deepEqual(await edit(shoes('TR CU 018/2011'), 'shoes'), [
        '/card/attributes/technicalRegulation catalogue.attribute_invalid',
      ]);
    });
  });

  describe('of a package', () => {
    it('takes one whose content is published', async () => {
      assert.deepEqual(await submit(boxOf(await desk.published(), await desk.published())), []);
    });

    it('needs a content', async () => {
      assert.deepEqual(await submit(BOX), ['/card/content catalogue.attribute_missing']);
    });

    it('is not that of a unit: a unit has no content', async () => {
      const content = [{ gtin: await desk.published(), count: 1 }];
      for (const card of [{ ...BOX, packageType: 'unit', content } as const, { ...WATER, content }]) {
        assert.deepEqual(await edit(card), ['/card/content catalogue.content_not_expected']);
      }
    });

    it('names each GTIN once', async () => {
      const gtin = await desk.published();
      assert.deepEqual(await edit(boxOf(gtin, gtin)), ['/card/content/1/gtin catalogue.content_repeated']);
    });

    it('waits until its content is published', async () => {
      const [published, submitted, absent] = [await desk.published(), await desk.submitted(), desk.newGtin()];
      assert.deepEqual(await submit(boxOf(published, submitted, absent)), [
        '/card/content/1/gtin catalogue.content_not_published',
        '/card/content/2/gtin catalogue.content_not_published',
      ]);
    });

    it('packs no goods that are blocked', async () => {
      const gtin = await desk.published();
      await desk.take(gtin, 'blocked');
      assert.deepEqual(await submit(boxOf(gtin)), ['/card/content/0/gtin catalogue.content_not_published']);
    });

    it('packs no goods of another owner', async () => {
      const gtin = await desk.published(WATER, 'water', undefined, OTHER);
      assert.deepEqual(await submit(boxOf(gtin)), ['/card/content/0/gtin catalogue.content_of_other_owner']);
    });

    it('does not contain itself', async () => {
      const gtin = desk.newGtin();
      assert.deepEqual(await submit(boxOf(gtin), 'water', gtin), ['/card/content/0/gtin catalogue.contains_itself']);
    });

    it('does not contain itself through another', async () => {
      const inner = await desk.published(boxOf(await desk.published()));
      const outer = await desk.published(boxOf(inner));
      assert.deepEqual(await submit(boxOf(outer), 'water', inner), ['/card/content catalogue.contains_itself']);
    });

    it('is asked again when it is approved: two submitted together do not lead into each other', async () => {
      const unit = await desk.published();
      const [one, two] = [await desk.published(boxOf(unit)), await desk.published(boxOf(unit))];
      await desk.submitted(boxOf(two), 'water', one);
      await desk.submitted(boxOf(one), 'water', two);
      const answers = await Promise.all([one, two].map((gtin) => refusalOf(desk.take(gtin, 'approved'))));
      assert.deepEqual(answers.flat(), ['/card/content catalogue.contains_itself']);
    });

    it('has at most five levels inside', async () => {
      let inner = await desk.published();
      for (let level = 1; level <= 5; level += 1) inner = await desk.published(boxOf(inner));
      assert.deepEqual(await submit(boxOf(inner)), ['/card/content catalogue.content_too_deep']);
    });
  });

  describe('of a technical GTIN', () => {
    const draw = (asker = OWNER, productGroup = 'lp') => desk.technicalGtins.issue(asker, productGroup);

    it('takes the one that was issued', async () => {
      assert.deepEqual(await edit(WATER, 'lp', await draw()), []);
    });

    it('is drawn in the range 290–299 with a right check digit', async () => {
      const gtin = await draw();
      assert.match(gtin, /^029[0-9]{11}$/);
      assert.equal(withCheckDigit(gtin.slice(0, 13)), gtin);
    });

    it('draws twenty different ones at once', async () => {
      const drawn = await Promise.all(Array.from({ length: 20 }, () => draw()));
      assert.equal(new Set(drawn).size, 20);
    });

    it('is refused where nobody issued it, or not to this participant, or for another group', async () => {
      const refused = ['/gtin catalogue.technical_gtin_not_issued'];
      assert.deepEqual(await edit(WATER, 'lp', withCheckDigit('0299999999999')), refused);
      assert.deepEqual(await edit(WATER, 'lp', await draw(OTHER)), refused);
      assert.deepEqual(await edit(WATER, 'shoes', await draw()), refused);
    });

    it('is refused outside its range: such a number may mean other goods elsewhere', async () => {
      for (const digits of ['0289999999999', '1290000000000']) {
        assert.deepEqual(await edit(WATER, 'lp', withCheckDigit(digits)), [
          '/gtin catalogue.technical_gtin_out_of_range',
        ]);
      }
      assert.deepEqual(await edit(WATER, 'lp', withCheckDigit('0300000000000')), []);
    });

    it('is not drawn in a group that does not allow it', async () => {
      assert.deepEqual(await refusalOf(draw(OWNER, 'tobacco')), ['/productGroup catalogue.technical_gtin_not_allowed']);
    });
  });

  describe('as it is read', () => {
    it('shows a draft to its owner and to the operator, who leaves a trace', async () => {
      const gtin = await desk.edited();
      assert.equal((await desk.cards.get(OWNER, gtin)).draft?.gtin, gtin);
      assert.equal((await desk.cards.get(OPERATOR, gtin)).draft?.gtin, gtin);
      assert.deepEqual(await refusalOf(desk.cards.get(OTHER, gtin)), ['/gtin catalogue.not_found']);
      const { rows } = await desk.db.query(`select bin from audit where action = 'cards.read' and subject = $1`, [
        gtin,
      ]);
      assert.deepEqual(rows, [{ bin: OPERATOR.bin }]);
    });

    it('shows the published side to everybody', async () => {
      const gtin = await desk.published();
      await desk.edited(BOX, 'water', gtin);
      const view = await desk.cards.get(OTHER, gtin);
      assert.deepEqual([view.published?.card, view.draft], [WATER, null]);
    });
  });
});
