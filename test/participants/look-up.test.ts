import assert from 'node:assert/strict';
import type { Role } from '../../src/access/permissions.ts';
import type { ParticipantFilter } from '../../src/core/participants/look-up.ts';
import { CONTACT, isCode, OPERATOR, openRegister, type Register } from './desk.ts';

const PAGE = { after: null, limit: 10 } as const;
const EVERYBODY: ParticipantFilter = { name: null, role: null, active: null, after: null, limit: 100 };

describe('a look into the register', () => {
  let register: Register;
  let shop: string;
  let other: string;

  before(async () => {
    register = await openRegister();
    shop = await register.registered({ name: 'ТОО «Өрік_100%»' });
    other = await register.registered({ name: 'ТОО «Басқа»' });
    await register.ownRecord.putContact({ bin: shop, ip: '192.0.2.3' }, CONTACT);
  });
  after(() => register.close());

  const asker = (bin: string, role: Role) => ({
    bin,
    role,
    seesEverything: role === 'operator' || role === 'authority',
    ip: '192.0.2.4',
  });
  const disclosures = async () =>
    (await register.audited(shop)).filter(({ action }) => action === 'participant.disclosed');

  it('shows everybody who it is, and nothing more', async () => {
    const { entry, record } = await register.lookUp.find(asker(other, 'retailer'), shop);
    const registeredAt = register.clock.now();
    assert.deepEqual(entry, { bin: shop, name: 'ТОО «Өрік_100%»', role: 'retailer', active: true, registeredAt });
    assert.equal(record, null);
  });

  it('shows the participant itself its record, which is no disclosure', async () => {
    const { record } = await register.lookUp.find(asker(shop, 'retailer'), shop);
    assert.deepEqual(record, { address: null, contact: CONTACT });
    assert.deepEqual(await disclosures(), []);
  });

  for (const role of ['operator', 'authority'] as const) {
    it(`shows the role ${role} the record, which leaves its trace`, async () => {
      const bin = role === 'operator' ? OPERATOR.bin : '160340001119';
      const { record } = await register.lookUp.find(asker(bin, role), shop);
      assert.deepEqual(record?.contact, CONTACT);
      assert.deepEqual((await disclosures()).at(-1), {
        action: 'participant.disclosed',
        bin,
        details: { ground: 'role', what: 'record' },
      });
    });
  }

  it('finds nobody under a BIN that is not registered', async () => {
    const looking = register.lookUp.find(asker(shop, 'retailer'), register.newBin());
    await assert.rejects(looking, isCode('participants.unknown'));
  });

  it('shows places and history to whoever may see the record only', async () => {
    const stranger = asker(other, 'retailer');
    await assert.rejects(register.lookUp.places(stranger, shop, PAGE), isCode('access.forbidden'));
    await assert.rejects(register.lookUp.history(stranger, shop, PAGE), isCode('access.forbidden'));
    assert.deepEqual(await register.lookUp.places(asker(shop, 'retailer'), shop, PAGE), []);
    const history = await register.lookUp.history(asker(OPERATOR.bin, 'operator'), shop, PAGE);
    assert.deepEqual(
      history.map(({ event }) => event),
      ['registered', 'contact_changed'],
    );
    const [first] = history;
    const rest = await register.lookUp.history(asker(shop, 'retailer'), shop, {
      after: first?.eventId ?? null,
      limit: 1,
    });
    assert.deepEqual(
      rest.map(({ event }) => event),
      ['contact_changed'],
    );
  });

  describe('as a list', () => {
    const listed = async (changes: Partial<ParticipantFilter>) =>
      (await register.lookUp.list(asker(OPERATOR.bin, 'operator'), { ...EVERYBODY, ...changes })).map(({ bin }) => bin);

    it('is for the operator and authorities', async () => {
      await assert.rejects(register.lookUp.list(asker(shop, 'retailer'), EVERYBODY), isCode('access.forbidden'));
      assert.equal((await register.lookUp.list(asker('160340001119', 'authority'), EVERYBODY)).length, 4);
    });

    it('finds part of a name in capitals and small letters, and takes no sign for another', async () => {
      assert.deepEqual(await listed({ name: 'өрік_100%' }), [shop]);
      assert.deepEqual(await listed({ name: 'ӨРІК' }), [shop]);
      assert.deepEqual(await listed({ name: '%' }), [shop]);
    });

    it('finds by role and by state', async () => {
      assert.deepEqual(await listed({ role: 'retailer' }), [shop, other].sort());
      assert.deepEqual(await listed({ role: 'ofd' }), []);
      assert.deepEqual(await listed({ active: false }), []);
      assert.equal((await listed({ active: true })).length, 4);
    });

    it('goes on behind the last BIN of the page before', async () => {
      const all = await listed({});
      const first = await listed({ limit: 3 });
      assert.deepEqual([...first, ...(await listed({ after: first.at(-1) ?? null }))], all);
    });
  });
});
