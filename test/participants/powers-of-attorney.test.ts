import assert from 'node:assert/strict';
import { createOnBehalf } from '../../src/access/on-behalf.ts';
import type { Permission, Role } from '../../src/access/permissions.ts';
import { createPowersOfAttorney, type NewPower } from '../../src/core/participants/powers-of-attorney.ts';
import type { Database } from '../../src/store/database.ts';
import { newId } from '../../src/store/ids.ts';
import { isCode, OPERATOR, openRegister, type Register } from './desk.ts';

const IP = '192.0.2.7';
const ROUTE = { method: 'POST', route: '/api/v1/documents', ip: IP } as const;
/** The clock's now, and a year later. */
const BEGIN = new Date('2026-11-24T09:00:00Z');
const END = new Date('2027-11-24T09:00:00Z');

describe('powers of attorney', () => {
  let register: Register;

  before(async () => {
    register = await openRegister();
  });
  beforeEach(() => register.clock.set(BEGIN));
  after(() => register.close());

  /** What one process of a hub has of it. */
  function open(db: Database = register.db) {
    const { clock } = register;
    const onBehalf = createOnBehalf({ db, clock });
    return { onBehalf, powers: createPowersOfAttorney({ db, clock, onChanged: onBehalf.forget }) };
  }

  async function newSide(role: Role) {
    const bin = register.newBin();
    const name = `ТОО «${role}»`;
    await register.participants.register({ bin, name, role });
    return { bin, role, name, ip: IP };
  }

  /** A retailer and a service provider, in one process. */
  async function openPair(role: Role = 'retailer') {
    const [principal, provider] = [await newSide(role), await newSide('service_provider')];
    const process = open();
    const power = (changes: Partial<NewPower> = {}): NewPower => ({
      provider: provider.bin,
      number: 'С-17',
      scope: ['documents'],
      validFrom: BEGIN,
      validTo: END,
      ...changes,
    });
    return {
      ...process,
      principal,
      provider,
      power,
      give: (changes: Partial<NewPower> = {}) => process.powers.register(principal, power(changes)),
      act: (permission: Permission = 'documents', { onBehalf } = process) =>
        onBehalf.act(provider, { ...ROUTE, principal: principal.bin, permission }),
    };
  }

  const notOnBehalf = isCode('access.not_on_behalf');

  describe('registering one', () => {
    it('tells it as it stands', async () => {
      const { give, principal, provider } = await openPair();
      const { poaId, ...made } = await give();
      assert.match(poaId, /^[0-9a-f-]{36}$/);
      assert.deepEqual(made, {
        principal: principal.bin,
        provider: provider.bin,
        number: 'С-17',
        scope: ['documents'],
        validFrom: BEGIN,
        validTo: END,
        registeredAt: BEGIN,
        revokedAt: null,
        revokedBy: null,
      });
    });

    it('stands in the history of whoever gave it and in the audit log', async () => {
      const { give, principal, provider } = await openPair();
      const { poaId } = await give({ scope: ['documents', 'codes'] });
      assert.deepEqual((await register.events(principal.bin)).at(-1), {
        event: 'attorney_given',
        actor: principal.bin,
      });
      assert.deepEqual((await register.audited(principal.bin)).at(-1), {
        action: 'participant.attorney_given',
        bin: principal.bin,
        details: {
          poaId,
          provider: provider.bin,
          scope: 'documents,codes',
          validFrom: BEGIN.toISOString(),
          validTo: END.toISOString(),
        },
      });
    });

    it('needs a provider that is registered', async () => {
      const { give } = await openPair();
      await assert.rejects(give({ provider: register.newBin() }), isCode('participants.unknown'));
    });

    it('needs a provider that is a service provider', async () => {
      const { give } = await openPair();
      const { bin } = await newSide('wholesaler');
      await assert.rejects(give({ provider: bin }), isCode('attorney.not_a_provider'));
    });

    it('needs a provider that is not suspended', async () => {
      const { give, provider } = await openPair();
      await register.supervision.suspend(OPERATOR, provider.bin, 'The licence has ended');
      await assert.rejects(give(), isCode('participants.suspended'));
      await register.supervision.reinstate(OPERATOR, provider.bin, 'It has a new one');
      await give();
    });

    it('is not for oneself', async () => {
      const { give, principal } = await openPair();
      await assert.rejects(give({ provider: principal.bin }), isCode('attorney.to_oneself'));
    });

    it('needs a term of one millisecond at least', async () => {
      const { give } = await openPair();
      const validFrom = END;
      await assert.rejects(give({ validFrom, validTo: validFrom }), isCode('attorney.period_reversed'));
      await give({ validFrom, validTo: new Date(validFrom.getTime() + 1) });
    });

    it('is for three years at most', async () => {
      const { give } = await openPair();
      const latest = new Date('2029-11-24T09:00:00Z');
      await assert.rejects(give({ validTo: new Date(latest.getTime() + 1) }), isCode('attorney.period_too_long'));
      await give({ validTo: latest });
    });

    it('is not for a term that is over', async () => {
      const { give } = await openPair();
      const validFrom = new Date('2026-01-01T00:00:00Z');
      await assert.rejects(give({ validFrom, validTo: BEGIN }), isCode('attorney.period_over'));
      await give({ validFrom, validTo: new Date(BEGIN.getTime() + 1) });
    });

    it('names one permission at least', async () => {
      const { give } = await openPair();
      await assert.rejects(give({ scope: [] }), isCode('attorney.scope_empty'));
    });

    it('gives nothing that one may not do oneself', async () => {
      const retailer = await openPair('retailer');
      await assert.rejects(retailer.give({ scope: ['documents', 'orders'] }), isCode('attorney.scope_beyond'));
      const importer = await openPair('importer');
      await importer.give({ scope: ['documents', 'orders'] });
    });

    for (const role of ['operator', 'authority'] as const) {
      it(`does not lend the eyes of the role ${role}`, async () => {
        const { give } = await openPair(role);
        await assert.rejects(give({ scope: ['codes'] }), isCode('attorney.scope_beyond'));
      });
    }

    it('is nothing that a service provider could pass on', async () => {
      const { give } = await openPair('service_provider');
      await assert.rejects(give(), isCode('attorney.scope_beyond'));
    });

    it('that was refused leaves nothing', async () => {
      const { give, powers, principal } = await openPair();
      await assert.rejects(give({ provider: register.newBin() }));
      assert.deepEqual(await powers.list(principal.bin, { after: null, limit: 10 }), []);
      assert.deepEqual(
        (await register.events(principal.bin)).map(({ event }) => event),
        ['registered'],
      );
    });
  });

  describe('the list', () => {
    it('is of both sides and of nobody else, oldest first, page by page', async () => {
      const { give, powers, principal, provider } = await openPair();
      const first = await give();
      register.clock.advance({ seconds: 1 });
      const second = await give({ scope: ['codes'] });
      const stranger = await newSide('retailer');
      for (const { bin } of [principal, provider]) {
        assert.deepEqual(await powers.list(bin, { after: null, limit: 10 }), [first, second]);
        assert.deepEqual(await powers.list(bin, { after: null, limit: 1 }), [first]);
        assert.deepEqual(await powers.list(bin, { after: first.poaId, limit: 10 }), [second]);
      }
      assert.deepEqual(await powers.list(stranger.bin, { after: null, limit: 10 }), []);
    });
  });

  describe('revoking one', () => {
    for (const side of ['principal', 'provider'] as const) {
      it(`is the right of its ${side}, once`, async () => {
        const pair = await openPair();
        const made = await pair.give();
        const { bin } = pair[side];
        register.clock.advance({ hours: 1 });
        const revoked = await pair.powers.revoke(pair[side], made.poaId);
        assert.deepEqual(revoked, { ...made, revokedAt: register.clock.now(), revokedBy: bin });
        assert.deepEqual((await register.events(pair.principal.bin)).at(-1), { event: 'attorney_revoked', actor: bin });
        assert.equal((await register.audited(pair.principal.bin)).at(-1)?.bin, bin);
        await assert.rejects(pair.powers.revoke(pair[side], made.poaId), isCode('attorney.revoked'));
      });
    }

    it('is not the right of others, for whom it does not exist', async () => {
      const { give, powers, act } = await openPair();
      const { poaId } = await give();
      await assert.rejects(powers.revoke(await newSide('retailer'), poaId), isCode('attorney.not_found'));
      await act();
    });

    it('of what is not there is told so', async () => {
      const { powers, principal } = await openPair();
      await assert.rejects(powers.revoke(principal, newId(BEGIN)), isCode('attorney.not_found'));
    });
  });

  describe('acting', () => {
    it('makes the provider the principal, with the provider beside it', async () => {
      const { give, act, principal, provider } = await openPair();
      await give();
      const { bin, role, name } = principal;
      assert.deepEqual(await act(), { bin, role, name, actedBy: provider.bin });
    });

    it('leaves an audit row each time', async () => {
      const { give, act, principal, provider } = await openPair();
      await give();
      await act();
      await act();
      const used = (await register.audited(principal.bin)).filter(({ action }) => action === 'attorney.used');
      const { method, route } = ROUTE;
      const row = {
        action: 'attorney.used',
        bin: provider.bin,
        details: { provider: provider.bin, permission: 'documents', method, route },
      };
      assert.deepEqual(used, [row, row]);
    });

    it('that is refused leaves none', async () => {
      const { act, principal } = await openPair();
      await assert.rejects(act(), notOnBehalf);
      assert.ok((await register.audited(principal.bin)).every(({ action }) => action !== 'attorney.used'));
    });

    it('is for what is in the scope only', async () => {
      const { give, act } = await openPair();
      await give({ scope: ['documents'] });
      await assert.rejects(act('codes'), notOnBehalf);
      await act('documents');
    });

    for (const permission of ['participants', 'webhooks', 'goods', 'registers'] as const) {
      it(`is never for ${permission}`, async () => {
        const { give, act } = await openPair();
        await give({ scope: ['documents', 'receipts', 'codes', 'catalogue'] });
        await assert.rejects(act(permission), notOnBehalf);
      });
    }

    it('begins with the first moment of the term', async () => {
      const { give, act } = await openPair();
      const validFrom = new Date(BEGIN.getTime() + 1_000);
      await give({ validFrom });
      register.clock.set(new Date(validFrom.getTime() - 1));
      await assert.rejects(act(), notOnBehalf);
      register.clock.set(validFrom);
      await act();
    });

    it('ends with the last moment of the term, whatever is remembered', async () => {
      const { give, act } = await openPair();
      await give();
      register.clock.set(new Date(END.getTime() - 1));
      await act();
      register.clock.set(END);
      await assert.rejects(act(), notOnBehalf);
    });

    it('ends at once where the power is revoked', async () => {
      const { give, act, powers, principal } = await openPair();
      const { poaId } = await give();
      await act();
      await powers.revoke(principal, poaId);
      await assert.rejects(act(), notOnBehalf);
    });

    it('ends within 15 seconds in another hub', async () => {
      const { give, act, powers, principal } = await openPair();
      const other = open();
      const { poaId } = await give();
      await act('documents', other);
      await powers.revoke(principal, poaId);
      register.clock.advance({ seconds: 15 });
      register.clock.advance({ seconds: 1 });
      await assert.rejects(act('documents', other), notOnBehalf);
    });

    it('ends when the principal is suspended', async () => {
      const { give, act, onBehalf, principal } = await openPair();
      await give();
      await act();
      await register.supervision.suspend(OPERATOR, principal.bin, 'The licence has ended');
      onBehalf.forget();
      await assert.rejects(act(), notOnBehalf);
    });

    it('is of this provider for this principal only', async () => {
      const { give, onBehalf, principal, provider } = await openPair();
      await give();
      const [otherPrincipal, otherProvider] = [await newSide('retailer'), await newSide('service_provider')];
      const wrong = [
        { as: provider, principal: otherPrincipal },
        { as: otherProvider, principal },
        { as: principal, principal: provider },
      ];
      for (const { as, principal } of wrong) {
        const request = { ...ROUTE, principal: principal.bin, permission: 'documents' } as const;
        await assert.rejects(onBehalf.act(as, request), notOnBehalf);
      }
    });

    it('goes by all powers that stand: one that is revoked takes nothing of another', async () => {
      const { give, act, powers, principal } = await openPair();
      const wide = await give({ scope: ['documents', 'codes'] });
      await give({ scope: ['documents'] });
      await act('codes');
      await powers.revoke(principal, wide.poaId);
      await act('documents');
      await assert.rejects(act('codes'), notOnBehalf);
    });

    it('sees a power that was given later beside one that is remembered', async () => {
      const { give, act } = await openPair();
      await give({ scope: ['documents'] });
      await assert.rejects(act('codes'), notOnBehalf);
      await give({ scope: ['codes'] });
      await act('codes');
    });

    it('asks the store once in 15 seconds', async () => {
      const { give, act } = await openPair();
      let lookUps = 0;
      const counted = open({
        ...register.db,
        query: (...args) => {
          lookUps += typeof args[0] === 'object' && args[0].name === 'given_powers' ? 1 : 0;
          return register.db.query(...args);
        },
      });
      await give();
      await act('documents', counted);
      await act('documents', counted);
      assert.equal(lookUps, 1);
    });
  });
});
