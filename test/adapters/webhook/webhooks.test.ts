import assert from 'node:assert/strict';
import { createAddressGuard } from '../../../src/adapters/webhook/address-guard.ts';
import { createWebhookDelivery } from '../../../src/adapters/webhook/delivery.ts';
import { createWebhookSecrets } from '../../../src/adapters/webhook/secrets.ts';
import { signatureHeaders, verify } from '../../../src/adapters/webhook/signature.ts';
import { createWebhooks, type WebhookRequest } from '../../../src/adapters/webhook/webhooks.ts';
import { createSealer } from '../../../src/core/codes/seal.ts';
import { createPartnerDirectory } from '../../../src/exchange/partner-directory.ts';
import { movableClock } from '../../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { MANUFACTURER, prepareGoods, RETAILER } from '../../support/goods.ts';
import { LOOPBACK, NO_NAMES } from './support.ts';

const MAKER = { bin: MANUFACTURER, ip: '127.0.0.1' };
const SELLER = { bin: RETAILER, ip: '127.0.0.2' };
const REQUEST: WebhookRequest = {
  name: 'Warehouse',
  url: 'https://example.kz/tanba',
  topics: ['document.*', 'order.ready'],
  ordered: 'object',
  mapping: undefined,
};
const BODY = Buffer.from('{}');

describe('the register of webhooks', () => {
  let database: TestDatabase;
  const clock = movableClock();
  before(async () => {
    database = await createTestDatabase();
    await prepareGoods(database.db);
  });
  after(() => database.drop());
  afterEach(async () => {
    await database.db.query('delete from partner_secret');
    await database.db.query('delete from partner_gate');
    await database.db.query('delete from partner');
    await database.db.query('delete from audit');
  });

  function open() {
    const { db } = database;
    const guard = createAddressGuard({ networks: LOOPBACK, httpsOnly: false, resolve: NO_NAMES });
    const sealer = createSealer(Buffer.alloc(32, 7), 'webhook');
    const secrets = createWebhookSecrets({ db, clock, sealer });
    const adapter = createWebhookDelivery({ guard, secrets, clock });
    return { webhooks: createWebhooks({ db, clock, secrets, guard, adapter }), secrets, adapter, sealer };
  }

  const auditActions = async () =>
    (await database.db.query<{ action: string }>('select action from audit order by audit_id')).rows.map(
      ({ action }) => action,
    );

  it('makes a partner that gets messages about its participant alone', async () => {
    const { webhooks, adapter } = open();
    const mapping = { version: '1', fields: { event: '/type' } };
    const { webhook } = await webhooks.create(MAKER, { ...REQUEST, mapping });
    const directory = createPartnerDirectory(database.db, [adapter]);
    await directory.refresh();
    const taken = (topic: string, bin: string) =>
      directory.takersOf(topic, bin).map(({ partner }) => partner.partnerId);
    assert.deepEqual(taken('document.accepted', MANUFACTURER), [`webhook-${webhook.webhookId}`]);
    assert.deepEqual(taken('document.accepted', RETAILER), []);
    assert.deepEqual(taken('order.rejected', MANUFACTURER), []);
    const known = directory.find(`webhook-${webhook.webhookId}`);
    assert.deepEqual(known?.partner.settings, { url: REQUEST.url, mapping });
    assert.equal(known?.policy.order, 'object');
    const gates = await database.db.query('select from partner_gate where partner_id = $1', [known?.partner.partnerId]);
    assert.equal(gates.rowCount, 1);
  });

  it('gives back what was set, and tells each write in the audit log', async () => {
    const { webhooks } = open();
    const { webhook } = await webhooks.create(MAKER, REQUEST);
    const { name, url, topics, ordered, mapping } = webhook;
    assert.deepEqual({ name, url, topics, ordered, mapping }, REQUEST);
    assert.deepEqual((await webhooks.get(MAKER, webhook.webhookId)).webhook, webhook);
    assert.deepEqual(await webhooks.list(MAKER), [webhook]);
    await webhooks.change(MAKER, webhook.webhookId, { ...REQUEST, name: 'Office' });
    await webhooks.rotateSecret(MAKER, webhook.webhookId, 1);
    await webhooks.remove(MAKER, webhook.webhookId);
    const actions = ['created', 'changed', 'secret_rotated', 'removed'].map((verb) => `webhook.${verb}`);
    assert.deepEqual(await auditActions(), actions);
  });

  it('changes what its owner sets, and leaves what the operator has set', async () => {
    const { webhooks } = open();
    const { webhook } = await webhooks.create(MAKER, REQUEST);
    await database.db.query(`update partner set policy = policy || '{"concurrency": 3}'`);
    clock.advance({ minutes: 1 });
    const changed = await webhooks.change(MAKER, webhook.webhookId, {
      ...REQUEST,
      url: 'http://0x7f.1:9000/x#y',
      topics: ['*'],
      ordered: 'partner',
    });
    assert.deepEqual([changed.url, changed.ordered, changed.topics], ['http://127.0.0.1:9000/x', 'partner', ['*']]);
    assert.equal(changed.changedAt.getTime() - changed.createdAt.getTime(), 60_000);
    const { rows } = await database.db.query('select policy from partner');
    assert.deepEqual(rows, [{ policy: { order: 'partner', concurrency: 3 } }]);
  });

  it('forgets a removed one but for its row, and its secrets wholly', async () => {
    const { webhooks, secrets, adapter } = open();
    const { webhook } = await webhooks.create(MAKER, REQUEST);
    const partnerId = `webhook-${webhook.webhookId}`;
    const directory = createPartnerDirectory(database.db, [adapter]);
    await directory.refresh();
    clock.advance({ seconds: 1 });
    await webhooks.remove(MAKER, webhook.webhookId);
    await directory.refresh();
    assert.equal(directory.find(partnerId), undefined);
    assert.deepEqual([await webhooks.list(MAKER), await secrets.signingKeys(partnerId)], [[], []]);
    await assert.rejects(webhooks.get(MAKER, webhook.webhookId), { code: 'webhooks.not_found' });
    await assert.rejects(webhooks.remove(MAKER, webhook.webhookId), { code: 'webhooks.not_found' });
  });

  it('shows nobody another participant’s', async () => {
    const { webhooks } = open();
    const { webhookId } = (await webhooks.create(MAKER, REQUEST)).webhook;
    const notFound = { code: 'webhooks.not_found' };
    assert.deepEqual(await webhooks.list(SELLER), []);
    await assert.rejects(webhooks.get(SELLER, webhookId), notFound);
    await assert.rejects(webhooks.change(SELLER, webhookId, REQUEST), notFound);
    await assert.rejects(webhooks.remove(SELLER, webhookId), notFound);
    await assert.rejects(webhooks.rotateSecret(SELLER, webhookId, 0), notFound);
    await assert.rejects(webhooks.explainReach(SELLER, webhookId, new AbortController().signal), notFound);
    await assert.rejects(webhooks.get(MAKER, 'nonsense'), notFound);
  });

  it('knows at most twenty of a participant, also of those made at once', async () => {
    const { webhooks } = open();
    const made = await Promise.allSettled(Array.from({ length: 24 }, () => webhooks.create(MAKER, REQUEST)));
    const refused = made.filter((one) => one.status === 'rejected');
    assert.deepEqual([(await webhooks.list(MAKER)).length, refused.length], [20, 4]);
    for (const { reason } of refused) assert.equal(reason.code, 'webhooks.too_many');
    await webhooks.create(SELLER, REQUEST);
  });

  for (const [changes, code, path] of [
    [{ topics: ['order.*', 'audit.written'] }, 'webhooks.topic_unknown', '/topics/1'],
    [{ topics: ['order.re*'] }, 'webhooks.topic_unknown', '/topics/0'],
    [{ url: 'https://10.0.0.1/' }, 'webhooks.address_refused', '/url'],
    [{ url: 'http://1.1.1.1/' }, 'webhooks.address_refused', '/url'],
    [{ url: 'https://example.kz:6379/' }, 'webhooks.port_refused', '/url'],
    [{ url: 'https://a:b@example.kz/' }, 'webhooks.url_invalid', '/url'],
    [{ url: 'javascript:alert(1)' }, 'webhooks.settings_invalid', '/url'],
    [{ mapping: { version: '1', fields: { x: 'y' } } }, 'webhooks.settings_invalid', '/mapping/fields/x'],
  ] as const) {
    it(`refuses ${JSON.stringify(changes)}`, async () => {
      const { webhooks } = open();
      await assert.rejects(webhooks.create(MAKER, { ...REQUEST, ...changes }), (error) => {
        assert.ok(error instanceof Error);
        assert.deepEqual([Reflect.get(error, 'code'), Reflect.get(error, 'options').path], [code, path]);
        return true;
      });
      assert.deepEqual(await auditActions(), []);
    });
  }

  describe('and their secrets', () => {
    const signedBy = async ({ secrets }: ReturnType<typeof open>, partnerId: string) =>
      signatureHeaders(await secrets.signingKeys(partnerId), 'm', clock.now(), BODY);

    it('are sealed at rest, each for its own row', async () => {
      const { webhooks, sealer } = open();
      const { webhook, secret } = await webhooks.create(MAKER, REQUEST);
      const { rows } = await database.db.query<{ sealed: Buffer }>('select sealed from partner_secret');
      const sealed = rows[0]?.sealed ?? Buffer.alloc(0);
      assert.ok(!sealed.includes(secret.secret));
      const context = `webhook-${webhook.webhookId}:${secret.secretId}`;
      assert.equal(sealer.unseal(sealed, context).toString(), secret.secret);
      assert.throws(() => sealer.unseal(sealed, `webhook-other:${secret.secretId}`), { code: 'keys.seal_broken' });
    });

    it('sign beside each other for the time of the overlap', async () => {
      const opened = open();
      const { webhook, secret: old } = await opened.webhooks.create(MAKER, REQUEST);
      const partnerId = `webhook-${webhook.webhookId}`;
      const fresh = await opened.webhooks.rotateSecret(MAKER, webhook.webhookId, 2);
      const both = await signedBy(opened, partnerId);
      assert.ok(verify([old.secret], both, BODY, clock.now()) && verify([fresh.secret], both, BODY, clock.now()));
      const { secrets } = await opened.webhooks.get(MAKER, webhook.webhookId);
      assert.deepEqual(
        secrets.map(({ secretId, expiresAt }) => [secretId, expiresAt === null]),
        [
          [fresh.secretId, true],
          [old.secretId, false],
        ],
      );
      clock.advance({ hours: 2, seconds: 1 });
      const one = await signedBy(opened, partnerId);
      assert.ok(!verify([old.secret], one, BODY, clock.now()) && verify([fresh.secret], one, BODY, clock.now()));
    });

    it('that became known sign no longer at once', async () => {
      const opened = open();
      const { webhook, secret: old } = await opened.webhooks.create(MAKER, REQUEST);
      const partnerId = `webhook-${webhook.webhookId}`;
      await signedBy(opened, partnerId);
      await opened.webhooks.rotateSecret(MAKER, webhook.webhookId, 0);
      const headers = await signedBy(opened, partnerId);
      assert.equal(headers['webhook-signature'].split(' ').length, 1);
      assert.ok(!verify([old.secret], headers, BODY, clock.now()));
    });

    it('are at most three, and always replaceable at once', async () => {
      const { webhooks } = open();
      const { webhookId } = (await webhooks.create(MAKER, REQUEST)).webhook;
      await webhooks.rotateSecret(MAKER, webhookId, 24);
      await webhooks.rotateSecret(MAKER, webhookId, 24);
      await assert.rejects(webhooks.rotateSecret(MAKER, webhookId, 24), { code: 'webhooks.too_many_secrets' });
      assert.equal((await webhooks.get(MAKER, webhookId)).secrets.length, 3);
      await webhooks.rotateSecret(MAKER, webhookId, 0);
      assert.equal((await webhooks.get(MAKER, webhookId)).secrets.length, 1);
    });

    it('changed by another hub are known within five seconds', async () => {
      const [here, there] = [open(), open()];
      const { webhook } = await here.webhooks.create(MAKER, REQUEST);
      const partnerId = `webhook-${webhook.webhookId}`;
      assert.equal((await here.secrets.signingKeys(partnerId)).length, 1);
      await there.webhooks.rotateSecret(MAKER, webhook.webhookId, 24);
      assert.equal((await here.secrets.signingKeys(partnerId)).length, 1);
      clock.advance({ seconds: 6 });
      assert.equal((await here.secrets.signingKeys(partnerId)).length, 2);
    });
  });
});
