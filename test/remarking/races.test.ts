import assert from 'node:assert/strict';
import type { StagedChange } from '../../src/core/lifecycle/change-staged.ts';
import type { LineProblem } from '../../src/core/lifecycle/line-problem.ts';
import { createStaging, loadStaging } from '../../src/core/lifecycle/staging.ts';
import { remark, returnGoods } from '../../src/core/remarking/remark.ts';
import type { Transaction } from '../../src/store/database.ts';
import { newId } from '../../src/store/ids.ts';
import { emitCodes, MANUFACTURER, statusesOf } from '../support/goods.ts';
import type { Paperwork } from '../support/paperwork.ts';
import { openPaperwork } from '../support/paperwork.ts';

const ROUNDS = Array.from({ length: 5 }, (_, round) => round);
const CODES = 40;

/** Documents of one sender wait for each other; here their effects meet as those of two senders would. */
describe('re-marking at the same time', () => {
  let paperwork: Paperwork;

  before(async () => {
    paperwork = await openPaperwork();
  });
  after(() => paperwork.stop());

  const fresh = () => emitCodes(paperwork.db, CODES);

  async function withdrawn(): Promise<string[]> {
    const codes = await fresh();
    await paperwork.circulation.introduce(codes);
    await paperwork.done('withdrawal', { codes, reason: 'DEFECT', date: '2026-03-01' });
    return codes;
  }

  async function effect(
    codes: readonly string[],
    work: (tx: Transaction, change: Omit<StagedChange, 'event' | 'reason'>) => Promise<LineProblem[]>,
  ): Promise<LineProblem[]> {
    const now = paperwork.clock.now();
    return paperwork.db.transaction(async (tx) => {
      await createStaging(tx);
      const expected = await loadStaging(
        tx,
        codes.map((cis, line) => ({ line, cis })),
      );
      return work(tx, {
        actor: MANUFACTURER,
        owner: MANUFACTURER,
        ownerAfter: MANUFACTURER,
        counterparty: null,
        documentId: newId(now),
        occurredAt: now,
        recordedAt: now,
        expected,
        problemsMax: 100,
        dryRun: false,
      });
    });
  }

  const remarked = (replaces: readonly string[], codes: readonly string[]) =>
    effect(codes, (tx, change) => remark(tx, { replaces, complete: true }, change));
  const returned = (codes: readonly string[]) =>
    effect(codes, (tx, change) => returnGoods(tx, { ...change, event: 'returned', reason: null }));

  const codesOf = (problems: readonly LineProblem[]) => [...new Set(problems.map(({ code }) => code))];

  it('as another of the same old codes, named in the opposite order: one is done, the other refused', async () => {
    for (const _ of ROUNDS) {
      const old = await withdrawn();
      const [first, second] = [await fresh(), await fresh()];
      const told = await Promise.all([remarked(old, first), remarked([...old].reverse(), second)]);
      const lost = told.filter((problems) => problems.length > 0);
      assert.deepEqual(lost.map(codesOf), [['remarking.old_remarked_already']]);
      const statuses = [...(await statusesOf(paperwork.db, first)), ...(await statusesOf(paperwork.db, second))];
      assert.equal(statuses.filter((status) => status === 'in_circulation').length, CODES);
    }
  });

  it('as another with the same new codes: one is done, the other refused', async () => {
    for (const _ of ROUNDS) {
      const codes = await fresh();
      const [one, other] = [await withdrawn(), await withdrawn()];
      const told = await Promise.all([remarked(one, codes), remarked(other, [...codes].reverse())]);
      const lost = told.filter((problems) => problems.length > 0);
      assert.deepEqual(lost.map(codesOf), [['documents.wrong_status']]);
    }
  });

  it('as a return of the old codes: the goods are in circulation once', async () => {
    for (const _ of ROUNDS) {
      const old = await withdrawn();
      const codes = await fresh();
      const [byRemarking, byReturn] = await Promise.all([remarked(old, codes), returned([...old].reverse())]);
      const lost = codesOf([...byRemarking, ...byReturn]);
      assert.deepEqual(lost, [
        byReturn.length > 0 ? 'remarking.old_remarked_already' : 'remarking.old_still_in_circulation',
      ]);
      const statuses = await statusesOf(paperwork.db, [...old, ...codes]);
      assert.equal(statuses.filter((status) => status === 'in_circulation').length, CODES);
    }
  });

  it('as documents of one sender: the later one is told', async () => {
    const old = await withdrawn();
    const body = { replaces: old, reason: 'LOST', date: '2026-03-01' };
    const both = await Promise.all(
      [await fresh(), await fresh()].map((codes) => paperwork.circulation.submit('remarking', { ...body, codes })),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), ['accepted', 'rejected']);
  });
});
