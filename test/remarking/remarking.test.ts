import assert from 'node:assert/strict';
import { AUTHORITY, emitCodes, GTIN, MANUFACTURER, push, RETAILER, receiptOf, ssccsFrom } from '../support/goods.ts';
import type { Paperwork } from '../support/paperwork.ts';
import { openPaperwork } from '../support/paperwork.ts';

const OTHER_GTIN = '04870000000135';
const GROUND = { kind: 'prescription', number: '17-K', date: '2026-02-01' } as const;

describe('re-marking', () => {
  let paperwork: Paperwork;
  const newSscc = ssccsFrom(50_000);

  before(async () => {
    paperwork = await openPaperwork();
    await paperwork.db.query(
      `insert into product (gtin, product_group, owner_bin, card, published_at)
       select $1, product_group, owner_bin, card, published_at from product where gtin = $2`,
      [OTHER_GTIN, GTIN],
    );
  });
  after(() => paperwork.stop());

  const fresh = (count: number, owner = MANUFACTURER) => emitCodes(paperwork.db, count, { owner });

  async function introduced(count: number, owner = MANUFACTURER): Promise<string[]> {
    const codes = await fresh(count, owner);
    await paperwork.circulation.introduce(codes, owner);
    return codes;
  }

  async function writtenOff(count: number, owner = MANUFACTURER): Promise<string[]> {
    const codes = await introduced(count, owner);
    await paperwork.done('write_off', { codes, reason: 'SPOILED' }, owner);
    return codes;
  }

  const remarking = (replaces: readonly string[], codes: readonly string[], more: object = {}) => ({
    replaces,
    codes,
    reason: 'DAMAGED',
    date: '2026-03-01',
    ...more,
  });
  const withdrawal = (codes: readonly string[], reason = 'DEFECT') => ({ codes, reason, date: '2026-03-01' });

  it('puts the new code into circulation when the old one has been written off', async () => {
    const [old = ''] = await writtenOff(1);
    const [code = ''] = await fresh(1);
    await paperwork.done('remarking', remarking([old], [code]));
    const { status, owner, reason, hold } = await paperwork.seen(code);
    assert.deepEqual([status, owner, reason, hold], ['in_circulation', MANUFACTURER, null, 'none']);
    assert.equal((await paperwork.seen(old)).status, 'written_off');
  });

  it('takes the place of a code that was withdrawn', async () => {
    const [old = ''] = await introduced(1);
    await paperwork.done('withdrawal', withdrawal([old]));
    await paperwork.done('remarking', remarking([old], await fresh(1)));
  });

  it('pairs the codes by their place in the document', async () => {
    const old = await writtenOff(3);
    const codes = (await fresh(3)).reverse();
    await paperwork.done('remarking', remarking(old, codes));
    const { rows } = await paperwork.db.query('select cis, new_cis as new from code_remark where cis = any($1)', [old]);
    const expected = old.map((cis, index) => ({ cis, new: codes[index] }));
    assert.deepEqual(
      rows.sort((a, b) => String(a['cis']).localeCompare(String(b['cis']))),
      expected,
    );
  });

  it('takes along what was said of the goods', async () => {
    const [old = ''] = await fresh(1);
    const facts = { productionDate: '2026-01-10', expiryDate: '2027-01-10', batch: 'A-7' };
    await paperwork.done('utilisation', { codes: [old], ...facts });
    await paperwork.done('introduction', { codes: [old], introductionType: 'PRODUCTION', date: '2026-01-11' });
    await paperwork.done('write_off', { codes: [old], reason: 'SPOILED' });
    const [code = ''] = await fresh(1);
    await paperwork.done('remarking', remarking([old], [code]));
    const { productionDate, expiryDate, batch } = await paperwork.seen(code);
    assert.deepEqual({ productionDate, expiryDate, batch }, facts);
  });

  it('is a step of the new code’s history, by its document', async () => {
    const [code = ''] = await fresh(1);
    const documentId = await paperwork.done('remarking', remarking(await writtenOff(1), [code]));
    const { rows } = await paperwork.db.query(
      'select event, ver, status, actor, owner, document_id as "documentId" from code_history where cis = $1',
      [code],
    );
    assert.deepEqual(rows, [
      { event: 'remarked', ver: 1, status: 'in_circulation', actor: MANUFACTURER, owner: MANUFACTURER, documentId },
    ]);
  });

  it('is shown on both codes to their owner and to authorities', async () => {
    const [old = ''] = await writtenOff(1);
    const [code = ''] = await fresh(1);
    await paperwork.done('remarking', remarking([old], [code]));
    for (const bin of [MANUFACTURER, AUTHORITY]) {
      assert.equal((await paperwork.seen(old, bin)).replacedBy, code);
      assert.equal((await paperwork.seen(code, bin)).replaces, old);
    }
  });

  it('is shown to nobody else', async () => {
    const [old = ''] = await writtenOff(1);
    const [code = ''] = await fresh(1);
    await paperwork.done('remarking', remarking([old], [code]));
    assert.equal((await paperwork.seen(old, RETAILER)).replacedBy, undefined);
    assert.equal((await paperwork.seen(code, RETAILER)).replaces, undefined);
  });

  it('can be done again to the code that took the place', async () => {
    const [first = ''] = await writtenOff(1);
    const [second = ''] = await fresh(1);
    await paperwork.done('remarking', remarking([first], [second]));
    await paperwork.done('write_off', { codes: [second], reason: 'SPOILED' });
    const [third = ''] = await fresh(1);
    await paperwork.done('remarking', remarking([second], [third]));
    const { replaces, replacedBy } = await paperwork.seen(second);
    assert.deepEqual([replaces, replacedBy], [first, third]);
  });

  it('leaves the old code gone for a till that takes it back', async () => {
    const [old = ''] = await introduced(1);
    await paperwork.done('withdrawal', withdrawal([old]));
    await paperwork.done('remarking', remarking([old], await fresh(1)));
    await push(paperwork.circulation, receiptOf([old], { bin: MANUFACTURER, operation: 'sale_return' }));
    assert.equal((await paperwork.seen(old)).status, 'withdrawn');
  });

  describe('is refused', () => {
    it('when there are more old codes than new ones', async () => {
      const told = await paperwork.refused('remarking', remarking(await writtenOff(2), await fresh(1)));
      assert.deepEqual(told, ['remarking.counts_differ /body/replaces']);
    });

    it('when there are more new codes than old ones', async () => {
      const told = await paperwork.refused('remarking', remarking(await writtenOff(1), await fresh(2)));
      assert.deepEqual(told, ['remarking.counts_differ /body/replaces']);
    });

    it('with an old code twice', async () => {
      const [old = ''] = await writtenOff(1);
      const told = await paperwork.refused('remarking', remarking([old, old], await fresh(2)));
      assert.deepEqual(told, ['remarking.old_repeated /body/replaces/1']);
    });

    it('with a new code twice', async () => {
      const [code = ''] = await fresh(1);
      const told = await paperwork.refused('remarking', remarking(await writtenOff(2), [code, code]));
      assert.deepEqual(told, ['documents.code_repeated /body/codes/1']);
    });

    it('for an unknown old code and for another owner’s with the same words', async () => {
      const [foreign = ''] = await writtenOff(1, RETAILER);
      const told = await paperwork.refused('remarking', remarking([`01${GTIN}21unknown`, foreign], await fresh(2)));
      assert.deepEqual(told, ['remarking.old_not_yours /body/replaces/0', 'remarking.old_not_yours /body/replaces/1']);
    });

    it('for another owner’s old code that is in circulation, without telling so', async () => {
      const told = await paperwork.refused('remarking', remarking(await introduced(1, RETAILER), await fresh(1)));
      assert.deepEqual(told, ['remarking.old_not_yours /body/replaces/0']);
    });

    it('while the old code is in circulation', async () => {
      const told = await paperwork.refused('remarking', remarking(await introduced(1), await fresh(1)));
      assert.deepEqual(told, ['remarking.old_still_in_circulation /body/replaces/0']);
    });

    it('for goods sold at a till: they may come back under the old code', async () => {
      const [old = ''] = await introduced(1);
      await push(paperwork.circulation, receiptOf([old], { bin: MANUFACTURER }));
      const told = await paperwork.refused('remarking', remarking([old], await fresh(1)));
      assert.deepEqual(told, ['remarking.old_still_in_circulation /body/replaces/0']);
    });

    it('for an old code inside a package, even when the package has left circulation', async () => {
      const [old = ''] = await introduced(1);
      const sscc = newSscc();
      await paperwork.done('aggregation', { sscc, codes: [old] });
      await paperwork.done('withdrawal', withdrawal([`00${sscc}`]));
      const told = await paperwork.refused('remarking', remarking([old], await fresh(1)));
      assert.deepEqual(told, ['remarking.old_still_in_circulation /body/replaces/0']);
    });

    it('for an old code that was never introduced', async () => {
      const [old = ''] = await fresh(1);
      await paperwork.done('write_off', { codes: [old], reason: 'SPOILED' });
      const told = await paperwork.refused('remarking', remarking([old], await fresh(1)));
      assert.deepEqual(told, ['remarking.old_never_in_circulation /body/replaces/0']);
    });

    it('for an old code that was re-marked already', async () => {
      const old = await writtenOff(1);
      await paperwork.done('remarking', remarking(old, await fresh(1)));
      const told = await paperwork.refused('remarking', remarking(old, await fresh(1)));
      assert.deepEqual(told, ['remarking.old_remarked_already /body/replaces/0']);
    });

    it('with a new code of another GTIN', async () => {
      const other = await emitCodes(paperwork.db, 1, { gtin: OTHER_GTIN });
      const told = await paperwork.refused('remarking', remarking(await writtenOff(1), other));
      assert.deepEqual(told, ['remarking.other_gtin /body/replaces/0']);
    });

    it('while the old code is blocked', async () => {
      const old = await introduced(1);
      await paperwork.done('blocking', { reason: 'SAFETY', ground: GROUND, codes: old }, AUTHORITY);
      const told = await paperwork.refused('remarking', remarking(old, await fresh(1)));
      assert.deepEqual(told, ['documents.on_hold /body/replaces/0']);
    });

    it('with a new code that is on goods already', async () => {
      const [old = ''] = await writtenOff(1);
      const told = await paperwork.refused('remarking', remarking([old], await introduced(1)));
      assert.deepEqual(told, ['documents.wrong_status /body/codes/0']);
    });

    it('with a new code of another participant', async () => {
      const told = await paperwork.refused('remarking', remarking(await writtenOff(1), await fresh(1, RETAILER)));
      assert.deepEqual(told, ['documents.not_owner /body/codes/0']);
    });

    it('for another reason without a comment, but not with one', async () => {
      const [old, codes] = [await writtenOff(1), await fresh(1)];
      const told = await paperwork.refused('remarking', remarking(old, codes, { reason: 'OTHER' }));
      assert.deepEqual(told, ['documents.comment_missing /body/comment']);
      await paperwork.done('remarking', remarking(old, codes, { reason: 'OTHER', comment: 'Old printer.' }));
    });

    it('with what is wrong about old and new codes in one answer, and nothing made up about pairs', async () => {
      const body = remarking(await introduced(2), [...(await introduced(1)), 'no code']);
      assert.deepEqual(await paperwork.refused('remarking', body), [
        'remarking.old_still_in_circulation /body/replaces/0',
        'documents.wrong_status /body/codes/0',
        'code.malformed /body/codes/1',
        'remarking.old_still_in_circulation /body/replaces/1',
      ]);
    });

    it('without any trace', async () => {
      const [old = ''] = await writtenOff(1);
      const [code = '', foreign = ''] = [...(await fresh(1)), ...(await fresh(1, RETAILER))];
      await paperwork.refused('remarking', remarking([old, ...(await writtenOff(1))], [code, foreign]));
      assert.equal((await paperwork.seen(code)).status, 'emitted');
      assert.equal((await paperwork.seen(old)).replacedBy, undefined);
    });
  });

  describe('makes a return of the old code', () => {
    async function replaced(): Promise<string> {
      const [old = ''] = await introduced(1);
      await paperwork.done('withdrawal', withdrawal([old]));
      await paperwork.done('remarking', remarking([old], await fresh(1)));
      return old;
    }

    it('impossible', async () => {
      const told = await paperwork.refused('return', { codes: [await replaced()] });
      assert.deepEqual(told, ['remarking.old_remarked_already /body/codes/0']);
    });

    it('impossible, and that of another code in the same document too', async () => {
      const [other = ''] = await introduced(1);
      await paperwork.done('withdrawal', withdrawal([other]));
      const told = await paperwork.refused('return', { codes: [other, await replaced()] });
      assert.deepEqual(told, ['remarking.old_remarked_already /body/codes/1']);
      await paperwork.done('return', { codes: [other] });
    });

    it('tell others nothing but that it is not theirs', async () => {
      const told = await paperwork.refused('return', { codes: [await replaced()] }, RETAILER);
      assert.deepEqual(told, ['documents.not_owner /body/codes/0']);
    });
  });
});
