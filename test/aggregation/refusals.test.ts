import assert from 'node:assert/strict';
import { emitCodes, MANUFACTURER, push, RETAILER, receiptOf, sscc } from '../support/goods.ts';
import type { RefusalDesk } from '../support/refusals.ts';
import { openRefusalDesk } from '../support/refusals.ts';

const CODES_MAX = 50;

describe('a document that is refused by its packages', () => {
  let desk: RefusalDesk;

  before(async () => {
    desk = await openRefusalDesk(CODES_MAX);
  });
  after(() => desk.close());

  it('for an SSCC that was used before', async () => {
    const box = await desk.packed(await desk.introduced(1));
    const told = await desk.refusal('aggregation', { sscc: box, codes: await desk.introduced(1) });
    assert.deepEqual(told, [{ code: 'aggregation.sscc_used', path: '/body/sscc', cis: `00${box}` }]);
  });

  it('for an SSCC whose package was broken up', async () => {
    const box = await desk.packed(await desk.introduced(1));
    await desk.circulation.submit('disaggregation', { sscc: box });
    const told = await desk.refusal('aggregation', { sscc: box, codes: await desk.introduced(1) });
    assert.deepEqual(told, [{ code: 'aggregation.sscc_used', path: '/body/sscc', cis: `00${box}` }]);
  });

  it('for packing a package into itself', async () => {
    const box = desk.newSscc();
    const told = await desk.refusal('aggregation', { sscc: box, codes: [`00${box}`] });
    assert.deepEqual(told, [{ code: 'aggregation.into_itself', path: '/body/codes/0', cis: `00${box}` }]);
  });

  it('for packing an existing package into itself', async () => {
    const box = await desk.packed(await desk.introduced(1));
    const told = await desk.refusal('aggregation', { sscc: box, codes: [`00${box}`] });
    assert.deepEqual(told, [{ code: 'aggregation.sscc_used', path: '/body/sscc', cis: `00${box}` }]);
  });

  it('for a unit that is in another package', async () => {
    const [cis = ''] = await desk.introduced(1);
    await desk.packed([cis]);
    const told = await desk.refusal('aggregation', { sscc: desk.newSscc(), codes: [cis] });
    assert.deepEqual(told, [{ code: 'aggregation.already_packed', path: '/body/codes/0', cis }]);
  });

  it('for packing another participant’s unit, packed or on hold, saying nothing more about it', async () => {
    const foreign = await emitCodes(desk.store.db, 3, { owner: RETAILER, status: 'in_circulation' });
    const [loose = '', inBox = '', held = ''] = foreign;
    await desk.packed([inBox], RETAILER);
    await desk.store.db.query(`update code set hold = 'blocked' where cis = $1`, [held]);
    const told = await desk.refusal('aggregation', { sscc: desk.newSscc(), codes: [loose, inBox, held] });
    assert.deepEqual(
      told,
      [loose, inBox, held].map((cis, index) => ({ code: 'documents.not_owner', path: `/body/codes/${index}`, cis })),
    );
  });

  it('for a sixth level of packages', async () => {
    let content = await desk.introduced(1);
    for (let level = 1; level <= 5; level++) content = [`00${await desk.packed(content)}`];
    const box = desk.newSscc();
    const told = await desk.refusal('aggregation', { sscc: box, codes: content });
    assert.deepEqual(told, [{ code: 'aggregation.too_deep', path: '/body/sscc', cis: `00${box}` }]);
  });

  it('for packing a package that everything has left', async () => {
    const [cis = ''] = await desk.introduced(1);
    const box = await desk.packed([cis]);
    await push(desk.circulation, receiptOf([cis], { bin: MANUFACTURER }));
    const told = await desk.refusal('aggregation', { sscc: desk.newSscc(), codes: [`00${box}`] });
    assert.deepEqual(told, [{ code: 'aggregation.package_empty', path: '/body/codes/0', cis: `00${box}` }]);
  });

  for (const [what, malformed] of [
    ['a wrong check digit', `${sscc(1).slice(0, -1)}${(Number(sscc(1).at(-1)) + 1) % 10}`],
    ['17 digits', sscc(1).slice(1)],
    ['letters', `${sscc(1).slice(0, -1)}x`],
  ] as const) {
    it(`for an SSCC of ${what}`, async () => {
      const codes = await desk.introduced(1);
      const told = await desk.refusal('aggregation', { sscc: malformed, codes });
      assert.deepEqual(told, [{ code: 'aggregation.sscc_malformed', path: '/body/sscc', cis: undefined }]);
    });
  }

  it('for breaking up another participant’s package', async () => {
    const box = await desk.packed(await desk.introduced(1));
    const told = await desk.refusal('disaggregation', { sscc: box }, RETAILER);
    assert.deepEqual(told, [{ code: 'documents.not_owner', path: '/body/sscc', cis: `00${box}` }]);
  });

  it('for breaking up a package that never was', async () => {
    const box = desk.newSscc();
    const told = await desk.refusal('disaggregation', { sscc: box });
    assert.deepEqual(told, [{ code: 'documents.code_not_found', path: '/body/sscc', cis: `00${box}` }]);
  });

  it('for breaking up a package twice', async () => {
    const box = await desk.packed(await desk.introduced(1));
    await desk.circulation.submit('disaggregation', { sscc: box });
    const told = await desk.refusal('disaggregation', { sscc: box });
    assert.deepEqual(told, [{ code: 'documents.wrong_status', path: '/body/sscc', cis: `00${box}` }]);
  });
});
