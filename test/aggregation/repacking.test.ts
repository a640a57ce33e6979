import assert from 'node:assert/strict';
import { emitCodes, MANUFACTURER, push, RETAILER, receiptOf } from '../support/goods.ts';
import type { RefusalDesk } from '../support/refusals.ts';
import { openRefusalDesk } from '../support/refusals.ts';

const CODES_MAX = 50;
const LEVELS = 5;

describe('packing more and taking out', () => {
  let desk: RefusalDesk;

  before(async () => {
    desk = await openRefusalDesk(CODES_MAX);
  });
  after(() => desk.close());

  async function done(kind: 'reaggregation' | 'removal' | 'aggregation', body: object): Promise<void> {
    const { status, problems } = await desk.circulation.submit(kind, body);
    assert.equal(status, 'accepted', JSON.stringify(problems));
  }

  async function view(cis: string) {
    const { parent, root, owner } = await desk.circulation.queries.one(
      { bin: MANUFACTURER, seesEverything: false, ip: '::1' },
      cis,
    );
    return [parent, root, owner];
  }

  const story = async (cis: string) =>
    (await desk.circulation.queries.history({ bin: MANUFACTURER, seesEverything: false, ip: '::1' }, cis)).events
      .slice(3)
      .map(({ event, via }) => (via === null ? event : `${event} via ${via}`));

  it('puts goods into a package that is there', async () => {
    const box = await desk.packed(await desk.introduced(1));
    const [more = ''] = await desk.introduced(1);
    await done('reaggregation', { sscc: box, codes: [more] });
    assert.deepEqual(await view(more), [`00${box}`, `00${box}`, MANUFACTURER]);
  });

  it('puts them into a box on a pallet', async () => {
    const box = await desk.packed(await desk.introduced(1));
    const pallet = await desk.packed([`00${box}`]);
    const [more = ''] = await desk.introduced(1);
    await done('reaggregation', { sscc: box, codes: [more] });
    assert.deepEqual(await view(more), [`00${box}`, `00${pallet}`, MANUFACTURER]);
  });

  it('takes goods out of all their packages', async () => {
    const [cis = '', stays = ''] = await desk.introduced(2);
    const box = await desk.packed([cis, stays]);
    const pallet = await desk.packed([`00${box}`]);
    await done('removal', { codes: [cis] });
    assert.deepEqual(await view(cis), [null, null, MANUFACTURER]);
    assert.deepEqual(await view(stays), [`00${box}`, `00${pallet}`, MANUFACTURER]);
  });

  it('tells of a package’s events only from the entering on, and to the leaving', async () => {
    const [first = '', later = ''] = await desk.introduced(2);
    const box = await desk.packed([first]);
    const shipment = { receiver: RETAILER, number: '1', date: '2026-03-01' };
    const { documentId } = await desk.circulation.submit('shipment', { ...shipment, codes: [`00${box}`] });
    await desk.circulation.submit('shipment_cancellation', { shipmentId: documentId });
    await done('reaggregation', { sscc: box, codes: [later] });
    await done('removal', { codes: [first] });
    await desk.circulation.submit('withdrawal', { codes: [`00${box}`], reason: 'EXPORT', date: '2026-03-01' });
    assert.deepEqual(await story(later), ['packed', `withdrawn via 00${box}`]);
    assert.deepEqual(await story(first), [
      'packed',
      `shipped via 00${box}`,
      `shipment_cancelled via 00${box}`,
      'removed',
    ]);
  });

  describe('is refused', () => {
    it('for a package that is not there', async () => {
      const box = desk.newSscc();
      const told = await desk.refusal('reaggregation', { sscc: box, codes: await desk.introduced(1) });
      assert.deepEqual(told, [{ code: 'documents.code_not_found', path: '/body/sscc', cis: `00${box}` }]);
    });

    it('for another participant’s package', async () => {
      const box = await desk.packed(await desk.introduced(1));
      const codes = await emitCodes(desk.store.db, 1, { owner: RETAILER, status: 'in_circulation' });
      const told = await desk.refusal('reaggregation', { sscc: box, codes }, RETAILER);
      assert.deepEqual(told, [{ code: 'documents.not_owner', path: '/body/sscc', cis: `00${box}` }]);
    });

    it('for a package in itself, also by others', async () => {
      const box = await desk.packed(await desk.introduced(1));
      const pallet = await desk.packed([`00${box}`]);
      for (const inside of [box, pallet]) {
        const told = await desk.refusal('reaggregation', { sscc: box, codes: [`00${inside}`] });
        assert.deepEqual(told, [{ code: 'aggregation.into_itself', path: '/body/codes/0', cis: `00${inside}` }]);
      }
    });

    it('for goods that are packed already', async () => {
      const [cis = ''] = await desk.introduced(1);
      const box = await desk.packed([cis]);
      const told = await desk.refusal('reaggregation', { sscc: box, codes: [cis] });
      assert.deepEqual(told, [{ code: 'aggregation.already_packed', path: '/body/codes/0', cis }]);
    });

    it('for goods before their introduction in a package that is in circulation', async () => {
      const box = await desk.packed(await desk.introduced(1));
      const [cis = ''] = await emitCodes(desk.store.db, 1, { status: 'applied' });
      const told = await desk.refusal('reaggregation', { sscc: box, codes: [cis] });
      assert.deepEqual(told, [{ code: 'documents.wrong_status', path: '/body/codes/0', cis }]);
    });

    it('for a sixth level', async () => {
      let inner = await desk.packed(await desk.introduced(1));
      const bottom = inner;
      for (let level = 2; level <= LEVELS; level++) inner = await desk.packed([`00${inner}`]);
      const box = await desk.packed(await desk.introduced(1));
      const told = await desk.refusal('reaggregation', { sscc: bottom, codes: [`00${box}`] });
      assert.deepEqual(told, [{ code: 'aggregation.too_deep', path: '/body/sscc', cis: `00${bottom}` }]);
    });

    it('for taking out what is under way', async () => {
      const [cis = ''] = await desk.introduced(1);
      const box = await desk.packed([cis]);
      const shipment = { receiver: RETAILER, number: '1', date: '2026-03-01', codes: [`00${box}`] };
      await desk.circulation.submit('shipment', shipment);
      const told = await desk.refusal('removal', { codes: [cis] });
      assert.deepEqual(told, [{ code: 'documents.on_hold', path: '/body/codes/0', cis }]);
    });

    it('for taking out what was sold', async () => {
      const [cis = ''] = await desk.introduced(1);
      await push(desk.circulation, receiptOf([cis], { bin: MANUFACTURER }));
      const told = await desk.refusal('removal', { codes: [cis] });
      assert.deepEqual(told, [{ code: 'documents.wrong_status', path: '/body/codes/0', cis }]);
    });
  });

  it('by two at once never makes a circle: one of them is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const boxes = [await desk.packed(await desk.introduced(1)), await desk.packed(await desk.introduced(1))] as const;
      const results = await Promise.all([
        desk.circulation.submit('reaggregation', { sscc: boxes[0], codes: [`00${boxes[1]}`] }),
        desk.circulation.submit('reaggregation', { sscc: boxes[1], codes: [`00${boxes[0]}`] }),
      ]);
      assert.deepEqual(results.map(({ status }) => status).sort(), ['accepted', 'rejected']);
    }
  });
});
