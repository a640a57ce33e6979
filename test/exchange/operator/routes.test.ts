import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { ROLES } from '../../../src/access/permissions.ts';
import { raiseAlert } from '../../../src/core/audit/alerts.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { createJobRunner, type JobRunner } from '../../../src/exchange/jobs/job-runner.ts';
import { createWorkItems } from '../../../src/exchange/reconciliation/work-items.ts';
import { createLog } from '../../../src/log.ts';
import { exchangeRoutes } from '../../../src/routes/exchange/routes.ts';
import type { AnyRoute } from '../../../src/routes/route.ts';
import { scriptedAdapter, startTestExchange, type TestExchange } from '../support.ts';
import { type Door, type DoorAnswer, makeDelivery, openDesk, openDoor, REASON } from './support.ts';

const LONG_AGO = '2000-01-01T00:00:00Z';
const FAR_AHEAD = '2100-01-01T00:00:00Z';
const STEP = { step: 'dns', outcome: 'bad', finding: 'The name has no address.', details: { name: 'x' } } as const;

describe('the operator’s routes', () => {
  const adapter = { ...scriptedAdapter(), explainReach: async () => [STEP] };
  let test: TestExchange;
  let door: Door;
  let routes: readonly AnyRoute[];
  let jobs: JobRunner;

  before(async () => {
    test = await startTestExchange({ transport: 'embedded', adapters: [adapter] });
    const { db } = test.database;
    const { exchange } = test;
    await test.addPartner('nobody', { adapter: 'none' });
    const deps = { db, clock: systemClock, log: createLog('silent') };
    const nightly = {
      name: 'nightly',
      schedule: '0 4 * * *',
      timeZone: 'Asia/Almaty',
      describe: 'Counts.',
      leaseSeconds: 60,
    };
    jobs = createJobRunner({ ...deps, jobs: [{ ...nightly, run: async () => ({ count: 1 }) }] });
    const desk = openDesk({ db, adapters: [adapter], directory: exchange.directory });
    routes = exchangeRoutes({ desk, exchange, jobs, workItems: createWorkItems(deps) });
    door = await openDoor(
      routes,
      Object.fromEntries(ROLES.map((role, index) => [role, { bin: `${180540001230 + index}`, role, name: role }])),
    );
  });
  after(async () => {
    await door.stop();
    await jobs.stop();
    await test.stop();
  });

  const call = (method: string, path: string, body?: unknown) => door.call(method, path, 'operator', body);

  /** Answered as promised. */
  async function good(status: number, method: string, path: string, body?: unknown): Promise<DoorAnswer['body']> {
    const answer = await call(method, path, body);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    const given = path.replace(/\?.*/, '').split('/');
    const route = routes.find((each) => {
      const parts = each.path.replace('/api/v1/exchange', '').split('/');
      const same =
        parts.length === given.length && parts.every((part, at) => part.startsWith(':') || part === given[at]);
      return same && each.method === method.toLowerCase();
    });
    const schema = route?.responses[status]?.schema;
    if (schema !== undefined) {
      const ajv = new Ajv2020({ strict: false });
      ajvFormats.default(ajv);
      assert.ok(ajv.validate(schema, answer.body), `${ajv.errorsText()} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  it('are for the operator alone', async () => {
    for (const role of ROLES.filter((each) => each !== 'operator')) {
      for (const route of routes.filter(({ access }) => access === 'exchange')) {
        const path = route.path.replace('/api/v1/exchange', '').replaceAll(/:\w+/g, 'x');
        const { status, body } = await door.call(route.method.toUpperCase(), path, role, route.body && {});
        assert.deepEqual([status, body['code']], [403, 'access.forbidden'], `${role} ${path}`);
      }
    }
  });

  it('search for messages and show one', async () => {
    const { messageId } = await makeDelivery(test.database.db, { partnerId: 'nobody', keys: ['order:1'] });
    const page = await good(200, 'GET', `/messages?order=00000000-0000-7000-8000-000000000000`);
    assert.deepEqual(page, { messages: [], nextCursor: null });
    const found = await good(200, 'GET', `/messages?messageId=${messageId}&from=${LONG_AGO}&limit=1`);
    assert.equal(Object(found['messages'])[0].messageId, messageId);
    const view = await good(200, 'GET', `/messages/${messageId}`);
    assert.equal(view['messageId'], messageId);
    assert.match(Object(view['deliveries'])[0].explanation, /^Delivered at/);
    const refused = await call('GET', '/messages?direction=inbound');
    assert.deepEqual([refused.status, refused.body['code']], [400, 'exchange.search_without_key']);
    assert.equal((await call('GET', '/messages?limit=101&topic=x')).status, 400);
  });

  it('park, cancel and replay', async () => {
    const { db } = test.database;
    const { deliveryId } = await makeDelivery(db, { partnerId: 'nobody', state: 'uncertain' });
    await good(204, 'POST', `/deliveries/${deliveryId}/park`, { reason: REASON });
    await good(204, 'POST', `/deliveries/${deliveryId}/cancel`, { reason: REASON });
    const again = await call('POST', `/deliveries/${deliveryId}/park`, { reason: REASON });
    assert.deepEqual([again.status, again.body['code']], [409, 'exchange.delivery_state']);
    const selection = { states: ['cancelled'], from: LONG_AGO, to: FAR_AHEAD, partnerId: 'nobody' };
    const preview = await good(200, 'POST', '/replays', { selection, preview: true });
    assert.equal(preview['replayed'], 1);
    assert.equal(Object(preview['oldest'])[0].deliveryId, deliveryId);
    const unreasoned = await call('POST', '/replays', { selection, preview: false });
    assert.deepEqual([unreasoned.status, unreasoned.body['code']], [400, 'exchange.reason_needed']);
    const { replayed } = await good(200, 'POST', '/replays', { selection, preview: false, reason: REASON });
    assert.equal(replayed, 1);
    await good(200, 'POST', '/replays', { deliveryIds: [deliveryId], preview: true });
  });

  it('keep partners', async () => {
    const partner = {
      adapter: 'scripted',
      name: 'New',
      topics: ['x.*'],
      settings: {},
      policy: { concurrency: 3, order: null },
    };
    const made = await good(201, 'PUT', '/partners/new', partner);
    assert.deepEqual(Object(made['policy']).own, { concurrency: 3 });
    await good(200, 'PUT', '/partners/new', partner);
    await good(200, 'GET', '/partners/new');
    const { partners } = await good(200, 'GET', '/partners?limit=100');
    assert.deepEqual(
      Object(partners).map(({ partnerId }: { partnerId: string }) => partnerId),
      ['new', 'nobody'],
    );
    await good(200, 'PUT', '/partners/new/policy', { policy: { dailyQuota: 5 }, reason: REASON });
    const off = await good(200, 'PUT', '/partners/new/switch', { to: 'off', reason: REASON });
    assert.equal(off['switchedOff'], true);
    await test.exchange.directory.refresh();
    await good(200, 'POST', '/partners/new/dry-runs', { settings: {}, from: LONG_AGO, to: FAR_AHEAD, limit: 10 });
    assert.deepEqual(await good(200, 'POST', '/partners/new/reachability'), { steps: [STEP] });
    const removed = await good(200, 'DELETE', `/partners/new?reason=${encodeURIComponent(REASON)}`);
    assert.deepEqual(removed, { cancelled: 0 });
    assert.equal((await call('GET', '/partners/new')).status, 404);
    assert.equal((await call('PUT', '/partners/Not_an_id', partner)).status, 400);
    assert.equal((await call('POST', '/partners/none/reachability')).status, 404);
  });

  it('list jobs and have one run', async () => {
    const [job] = Object((await good(200, 'GET', '/jobs'))['jobs']);
    assert.deepEqual([job.name, job.lastRun], ['nightly', null]);
    await good(202, 'POST', '/jobs/nightly/runs');
    await jobs.runDue();
    const [run] = Object((await good(200, 'GET', '/jobs/nightly/runs'))['runs']);
    assert.deepEqual([run.outcome, run.requestedBy, run.details], ['succeeded', '180540001230', { count: 1 }]);
    assert.equal((await call('POST', '/jobs/none/runs')).status, 404);
  });

  it('list work items and resolve one', async () => {
    const workItemId = '019ab8e7-7c00-7000-8000-000000000009';
    await test.database.db.query(
      `insert into work_item (work_item_id, kind, partner_id, day, opened_at)
       values ($1, 'report_missing', 'nobody', '2026-11-24', now())`,
      [workItemId],
    );
    const { items } = await good(200, 'GET', '/work-items?open=true&partner=nobody&kind=report_missing&day=2026-11-24');
    assert.equal(Object(items)[0].workItemId, workItemId);
    const short = await call('POST', `/work-items/${workItemId}/resolve`, { reason: 'x' });
    assert.equal(short.body['code'], 'exchange.reason_needed');
    const resolved = await good(200, 'POST', `/work-items/${workItemId}/resolve`, { reason: REASON });
    assert.equal(resolved['resolution'], REASON);
    assert.equal((await call('POST', `/work-items/${workItemId}/resolve`, { reason: REASON })).status, 409);
  });

  it('list alerts, the newest first, page by page and by kind', async () => {
    const { db } = test.database;
    for (const number of [1, 2, 3]) {
      await raiseAlert(db, { at: new Date(), kind: 'receipt_conflict', subject: `r-${number}`, details: { number } });
      await raiseAlert(db, { at: new Date(), kind: 'document_failed', subject: `d-${number}`, details: {} });
    }
    const subjects: string[] = [];
    let cursor: unknown = '';
    do {
      const page = await good(200, 'GET', `/alerts?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      subjects.push(...Object(page['alerts']).map(({ subject }: { subject: string }) => subject));
      cursor = page['nextCursor'];
    } while (cursor !== null);
    assert.deepEqual(subjects, ['d-3', 'r-3', 'd-2', 'r-2', 'd-1', 'r-1']);
    const { alerts } = await good(200, 'GET', '/alerts?kind=receipt_conflict');
    assert.equal(Object(alerts).length, 3);
    assert.equal((await call('GET', '/alerts?cursor=x')).status, 400);
  });

  it('tell how the exchange is', async () => {
    const status = await good(200, 'GET', '/status');
    assert.equal(status['transport'], 'embedded');
    assert.equal(status['sending'], 0);
    assert.ok(Array.isArray(status['connections']));
  });
});
