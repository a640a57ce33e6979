import assert from 'node:assert/strict';
import type { Role } from '../../src/access/permissions.ts';
import { withCheckDigit } from '../codes/code-samples.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Call, orderCodes, startTestHub, type TestHub } from '../support/hub.ts';

const CARDS = '/api/v1/catalogue/cards';
const texts = (text: string) => ({ kk: text, ru: text, en: text });
const card = { tradeName: texts('Water'), manufacturer: texts('Maker'), country: 'KZ' };
const edit = { productGroup: 'water', card };

describe('goods cards over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;
  let goods = 0;

  before(async () => {
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  function newGtin(): string {
    goods += 1;
    return withCheckDigit(`04875${String(goods).padStart(8, '0')}`);
  }

  const put = (gtin: string, body: unknown = edit, call: Call = {}) =>
    hub.call('PUT', `${CARDS}/${gtin}`, { as: 'manufacturer', body, ...call });
  const post = (as: Role, gtin: string, verb: string, body?: unknown) =>
    hub.call('POST', `${CARDS}/${gtin}/${verb}`, { as, ...(body === undefined ? {} : { body }) });
  const get = (as: Role, path: string) => hub.call('GET', `${CARDS}${path}`, { as });

  async function published(): Promise<string> {
    const gtin = newGtin();
    await put(gtin);
    await post('manufacturer', gtin, 'submit');
    const approved = await post('operator', gtin, 'approve');
    assert.equal(approved.status, 200, approved.text);
    return gtin;
  }

  it('go from the first draft to codes', async () => {
    const gtin = newGtin();
    const draft = await put(gtin);
    assert.deepEqual([draft.status, draft.body.draft.status, draft.body.published], [200, 'draft', null], draft.text);
    const submitted = await post('manufacturer', gtin, 'submit');
    assert.equal(submitted.body.draft.status, 'on_moderation');
    assert.ok(Date.parse(submitted.body.draft.answerDueAt) > Date.parse(submitted.body.draft.submittedAt));
    const waiting = await get('operator', '?status=on_moderation&productGroup=water');
    assert.ok(waiting.body.cards.some((one: { gtin: string }) => one.gtin === gtin));
    const approved = await post('operator', gtin, 'approve');
    assert.deepEqual([approved.body.published.status, approved.body.draft], ['published', null]);
    assert.equal((await orderCodes(hub, 'water', gtin, 1)).length, 1);
  });

  it('are edited by one who has seen the newest version', async () => {
    const gtin = newGtin();
    assert.equal((await put(gtin)).headers.get('etag'), '"1"');
    assert.equal((await put(gtin, edit, { headers: { 'if-match': '"1"' } })).headers.get('etag'), '"2"');
    const stale = await put(gtin, edit, { headers: { 'if-match': '"1"' } });
    assert.deepEqual([stale.status, stale.body.code], [409, 'catalogue.version_conflict']);
  });

  it('come back with a reason', async () => {
    const gtin = newGtin();
    await put(gtin);
    await post('manufacturer', gtin, 'submit');
    assert.equal((await post('operator', gtin, 'refuse', { reason: ' ' })).status, 400);
    const refused = await post('operator', gtin, 'refuse', { reason: 'No such GTIN at GS1' });
    assert.deepEqual([refused.body.draft.status, refused.body.draft.reason], ['refused', 'No such GTIN at GS1']);
  });

  it('give no codes while they are blocked', async () => {
    const gtin = await published();
    const order = () =>
      hub.call('POST', '/api/v1/orders', {
        as: 'manufacturer',
        body: {
          productGroup: 'water',
          products: [{ gtin, quantity: 1, serialNumberType: 'OPERATOR', cisType: 'UNIT' }],
          releaseMethodType: 'PRIMARY',
        },
      });
    assert.equal((await post('operator', gtin, 'block', { reason: 'Recall' })).body.published.status, 'blocked');
    assert.equal((await order()).body.code, 'orders.gtin_blocked');
    await post('operator', gtin, 'unblock');
    assert.equal((await order()).status, 201);
    assert.equal((await post('manufacturer', gtin, 'archive')).body.published.status, 'archived');
    assert.equal((await order()).body.code, 'orders.gtin_archived');
  });

  it('are listed page by page, each participant’s own', async () => {
    const own = [await published(), newGtin()];
    await put(own[1] ?? '');
    const first = await get('manufacturer', '?limit=1');
    const second = await get('manufacturer', `?limit=500&after=${first.body.next}`);
    const listed = [...first.body.cards, ...second.body.cards].map((one: { gtin: string }) => one.gtin);
    assert.deepEqual(listed, [...new Set(listed)].sort());
    assert.ok(own.every((gtin) => listed.includes(gtin)));
    assert.equal(second.body.next, null);
    const foreign = await get('retailer', '');
    assert.deepEqual(foreign.body.cards, []);
  });

  it('are read by everybody with a key once they are published', async () => {
    const gtin = await published();
    for (const as of ['ofd', 'authority', 'retailer', 'operator'] as const) {
      assert.deepEqual((await get(as, `/${gtin}`)).body.published.card, card);
    }
    assert.equal((await hub.call('GET', `${CARDS}/${gtin}`)).status, 401);
  });

  it('are decided on by the operator alone, and edited by those who trade', async () => {
    const gtin = newGtin();
    for (const as of ['ofd', 'authority', 'operator'] as const)
      assert.equal((await put(gtin, edit, { as })).status, 403);
    await put(gtin);
    await post('manufacturer', gtin, 'submit');
    assert.equal((await post('manufacturer', gtin, 'approve')).status, 403);
  });

  it('are drawn a GTIN for where the group allows it', async () => {
    const draw = (productGroup: string) =>
      hub.call('POST', '/api/v1/catalogue/technical-gtins', { as: 'manufacturer', body: { productGroup } });
    const drawn = await draw('shoes');
    assert.deepEqual([drawn.status, drawn.body.gtin.slice(0, 3)], [201, '029'], drawn.text);
    assert.equal((await put(drawn.body.gtin, { productGroup: 'shoes', card })).status, 200);
    assert.equal((await draw('milk')).body.code, 'catalogue.technical_gtin_not_allowed');
  });

  it('let an importer order codes while the owner trusts it', async () => {
    const gtin = await published();
    const importer = hub.binOf('importer');
    const path = `${CARDS}/${gtin}/trusted`;
    assert.equal((await hub.call('PUT', `${path}/${importer}`, { as: 'manufacturer' })).status, 204);
    const listed = await hub.call('GET', path, { as: 'manufacturer' });
    assert.deepEqual([listed.body.trusted[0].bin, listed.body.next], [importer, null]);
    assert.equal((await orderCodes(hub, 'water', gtin, 1, 'importer')).length, 1);
    assert.equal((await hub.call('DELETE', `${path}/${importer}`, { as: 'manufacturer' })).status, 204);
    assert.deepEqual((await hub.call('GET', path, { as: 'manufacturer' })).body.trusted, []);
  });

  describe('with a fault', () => {
    const faults: readonly (readonly [what: string, status: number, change: object])[] = [
      ['a NUL in a text', 400, { brand: 'a\u0000b' }],
      ['half a character in a text', 400, { brand: 'a\ud800' }],
      [
        'a day that does not exist',
        400,
        { conformityDocument: { kind: 'declaration', number: '1', issuedOn: '2026-02-30' } },
      ],
      ['an HS code of nine digits', 400, { hsCode: '640399000' }],
      ['a count of nothing', 400, { packageType: 'group', content: [{ gtin: '04870000100019', count: 0 }] }],
      ['a field that no card has', 400, { colour: 'red' }],
      ['a name of an attribute that is none', 400, { attributes: { 'a b': 1 } }],
      ['a number that no database holds', 400, { netQuantity: { value: 1e300, unit: 'l' } }],
      ['text in four scripts and signs', 200, { brand: 'Äl 水 🍇 Таңба' }],
    ];
    for (const [what, status, change] of faults) {
      it(`of ${what} are answered with ${status}`, async () => {
        const answer = await put(newGtin(), { productGroup: 'water', card: { ...card, ...change } });
        assert.equal(answer.status, status, answer.text);
      });
    }

    it('in the GTIN are answered by name', async () => {
      assert.equal((await put('487')).body.code, 'code.gtin_malformed');
      assert.equal((await get('retailer', '/04875000000001')).body.code, 'code.gtin_check_digit');
      assert.equal((await get('retailer', `/${newGtin()}`)).status, 404);
    });

    it('are told in the language that was asked for', async () => {
      const gtin = newGtin();
      const headers = { 'accept-language': 'en' };
      await put(gtin, { productGroup: 'tobacco', card });
      const answer = await hub.call('POST', `${CARDS}/${gtin}/submit`, { as: 'manufacturer', headers });
      assert.match(answer.body.errors[0].message, /lacks "hsCode"/);
      assert.equal(answer.body.errors.length, 2);
    });
  });
});
