import assert from 'node:assert/strict';
import Type from 'typebox';
import type { Adapter } from '../../../src/exchange/adapter.ts';
import type { OperatorDesk } from '../../../src/exchange/operator/desk.ts';
import type { PartnerRequest } from '../../../src/exchange/operator/partner-changes.ts';
import { cancelForRemoved } from '../../../src/exchange/operator/removed-partners.ts';
import { movableClock } from '../../support/clock.ts';
import { DELIVERED, FAILED, scriptedAdapter, startTestExchange, type TestExchange } from '../support.ts';
import { auditOf, makeDelivery, OPERATOR, openDesk, REASON, refuses } from './support.ts';

const OWNER = '180540001239';
const LOOK_AGAIN_MS = 20;

describe('partners in the hands of an operator', () => {
  const scripted = scriptedAdapter();
  const adapter = Object.assign(scripted, {
    settings: Type.Object(
      { url: Type.Optional(Type.String()), token: Type.Optional(Type.String()) },
      { additionalProperties: false },
    ),
    policy: { ratePerSecond: 50 },
  });
  let test: TestExchange;
  let desk: OperatorDesk;

  before(async () => {
    test = await startTestExchange({ transport: 'embedded', adapters: [adapter] });
    const { db } = test.database;
    desk = openDesk({ db, adapters: [adapter], directory: test.exchange.directory });
    await db.query(
      `insert into participant (bin, name, role, registered_at) values ($1, 'Zavod', 'manufacturer', now())`,
      [OWNER],
    );
  });
  after(() => test.stop());
  beforeEach(async () => {
    scripted.answer = () => DELIVERED;
    await test.database.db.query('truncate delivery, audit, partner_gate, partner_secret, partner cascade');
    await test.exchange.directory.refresh();
  });

  const request = (more: Partial<PartnerRequest> = {}): PartnerRequest => ({
    partnerId: 'one',
    adapter: 'scripted',
    name: 'One',
    topics: ['*'],
    settings: { url: 'https://one.kz', token: 'secret' },
    ...more,
  });
  const put = (more: Partial<PartnerRequest> = {}) => desk.partners.put(request(more), OPERATOR);

  /** By itself: nobody refreshes the directory but the exchange. */
  async function noticed(what: string, condition: () => boolean): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!condition()) {
      if (Date.now() > deadline) assert.fail(`not noticed: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  const known = (partnerId: string) => test.exchange.directory.find(partnerId);

  it('are registered, taken up by a running hub, and get their messages', async () => {
    assert.deepEqual(await put({ policy: { concurrency: 2 } }), { registered: true });
    await noticed('a partner', () => known('one') !== undefined);
    await test.send({});
    await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
    const view = await desk.partners.get('one');
    assert.deepEqual(view.policy.own, { concurrency: 2 });
    assert.equal(view.policy.effective?.concurrency, 2);
    assert.equal(view.policy.effective?.ratePerSecond, 50);
    assert.deepEqual(view.settings, { url: 'https://one.kz', token: '***' });
    assert.equal(view.gate.breaker, 'closed');
    assert.ok((view.gate.tokens ?? 0) >= 1);
    assert.equal(view.depth, null);
  });

  it('are changed as a whole, but for a policy that is left out', async () => {
    await put({ policy: { concurrency: 2 } });
    assert.deepEqual(await put({ name: 'Uno', topics: ['order.*'], settings: {} }), { registered: false });
    const view = await desk.partners.get('one');
    assert.deepEqual([view.name, view.topics, view.settings], ['Uno', ['order.*'], {}]);
    assert.deepEqual(view.policy.own, { concurrency: 2 });
    const audit = await auditOf(test.database.db);
    assert.deepEqual(
      audit.map(({ action, subject }) => [action, subject]),
      [
        ['partner.registered', 'one'],
        ['partner.changed', 'one'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(audit), /"secret"/);
  });

  it('are shown page by page', async () => {
    for (const partnerId of ['a', 'b', 'c', 'd', 'e']) await put({ partnerId });
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await desk.partners.list({ cursor, limit: 2 });
      ids.push(...page.partners.map(({ partnerId }) => partnerId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    assert.deepEqual(ids, ['a', 'b', 'c', 'd', 'e']);
  });

  it('get nothing while they are switched off, and what waited when they are on again', async () => {
    await put();
    await noticed('a partner', () => known('one') !== undefined);
    await desk.partners.turn('one', 'off', OPERATOR, 'their migration');
    const before = scripted.dispatches.length;
    await noticed('the switch', () => known('one')?.partner.switchedOff === true);
    await test.send({}, {});
    await test.until((rows) => rows.length === 2, 'two deliveries');
    await test.exchange.pass();
    assert.equal(scripted.dispatches.length, before);
    assert.deepEqual(
      (await test.deliveries()).map(({ state }) => state),
      ['waiting', 'waiting'],
    );
    const view = await desk.partners.get('one');
    assert.deepEqual([view.switchedOff, view.switchReason], [true, 'their migration']);
    await desk.partners.turn('one', 'on', OPERATOR, 'they are back');
    await test.until((rows) => rows.length === 2 && rows.every(({ state }) => state === 'delivered'), 'both go');
    assert.equal((await desk.partners.get('one')).switchReason, null);
    const audit = (await auditOf(test.database.db)).slice(1);
    assert.deepEqual(
      audit.map(({ action, details }) => [action, details['reason']]),
      [
        ['partner.switched_off', 'their migration'],
        ['partner.switched_on', 'they are back'],
      ],
    );
  });

  it('are off even for a hub that has not noticed yet', async () => {
    await put();
    await noticed('a partner', () => known('one') !== undefined);
    const before = scripted.dispatches.length;
    await desk.partners.turn('one', 'off', OPERATOR, REASON);
    await test.send({});
    const [row] = await test.until((rows) => rows.length === 1, 'a delivery');
    await test.exchange.pass();
    assert.equal(row?.state, 'waiting');
    assert.equal(scripted.dispatches.length, before);
  });

  it('follow another policy without a restart', async () => {
    await put({ policy: { retrySeconds: [3_600] } });
    await noticed('a partner', () => known('one') !== undefined);
    scripted.answer = () => FAILED;
    await test.send({});
    await test.until((rows) => rows[0]?.heldBy === 'retry', 'it waits');
    await desk.partners.changePolicy('one', { retrySeconds: [], calendar: null }, OPERATOR, REASON);
    await noticed('the policy', () => known('one')?.policy.retrySeconds.length === 0);
    await test.send({});
    await test.until((rows) => rows[1]?.state === 'parked', 'no attempt is left');
    const entry = (await auditOf(test.database.db)).at(-1);
    assert.deepEqual(entry?.details, {
      reason: REASON,
      before: { retrySeconds: [3_600] },
      after: { retrySeconds: [] },
    });
  });

  it('have no limit where null says so, and their adapter’s where a field is left out', async () => {
    await put({ policy: { ratePerSecond: null, concurrency: null } });
    const effective = async () => (await desk.partners.get('one')).policy.effective?.ratePerSecond;
    assert.equal(await effective(), null);
    assert.deepEqual((await desk.partners.get('one')).policy.own, { ratePerSecond: null });
    await desk.partners.changePolicy('one', {}, OPERATOR, REASON);
    assert.equal(await effective(), 50);
  });

  it('take with them what waits for them when they are removed', async () => {
    const { db } = test.database;
    await db.query(
      `insert into partner (partner_id, adapter, name, topics, created_at, changed_at) values ('two', 'none', 'Two', '{*}', now(), now())`,
    );
    for (const state of ['queued', 'waiting', 'uncertain', 'parked', 'sending', 'delivered'] as const) {
      await makeDelivery(db, { state, partnerId: 'two', lane: state === 'queued' ? 'x' : null });
    }
    await db.query(`update delivery set carried_until = now() where state = 'uncertain'`);
    assert.deepEqual(await desk.partners.remove('two', OPERATOR, REASON), { cancelled: 4 });
    const states = async () => (await test.deliveries()).map(({ state, reason }) => reason ?? state);
    const removed = 'partner_removed';
    assert.deepEqual(await states(), [removed, removed, removed, removed, 'sending', 'delivered']);
    // What was under way comes back later.
    await db.query(`update delivery set state = 'waiting' where state = 'sending'`);
    assert.equal(await cancelForRemoved(db, new Date()), 1);
    assert.equal(await cancelForRemoved(db, new Date()), 0);
    await refuses(db, 'exchange.partner_unknown', () => desk.partners.get('two'));
    await refuses(db, 'exchange.partner_removed', () => put({ partnerId: 'two' }));
    assert.equal((await auditOf(db)).at(-1)?.details['cancelled'], 4);
  });

  it('change later than all changes before, whatever the clock says, so that every hub notices', async () => {
    const { db } = test.database;
    const clock = movableClock();
    const late = openDesk({ db, adapters: [adapter], directory: test.exchange.directory, clock });
    clock.set('2030-01-01T00:00:00Z');
    await late.partners.put(request(), OPERATOR);
    clock.set('2029-01-01T00:00:00Z');
    await Promise.all(['a', 'b', 'c'].map((partnerId) => late.partners.put(request({ partnerId }), OPERATOR)));
    await late.partners.turn('one', 'off', OPERATOR, REASON);
    const { rows } = await db.query<{ at: Date }>('select changed_at as at from partner order by changed_at');
    const first = Date.parse('2030-01-01T00:00:00Z');
    assert.deepEqual(
      rows.map(({ at }) => at.getTime() - first),
      [1, 2, 3, 4],
    );
  });

  describe('are refused', () => {
    const paths = (error: { readonly options: { readonly problems?: readonly { readonly path?: string }[] } }) =>
      error.options.problems?.map(({ path }) => path);

    it('with an adapter that there is not, or another one than before', async () => {
      const { db } = test.database;
      const refusal = await refuses(db, 'exchange.adapter_unknown', () => put({ adapter: 'soap' }));
      assert.deepEqual(refusal.options.details, { adapter: 'soap', allowed: 'scripted' });
      await put();
      const other: Adapter = { ...scriptedAdapter(), name: 'other' };
      const more = openDesk({ db, adapters: [adapter, other], directory: test.exchange.directory });
      await refuses(db, 'exchange.adapter_fixed', () =>
        more.partners.put(request({ adapter: 'other', settings: {} }), OPERATOR),
      );
    });

    it('with settings and policies that do not match, at their places', async () => {
      const { db } = test.database;
      assert.deepEqual(paths(await refuses(db, 'request.invalid', () => put({ settings: { url: 5 } }))), [
        '/settings/url',
      ]);
      assert.deepEqual(paths(await refuses(db, 'request.invalid', () => put({ policy: { order: 'x' } }))), [
        '/policy/order',
      ]);
      await put();
      const policy = (given: Readonly<Record<string, unknown>>) =>
        refuses(db, 'request.invalid', () => desk.partners.changePolicy('one', given, OPERATOR, REASON));
      assert.deepEqual(paths(await policy({ concurrency: 0 })), ['/policy/concurrency']);
      assert.deepEqual(paths(await policy({ nothing: 1 })), ['/policy/nothing']);
      const window = { days: [1], from: '10:00', to: '09:00' };
      const calendar = { timeZone: 'Mars/Base', windows: [window], closedDates: [] };
      assert.deepEqual(paths(await policy({ calendar })), ['/policy/calendar/timeZone', '/policy/calendar/windows/0']);
    });

    it('where they are a participant’s own, but for their switch and policy', async () => {
      const { db } = test.database;
      await test.addPartner('theirs', { bin: OWNER });
      const refusal = await refuses(db, 'exchange.partner_foreign', () => put({ partnerId: 'theirs', settings: {} }));
      assert.deepEqual(refusal.options.details, { bin: OWNER });
      await refuses(db, 'exchange.partner_foreign', () => desk.partners.remove('theirs', OPERATOR, REASON));
      await desk.partners.turn('theirs', 'off', OPERATOR, REASON);
      await desk.partners.changePolicy('theirs', { concurrency: 1 }, OPERATOR, REASON);
    });

    it('without a reason, and where there are none', async () => {
      const { db } = test.database;
      await put();
      await refuses(db, 'exchange.reason_needed', () => desk.partners.turn('one', 'off', OPERATOR, ''));
      await refuses(db, 'exchange.reason_needed', () => desk.partners.remove('one', OPERATOR, ''));
      await refuses(db, 'exchange.reason_needed', () => desk.partners.changePolicy('one', {}, OPERATOR, ''));
      await refuses(db, 'exchange.partner_unknown', () => desk.partners.turn('none', 'off', OPERATOR, REASON));
      await refuses(db, 'exchange.partner_unknown', () => desk.partners.remove('none', OPERATOR, REASON));
      await refuses(db, 'exchange.partner_unknown', () => desk.partners.changePolicy('none', {}, OPERATOR, REASON));
    });
  });
});
