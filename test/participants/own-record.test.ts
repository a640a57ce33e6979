import assert from 'node:assert/strict';
import { CONTACT, isCode, openRegister, PLACES_MAX, type Register } from './desk.ts';

const SHOP = { name: '№ 1 дүкен', kind: 'retail', kato: '750000000', address: 'Алматы, Абай 10' } as const;
const IP = '192.0.2.3';

describe('what a participant keeps itself', () => {
  let register: Register;

  before(async () => {
    register = await openRegister();
  });
  after(() => register.close());

  const newOwner = async () => ({ bin: await register.registered(), ip: IP });
  const recordOf = async (owner: { readonly bin: string; readonly ip: string }) =>
    (await register.lookUp.find({ ...owner, role: 'retailer', seesEverything: false }, owner.bin)).record;
  const placesOf = (owner: { readonly bin: string; readonly ip: string }, after: string | null = null, limit = 10) =>
    register.lookUp.places({ ...owner, role: 'retailer', seesEverything: false }, owner.bin, { after, limit });

  it('is its contact: the last one alone', async () => {
    const owner = await newOwner();
    assert.equal((await recordOf(owner))?.contact, null);
    await register.ownRecord.putContact(owner, CONTACT);
    const other = { ...CONTACT, phone: '+77017654321' };
    await register.ownRecord.putContact(owner, other);
    assert.deepEqual((await recordOf(owner))?.contact, other);
  });

  it('is in history and audit log without a word of the contact', async () => {
    const owner = await newOwner();
    await register.ownRecord.putContact(owner, CONTACT);
    assert.deepEqual((await register.events(owner.bin)).at(-1), { event: 'contact_changed', actor: owner.bin });
    assert.deepEqual((await register.audited(owner.bin)).at(-1), {
      action: 'participant.contact_changed',
      bin: owner.bin,
      details: {},
    });
  });

  it('are its places of business, open and closed', async () => {
    const owner = await newOwner();
    const first = await register.ownRecord.openPlace(owner, SHOP);
    register.clock.advance({ seconds: 1 });
    const second = await register.ownRecord.openPlace(owner, { ...SHOP, kind: 'storage' });
    const closed = await register.ownRecord.closePlace(owner, first.placeId);
    assert.deepEqual(closed, { ...first, active: false, closedAt: register.clock.now() });
    assert.deepEqual(await placesOf(owner), [closed, second]);
    assert.deepEqual(await placesOf(owner, first.placeId), [second]);
    assert.deepEqual(await placesOf(owner, null, 1), [closed]);
    const events = (await register.events(owner.bin)).map(({ event }) => event);
    assert.deepEqual(events, ['registered', 'place_opened', 'place_opened', 'place_closed']);
  });

  it('is closed once', async () => {
    const owner = await newOwner();
    const { placeId } = await register.ownRecord.openPlace(owner, SHOP);
    await register.ownRecord.closePlace(owner, placeId);
    await assert.rejects(register.ownRecord.closePlace(owner, placeId), isCode('participants.place_closed'));
  });

  it('is closed by its owner only', async () => {
    const owner = await newOwner();
    const { placeId } = await register.ownRecord.openPlace(owner, SHOP);
    await assert.rejects(
      register.ownRecord.closePlace(await newOwner(), placeId),
      isCode('participants.place_unknown'),
    );
    assert.equal((await placesOf(owner))[0]?.active, true);
  });

  it('are at most so many open places, whoever opens them at the same time', async () => {
    const owner = await newOwner();
    const opening = Array.from({ length: PLACES_MAX + 1 }, () => register.ownRecord.openPlace(owner, SHOP));
    const opened = await Promise.allSettled(opening);
    const codes = opened.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    assert.deepEqual(codes, ['participants.too_many_places']);
    const [place] = await placesOf(owner);
    await register.ownRecord.closePlace(owner, place?.placeId ?? '');
    await register.ownRecord.openPlace(owner, SHOP);
  });
});
