import assert from 'node:assert/strict';
import { createApiKeyAuthenticator } from '../../src/access/authenticator.ts';
import { DELEGABLE, may, type Permission, ROLES, seesEverything } from '../../src/access/permissions.ts';

const MAKER = { bin: '080340002138', role: 'manufacturer', name: 'Maker' } as const;

describe('the authenticator', () => {
  const asked: string[] = [];
  const authenticator = createApiKeyAuthenticator({
    async authenticate(key) {
      asked.push(key);
      return key === 'tanba_right' ? MAKER : null;
    },
  });

  it('finds nobody without credentials', async () => {
    assert.equal(await authenticator.authenticate({}), null);
  });

  for (const header of ['Bearer tanba_right', 'bearer  tanba_right ']) {
    it(`knows the owner of "${header}"`, async () => {
      assert.deepEqual(await authenticator.authenticate({ authorization: header }), MAKER);
    });
  }

  for (const header of ['Bearer tanba_wrong', 'Basic dXNlcjpwYXNz', 'Bearer', 'Bearer a b', '']) {
    it(`refuses "${header}"`, async () => {
      await assert.rejects(authenticator.authenticate({ authorization: header }), { code: 'access.token_unknown' });
    });
  }

  it('does not even look up a token of absurd length', async () => {
    const token = 'x'.repeat(10_000);
    await assert.rejects(authenticator.authenticate({ authorization: `Bearer ${token}` }));
    assert.ok(!asked.includes(token));
  });
});

describe('permissions', () => {
  const rolesThatMay = (permission: Permission) => ROLES.filter((role) => may({ ...MAKER, role }, permission));

  it('leave ordering codes to those who make or bring in the goods', () => {
    assert.deepEqual(rolesThatMay('orders'), ['manufacturer', 'importer']);
  });

  it('leave receipts to fiscal data operators and to those who sell', () => {
    assert.deepEqual(rolesThatMay('receipts'), ['manufacturer', 'importer', 'wholesaler', 'retailer', 'ofd']);
  });

  it('leave documents to those who handle goods, and to authorities for their orders', () => {
    assert.deepEqual(rolesThatMay('documents'), ['manufacturer', 'importer', 'wholesaler', 'retailer', 'authority']);
  });

  it('let a service provider do nothing with goods of its own', () => {
    const own = DELEGABLE.filter((permission) => rolesThatMay(permission).includes('service_provider'));
    assert.deepEqual(own, []);
  });

  it("let only the operator and the authority see everybody's goods", () => {
    assert.deepEqual(
      ROLES.filter((role) => seesEverything({ ...MAKER, role })),
      ['operator', 'authority'],
    );
  });
});
