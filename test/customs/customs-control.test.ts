import assert from 'node:assert/strict';
import { createProductionFacts } from '../../src/core/codes/production-facts.ts';
import { readCodes } from '../../src/core/lifecycle/code-rows.ts';
import { AUTHORITY, emitCodes, MANUFACTURER, push, RETAILER, receiptOf, ssccsFrom } from '../support/goods.ts';
import type { Paperwork } from '../support/paperwork.ts';
import { openPaperwork } from '../support/paperwork.ts';

const GROUND = { kind: 'customs', number: 'K-1', date: '2026-02-01' } as const;
const DECLARATION = { number: '50404/010226/0000001', date: '2026-02-01' } as const;
const AS_IMPORT = { introduce: true, introductionType: 'IMPORT', customsDeclaration: DECLARATION } as const;

describe('customs control', () => {
  let paperwork: Paperwork;
  const newSscc = ssccsFrom(60_000);

  before(async () => {
    paperwork = await openPaperwork();
  });
  after(() => paperwork.stop());

  async function applied(count: number): Promise<string[]> {
    const codes = await emitCodes(paperwork.db, count);
    await paperwork.done('utilisation', { codes, productionDate: '2026-01-10' });
    return codes;
  }

  async function packed(codes: readonly string[]): Promise<string> {
    const sscc = newSscc();
    await paperwork.done('aggregation', { sscc, codes });
    return `00${sscc}`;
  }

  const held = (codes: readonly string[]) => paperwork.done('customs_control', { ground: GROUND, codes }, AUTHORITY);
  const order = (codes: readonly string[], more: object = { introduce: false }) => ({ ground: GROUND, codes, ...more });
  const introduction = (codes: readonly string[]) => ({ codes, introductionType: 'PRODUCTION', date: '2026-01-11' });

  async function state(cis: string) {
    const { status, hold } = await paperwork.seen(cis);
    return `${status} ${hold}`;
  }

  async function eventsOf(cis: string): Promise<string[]> {
    const { rows } = await paperwork.db.query<{ event: string }>(
      'select event from code_history where cis = $1 order by ver',
      [cis],
    );
    return rows.map(({ event }) => event);
  }

  it('holds anybody’s goods that are on the way to their introduction', async () => {
    const [cis = ''] = await applied(1);
    await held([cis]);
    assert.equal(await state(cis), 'applied customs_control');
    for (const [kind, body] of [
      ['introduction', introduction([cis])],
      ['aggregation', { sscc: newSscc(), codes: [cis] }],
      ['write_off', { codes: [cis], reason: 'LOST' }],
    ] as const) {
      assert.deepEqual(await paperwork.refused(kind, body), ['documents.on_hold /body/codes/0']);
    }
  });

  it('of a package holds everything inside by its one row', async () => {
    const [cis = ''] = await applied(1);
    const box = await packed([cis]);
    await held([box]);
    assert.equal(await state(cis), 'applied customs_control');
    assert.deepEqual(await eventsOf(cis), ['applied', 'packed']);
    assert.deepEqual(await paperwork.refused('removal', { codes: [cis] }), ['documents.on_hold /body/codes/0']);
  });

  it('ends with its release, and the goods are introduced by their owner', async () => {
    const [cis = ''] = await applied(1);
    await held([cis]);
    await paperwork.done('customs_release', order([cis]), AUTHORITY);
    assert.equal(await state(cis), 'applied none');
    await paperwork.done('introduction', introduction([cis]));
  });

  it('ends with a release into circulation', async () => {
    const [cis = ''] = await applied(1);
    await held([cis]);
    await paperwork.done('customs_release', order([cis], AS_IMPORT), AUTHORITY);
    assert.equal(await state(cis), 'in_circulation none');
    assert.deepEqual(await eventsOf(cis), ['applied', 'customs_held', 'customs_released', 'introduced']);
    assert.equal((await paperwork.seen(cis)).owner, MANUFACTURER);
  });

  it('of a package ends with a release of everything in it into circulation', async () => {
    const codes = await applied(2);
    const pallet = await packed([await packed(codes)]);
    await held([pallet]);
    await paperwork.done('customs_release', order([pallet], AS_IMPORT), AUTHORITY);
    assert.equal(await state(pallet), 'in_circulation none');
    for (const cis of codes) {
      assert.equal(await state(cis), 'in_circulation none');
      assert.deepEqual(await eventsOf(cis), ['applied', 'packed', 'introduced']);
    }
  });

  it('leaves the customs declaration and the importer with the goods', async () => {
    const [named = '', unnamed = ''] = await applied(2);
    await held([named, unnamed]);
    await paperwork.done('customs_release', order([named], { ...AS_IMPORT, importer: RETAILER }), AUTHORITY);
    await paperwork.done('customs_release', order([unnamed], AS_IMPORT), AUTHORITY);
    const rows = await readCodes(paperwork.db, [named, unnamed]);
    const facts = await createProductionFacts(paperwork.db).of([...rows.values()]);
    assert.deepEqual(facts.get(named)?.customsDeclaration, DECLARATION);
    assert.equal(facts.get(named)?.introductionType, 'IMPORT');
    assert.equal(facts.get(named)?.introducedBy, RETAILER);
    assert.equal(facts.get(unnamed)?.introducedBy, null);
  });

  it('stands again when a block that came on top of it ends', async () => {
    const [cis = ''] = await applied(1);
    await held([cis]);
    const blockingId = await paperwork.done('blocking', { reason: 'COURT', ground: GROUND, codes: [cis] }, AUTHORITY);
    assert.deepEqual(await paperwork.refused('customs_release', order([cis]), AUTHORITY), [
      'documents.on_hold /body/codes/0',
    ]);
    await paperwork.done('release', { blockingId, ground: GROUND }, AUTHORITY);
    assert.equal(await state(cis), 'applied customs_control');
    await paperwork.done('customs_release', order([cis]), AUTHORITY);
  });

  it('does not end into circulation while something inside is blocked', async () => {
    const [blocked = '', free = ''] = await applied(2);
    const box = await packed([blocked, free]);
    await held([box]);
    await paperwork.done('blocking', { reason: 'SAFETY', ground: GROUND, codes: [blocked] }, AUTHORITY);
    assert.deepEqual(await paperwork.refused('customs_release', order([box], AS_IMPORT), AUTHORITY), [
      'documents.on_hold /body/codes/0',
    ]);
    assert.equal(await state(free), 'applied customs_control');
    await paperwork.done('customs_release', order([box]), AUTHORITY);
  });

  it('leaves goods where they are for a till', async () => {
    const [cis = ''] = await applied(1);
    await held([cis]);
    await push(paperwork.circulation, receiptOf([cis], { bin: MANUFACTURER }));
    assert.equal(await state(cis), 'applied customs_control');
  });

  it('is nobody’s but an authority’s to order', async () => {
    const codes = await applied(1);
    for (const [kind, body] of [
      ['customs_control', { ground: GROUND, codes }],
      ['customs_release', order(codes)],
    ] as const) {
      await assert.rejects(paperwork.done(kind, body), { code: 'documents.kind_not_yours' });
    }
  });

  describe('is not begun', () => {
    const refused = (codes: readonly string[]) =>
      paperwork.refused('customs_control', { ground: GROUND, codes }, AUTHORITY);

    it('before the code is on goods, or after the introduction', async () => {
      for (const status of ['emitted', 'in_circulation'] as const) {
        const codes = await emitCodes(paperwork.db, 1, { status });
        assert.deepEqual(await refused(codes), ['documents.wrong_status /body/codes/0']);
      }
    });

    it('inside a package', async () => {
      const [inside = '', alone = ''] = await applied(2);
      await packed([inside]);
      assert.deepEqual(await refused([alone, inside]), ['documents.inside_package /body/codes/1']);
      assert.equal(await state(alone), 'applied none');
    });

    it('twice', async () => {
      const codes = await applied(1);
      await held(codes);
      assert.deepEqual(await refused(codes), ['documents.on_hold /body/codes/0']);
    });
  });

  describe('is not ended', () => {
    const refused = (codes: readonly string[], more?: object) =>
      paperwork.refused('customs_release', order(codes, more), AUTHORITY);

    it('where it did not begin', async () => {
      assert.deepEqual(await refused(await applied(1)), ['documents.not_held /body/codes/0']);
      assert.deepEqual(await refused(await applied(1), AS_IMPORT), ['documents.not_held /body/codes/0']);
    });

    it('for a part of a package', async () => {
      const [cis = ''] = await applied(1);
      const box = await packed([cis]);
      await held([box]);
      for (const more of [{ introduce: false }, AS_IMPORT]) {
        assert.deepEqual(await refused([cis], more), ['documents.inside_package /body/codes/0']);
      }
      assert.equal(await state(box), 'applied customs_control');
    });

    it('into circulation without the type of introduction or the customs declaration', async () => {
      const codes = await applied(1);
      await held(codes);
      assert.deepEqual(await refused(codes, { introduce: true }), [
        'customs.introduction_type_missing /body/introductionType',
        'documents.customs_declaration_missing /body/customsDeclaration',
      ]);
    });

    it('for an importer with a wrong check digit', async () => {
      const codes = await applied(1);
      await held(codes);
      assert.deepEqual(await refused(codes, { ...AS_IMPORT, importer: '190240012345' }), [
        'participants.bin_invalid /body/importer',
      ]);
    });
  });
});
