import assert from 'node:assert/strict';
import type { Role } from '../../src/access/permissions.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { emitCodes, statusesOf } from '../support/goods.ts';
import { type Answer, demoGoods, startTestHub, submitDocument, type TestHub } from '../support/hub.ts';
import { CONTACT } from './desk.ts';
import { APPLICATIONS, BASE, told } from './http-hub.ts';
import { binsFrom } from './numbers.ts';

const PATH = `${BASE}/me/powers-of-attorney`;
const DOCUMENTS = '/api/v1/documents';
const YEAR_MS = 365 * 24 * 3_600_000;
const NOT_ON_BEHALF = [403, 'access.not_on_behalf'] as const;

describe('powers of attorney over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url, env: { OFD_PORT: '0' } });
  });
  // Each test gives what it needs.
  beforeEach(async () => {
    for (const { poaId } of await standing('service_provider')) await revoke(poaId, 'service_provider');
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  const power = (changes: object = {}) => ({
    provider: hub.binOf('service_provider'),
    number: 'С-17/2026',
    scope: ['documents'],
    validFrom: new Date(Date.now() - 1_000).toISOString(),
    validTo: new Date(Date.now() + YEAR_MS).toISOString(),
    ...changes,
  });
  const give = (changes: object = {}, as: Role = 'manufacturer') =>
    hub.call('POST', PATH, { as, body: power(changes) });
  const revoke = (poaId: string, as: Role) => hub.call('POST', `${PATH}/${poaId}/revoke`, { as });
  const onBehalf = (bin: string) => ({ 'tanba-on-behalf-of': bin });
  const newCodes = (count: number, owner: Role = 'manufacturer') =>
    emitCodes(store.db, count, { ...demoGoods(hub), owner: hub.binOf(owner) });

  async function given(scope: readonly string[], as: Role = 'manufacturer'): Promise<string> {
    const { status, body, text } = await give({ scope }, as);
    assert.equal(status, 201, text);
    return body.poaId;
  }

  async function standing(as: Role): Promise<readonly { poaId: string }[]> {
    const { body } = await hub.call('GET', `${PATH}?limit=1000`, { as });
    return body.powers.filter(({ revokedAt }: { revokedAt: string | null }) => revokedAt === null);
  }

  /** Reports codes as applied, for the manufacturer. */
  function apply(codes: readonly string[], as: Role = 'service_provider', type = 'application/json'): Promise<Answer> {
    const header = { productionDate: '2026-01-10' };
    const lines = [{ kind: 'utilisation', body: header }, ...codes].map((line) => JSON.stringify(line)).join('\n');
    const headers = { ...onBehalf(hub.binOf('manufacturer')), prefer: 'wait=20' };
    const body = type === 'application/json' ? { kind: 'utilisation', body: { ...header, codes } } : lines;
    return hub.call('POST', DOCUMENTS, { as, type, headers, body });
  }

  it('are given by one side and read by both', async () => {
    const { status, body: made } = await give();
    assert.equal(status, 201);
    assert.equal(made.principal, hub.binOf('manufacturer'));
    for (const as of ['manufacturer', 'service_provider'] as const) assert.deepEqual(await standing(as), [made]);
    assert.deepEqual(await standing('retailer'), []);
  });

  it('are read page by page', async () => {
    const [first, second] = [await given(['codes'], 'wholesaler'), await given(['documents'], 'wholesaler')];
    const page = await hub.call('GET', `${PATH}?limit=1`, { as: 'wholesaler' });
    assert.deepEqual([page.body.powers[0].poaId, page.body.next], [first, first]);
    const next = await hub.call('GET', `${PATH}?limit=2&after=${first}`, { as: 'wholesaler' });
    assert.deepEqual([next.body.powers[0].poaId, next.body.next], [second, null]);
  });

  const wrong: readonly (readonly [string, object, readonly [number, string]])[] = [
    ['a permission that cannot be given', { scope: ['participants'] }, [400, 'request.invalid']],
    ['a permission twice', { scope: ['codes', 'codes'] }, [400, 'request.invalid']],
    ['no permission', { scope: [] }, [400, 'attorney.scope_empty']],
    ['a number of blanks', { number: ' ' }, [400, 'request.invalid']],
    ['a number that is too long', { number: 'N'.repeat(101) }, [400, 'request.invalid']],
    ['a second that there is not', { validTo: '2027-12-31T23:59:60Z' }, [400, 'request.value_format']],
    ['a date for a time', { validTo: '2027-12-31' }, [400, 'request.invalid']],
    ['more than is asked', { until: 'ever' }, [400, 'request.invalid']],
    ['a stranger', { provider: '150340001236' }, [404, 'participants.unknown']],
  ];
  for (const [what, changes, refusal] of wrong) {
    it(`are refused with ${what}`, async () => assert.deepEqual(told(await give(changes)), refusal));
  }

  it('have a number of a hundred characters at most', async () => {
    assert.equal((await give({ number: 'N'.repeat(100) })).status, 201);
  });

  describe('with one, a service provider', () => {
    it('sends a document, and the goods of the principal change', async () => {
      await given(['documents']);
      const codes = await newCodes(2);
      const { status, body } = await apply(codes);
      assert.deepEqual([status, body.status], [200, 'accepted']);
      assert.deepEqual(await statusesOf(store.db, codes), ['applied', 'applied']);
    });

    it('sends it as a stream too', async () => {
      await given(['documents']);
      const { body } = await apply(await newCodes(3), 'service_provider', 'application/x-ndjson');
      assert.deepEqual([body.status, body.codeCount, body.actedBy], ['accepted', 3, hub.binOf('service_provider')]);
    });

    it('is named with the document, to its sender and to authorities', async () => {
      await given(['documents']);
      const { body } = await apply(await newCodes(1));
      for (const as of ['manufacturer', 'authority'] as const) {
        const seen = await hub.call('GET', `${DOCUMENTS}/${body.documentId}`, { as });
        assert.equal(seen.body.actedBy, hub.binOf('service_provider'));
      }
    });

    it('is nothing to the receiver of a shipment', async () => {
      await given(['documents']);
      const codes = await newCodes(1);
      await apply(codes);
      await submitDocument(hub, 'introduction', { codes, introductionType: 'PRODUCTION', date: '2026-01-11' });
      const { body } = await hub.call('POST', DOCUMENTS, {
        as: 'service_provider',
        headers: { ...onBehalf(hub.binOf('manufacturer')), prefer: 'wait=20' },
        body: {
          kind: 'shipment',
          body: { codes, receiver: hub.binOf('retailer'), number: '1', date: '2026-01-12' },
        },
      });
      assert.equal(body.status, 'accepted', JSON.stringify(body));
      const seen = await hub.call('GET', `${DOCUMENTS}/${body.documentId}`, { as: 'retailer' });
      assert.deepEqual([seen.status, Object.hasOwn(seen.body, 'actedBy')], [200, false]);
    });

    it('is not named where the principal sends itself', async () => {
      const codes = await newCodes(1);
      const own = await submitDocument(hub, 'utilisation', { codes, productionDate: '2026-01-10' });
      assert.equal(own.actedBy, null);
    });

    it('leaves an audit row with the operation, before it is carried out', async () => {
      await given(['codes']);
      const subject = hub.binOf('manufacturer');
      const answer = await hub.call('GET', '/api/v1/codes/none', {
        as: 'service_provider',
        headers: onBehalf(subject),
      });
      assert.notEqual(answer.status, 200);
      const { rows } = await store.db.query(
        `select bin, details from audit where action = 'attorney.used' and subject = $1 order by audit_id desc limit 1`,
        [subject],
      );
      const provider = hub.binOf('service_provider');
      const details = { provider, permission: 'codes', method: 'GET', route: '/api/v1/codes/:cis' };
      assert.deepEqual(rows, [{ bin: provider, details }]);
    });

    for (const side of ['manufacturer', 'service_provider'] as const) {
      it(`is refused at once after the ${side} has revoked it`, async () => {
        const poaId = await given(['documents']);
        const codes = await newCodes(1);
        assert.equal((await revoke(poaId, side)).body.revokedBy, hub.binOf(side));
        assert.deepEqual(told(await apply(codes)), NOT_ON_BEHALF);
        assert.deepEqual(await statusesOf(store.db, codes), ['emitted']);
      });
    }

    it('is refused what is not in its scope', async () => {
      await given(['codes']);
      assert.deepEqual(told(await apply(await newCodes(1))), NOT_ON_BEHALF);
    });

    it('is refused for others', async () => {
      await given(['codes']);
      const headers = onBehalf(hub.binOf('importer'));
      const answer = await hub.call('GET', DOCUMENTS, { as: 'service_provider', headers });
      assert.deepEqual(told(answer), NOT_ON_BEHALF);
    });

    it('sees the goods of its principal in full, and others’ as its principal does', async () => {
      await given(['codes']);
      const [own = ''] = await newCodes(1);
      const [foreign = ''] = await newCodes(1, 'importer');
      const headers = onBehalf(hub.binOf('manufacturer'));
      const look = async (cis: string) =>
        (await hub.call('GET', `/api/v1/codes/${cis}`, { as: 'service_provider', headers })).body;
      assert.equal((await look(own)).owner, hub.binOf('manufacturer'));
      assert.equal((await look(foreign)).owner, undefined);
    });

    it('has one principal beside another: each with its own documents', async () => {
      await given(['documents', 'codes']);
      await given(['codes'], 'wholesaler');
      const { body: sent } = await apply(await newCodes(1));
      const listed = async (role: Role): Promise<readonly string[]> => {
        const headers = onBehalf(hub.binOf(role));
        const { body } = await hub.call('GET', DOCUMENTS, { as: 'service_provider', headers });
        return body.documents.map(({ documentId }: { documentId: string }) => documentId);
      };
      assert.ok((await listed('manufacturer')).includes(sent.documentId));
      assert.deepEqual(await listed('wholesaler'), []);
    });

    it('cannot give powers in the name of its principal', async () => {
      await given(['documents']);
      const headers = onBehalf(hub.binOf('manufacturer'));
      const answer = await hub.call('POST', PATH, { as: 'service_provider', headers, body: power() });
      assert.deepEqual(told(answer), NOT_ON_BEHALF);
    });

    it('cannot do for itself what it may do for others', async () => {
      await given(['documents', 'codes', 'orders']);
      const own = await hub.call('GET', DOCUMENTS, { as: 'service_provider' });
      assert.deepEqual(told(own), [403, 'access.forbidden']);
    });
  });

  it('are nothing to a participant of another role', async () => {
    await given(['documents']);
    assert.deepEqual(told(await apply(await newCodes(1), 'retailer')), NOT_ON_BEHALF);
    assert.deepEqual(told(await apply(await newCodes(1), 'manufacturer')), NOT_ON_BEHALF);
  });

  it('that lent the eyes of an authority would be refused', async () => {
    assert.deepEqual(told(await give({ scope: ['codes'] }, 'authority')), [403, 'attorney.scope_beyond']);
  });

  for (const header of ['', 'Zavod', '08034000213', '080340002139', '080340002138, 110940003475']) {
    it(`are not looked up for "${header}"`, async () => {
      const answer = await hub.call('GET', DOCUMENTS, { as: 'service_provider', headers: onBehalf(header) });
      assert.deepEqual(told(answer), [400, 'access.on_behalf_malformed']);
    });
  }

  it('are no key', async () => {
    const answer = await hub.call('GET', DOCUMENTS, { headers: onBehalf(hub.binOf('manufacturer')) });
    assert.deepEqual(told(answer), [401, 'access.token_missing']);
  });

  it('stop when the principal is suspended', async () => {
    await given(['codes'], 'importer');
    const ask = () => hub.call('GET', DOCUMENTS, { as: 'service_provider', headers: onBehalf(hub.binOf('importer')) });
    assert.equal((await ask()).status, 200);
    const change = (verb: string) =>
      hub.call('POST', `${BASE}/${hub.binOf('importer')}/${verb}`, { as: 'operator', body: { reason: 'A test' } });
    await change('suspend');
    assert.deepEqual(told(await ask()), NOT_ON_BEHALF);
    await change('reinstate');
    assert.equal((await ask()).status, 200);
  });

  it('are for service providers, who apply as others do', async () => {
    const body = {
      bin: binsFrom(1)(),
      name: 'ТОО «Сенім»',
      role: 'service_provider',
      legalAddress: 'Астана, Мәңгілік Ел 1',
      kato: '710000000',
      contact: CONTACT,
    };
    const { status, body: made } = await hub.call('POST', APPLICATIONS, { body });
    assert.equal(status, 201);
    const approved = await hub.call('POST', `${APPLICATIONS}/${made.applicationId}/approve`, { as: 'operator' });
    assert.equal(approved.status, 200);
  });
});
