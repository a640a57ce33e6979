import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { TanbaError } from '../../src/core/errors.ts';
import { createReconciliationJob } from '../../src/exchange/jobs/reconciliation-job.ts';
import type { WorkItemKind } from '../../src/exchange/reconciliation/causes.ts';
import { WORK_ITEM_KINDS } from '../../src/exchange/reconciliation/causes.ts';
import type { ReconciliationCounts } from '../../src/exchange/reconciliation/three-way.ts';
import { reconcileDay } from '../../src/exchange/reconciliation/three-way.ts';
import type { WorkItems } from '../../src/exchange/reconciliation/work-items.ts';
import { createWorkItems } from '../../src/exchange/reconciliation/work-items.ts';
import { createLog } from '../../src/log.ts';
import type { MovableClock } from '../support/clock.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { RowDelivery, RowPartner } from './rows.ts';
import { DIGEST, insertMessage, insertPartner, insertReport, OTHER_DIGEST } from './rows.ts';

const DAY = '2026-11-24';
const SENT_AT = new Date('2026-11-24T12:00:00+05:00');
const LAST_MINUTE = new Date('2026-11-24T23:59:30+05:00');
const NIGHT = '2026-11-25T04:00:00+05:00';
const TWO_NIGHTS = '2026-11-26T04:00:00+05:00';
const OPERATOR = { bin: '180540001239', ip: '127.0.0.1' };

describe('the daily comparison with partners', () => {
  let test: TestDatabase;
  let clock: MovableClock;
  let workItems: WorkItems;
  /** Its answer is the receipt, and it reports nothing. */
  let plain: RowPartner;
  /** Acknowledges with a message of its own within a day. */
  let messenger: RowPartner;
  let reporter: RowPartner;
  /** Both, far in the west. */
  let western: RowPartner;
  let partners: RowPartner[];
  const directory = { partners: () => partners };

  before(async () => {
    test = await createTestDatabase();
    plain = await insertPartner(test.db, 'plain');
    messenger = await insertPartner(test.db, 'messenger', { acknowledgement: 'message' });
    reporter = await insertPartner(test.db, 'reporter', { dailyReport: true });
    western = await insertPartner(test.db, 'western', {
      acknowledgement: 'message',
      dailyReport: true,
      calendar: { timeZone: 'America/New_York', windows: [], closedDates: [] },
    });
  });
  after(() => test.drop());
  beforeEach(async () => {
    clock = movableClock(TWO_NIGHTS);
    workItems = createWorkItems({ db: test.db, clock });
    partners = [plain, messenger, reporter, western];
    await test.db.query('truncate message, delivery, partner_report, work_item, job_run, job, audit');
  });

  const reconciled = (): Promise<ReconciliationCounts> =>
    reconcileDay(test.db, { day: DAY, now: clock.now(), directory });
  const send = (to: RowPartner, more: Partial<RowDelivery> = {}): Promise<string> => {
    const finishedAt = more.finishedAt ?? SENT_AT;
    const { partnerId } = to.partner;
    return insertMessage(test.db, finishedAt, [{ partnerId, state: 'delivered', ...more, finishedAt }]);
  };
  const report = (by: RowPartner, messageId: string, more: { day?: string; digest?: Buffer } = {}): Promise<void> =>
    insertReport(test.db, { partnerId: by.partner.partnerId, day: DAY, messageId, ...more });
  const acknowledge = (messageId: string): Promise<unknown> =>
    test.db.query('update delivery set acknowledged_at = $2 where message_id = $1', [messageId, clock.now()]);

  const all = async () => (await workItems.list({ limit: 1_000 })).items;
  const open = async (): Promise<[string, string, string | null][]> =>
    (await workItems.list({ open: true, limit: 1_000 })).items
      .map(({ kind, partnerId, messageId }): [string, string, string | null] => [kind, partnerId, messageId])
      .sort();

  function counted(counts: ReconciliationCounts): Partial<Record<WorkItemKind, [number, number]>> {
    const changed = WORK_ITEM_KINDS.filter((kind) => counts[kind].opened + counts[kind].settled > 0);
    return Object.fromEntries(changed.map((kind) => [kind, [counts[kind].opened, counts[kind].settled]]));
  }

  it('finds nothing where all agree', async () => {
    await send(plain);
    await send(messenger, { acknowledgedAt: SENT_AT, acknowledgedDigest: DIGEST });
    await report(reporter, await send(reporter), { digest: DIGEST });
    assert.deepEqual(counted(await reconciled()), {});
  });

  it('finds what was not acknowledged in time, and no sooner', async () => {
    const late = await send(messenger);
    clock.set('2026-11-25T11:59:59+05:00');
    assert.deepEqual(counted(await reconciled()), {});
    clock.advance({ seconds: 1 });
    assert.deepEqual(counted(await reconciled()), { sent_not_acknowledged: [1, 0] });
    const [item] = await all();
    assert.deepEqual([item?.messageId, item?.day, item?.openedAt], [late, DAY, clock.now()]);
    assert.deepEqual(item?.details['sentAt'], '2026-11-24T07:00:00+00:00');
  });

  it('finds an acknowledgement of another content, whoever gave it', async () => {
    const ids = [await send(plain, { acknowledgedAt: SENT_AT, acknowledgedDigest: OTHER_DIGEST })];
    ids.push(await send(messenger, { acknowledgedAt: SENT_AT, acknowledgedDigest: OTHER_DIGEST }));
    assert.deepEqual(counted(await reconciled()), { acknowledged_digest_differs: [2, 0] });
    const item = (await all()).find(({ messageId }) => messageId === ids[0]);
    assert.equal(item?.details['digest'], DIGEST.toString('hex'));
    assert.equal(item?.details['acknowledgedDigest'], OTHER_DIGEST.toString('hex'));
  });

  it('finds what the report lacks, has too much, or has with another content', async () => {
    const [lacking, differing] = [await send(reporter), await send(reporter)];
    const invented = randomUUID();
    const parked = await send(reporter, { state: 'parked' });
    await report(reporter, differing, { digest: OTHER_DIGEST });
    await report(reporter, invented);
    await report(reporter, parked);
    await reconciled();
    assert.deepEqual(
      await open(),
      [
        ['in_report_not_sent', 'reporter', invented],
        ['in_report_not_sent', 'reporter', parked],
        ['report_digest_differs', 'reporter', differing],
        ['sent_not_in_report', 'reporter', lacking],
      ].sort(),
    );
  });

  it('opens one item for a report that is missing as a whole, and none where nothing was sent', async () => {
    assert.deepEqual(counted(await reconciled()), {});
    await send(reporter);
    await send(reporter);
    assert.deepEqual(counted(await reconciled()), { report_missing: [1, 0] });
    assert.deepEqual((await all())[0]?.details, { sent: 2 });
  });

  it('takes the report of the next day for what went out at midnight', async () => {
    await report(reporter, await send(reporter));
    await report(reporter, await send(reporter, { finishedAt: LAST_MINUTE }), { day: '2026-11-25' });
    assert.deepEqual(counted(await reconciled()), {});
  });

  it('takes days as the partner has them, and only when they are over', async () => {
    const finishedAt = new Date('2026-11-24T23:30:00-05:00');
    await send(western, { finishedAt, acknowledgedAt: finishedAt });
    clock.set('2026-11-24T23:59:59-05:00');
    assert.deepEqual(counted(await reconciled()), {});
    clock.set('2026-11-25T00:00:00-05:00');
    assert.deepEqual(counted(await reconciled()), { report_missing: [1, 0] });
  });

  it('asks nothing of partners that have been removed', async () => {
    await send(messenger);
    partners = [];
    assert.deepEqual(counted(await reconciled()), {});
  });

  it('changes nothing when repeated, and opens nothing again that somebody resolved', async () => {
    await send(messenger);
    await send(reporter);
    await reconciled();
    const [item] = await all();
    await workItems.resolve(item?.workItemId ?? '', OPERATOR, 'told by telephone');
    const before = await all();
    clock.advance({ hours: 1 });
    assert.deepEqual(counted(await reconciled()), {});
    assert.deepEqual(await all(), before);
  });

  it('settles what an acknowledgement or a report brings in later', async () => {
    const [unanswered, answered] = [await send(messenger), await send(messenger)];
    const [reported, lacking] = [await send(reporter), await send(reporter)];
    await reconciled();
    await acknowledge(answered);
    await report(reporter, reported);
    clock.advance({ hours: 1 });
    assert.deepEqual(counted(await reconciled()), {
      sent_not_acknowledged: [0, 1],
      sent_not_in_report: [1, 0],
      report_missing: [0, 1],
    });
    assert.deepEqual(await open(), [
      ['sent_not_acknowledged', 'messenger', unanswered],
      ['sent_not_in_report', 'reporter', lacking],
    ]);
    const settled = (await all()).filter(({ resolvedAt }) => resolvedAt !== null);
    for (const { resolvedAt, resolvedBy, resolution } of settled) {
      assert.deepEqual([resolvedAt, resolvedBy, resolution], [clock.now(), 'reconciliation', 'settled']);
    }
    assert.equal(settled.length, 2);
  });

  it('settles nothing only because the policy no longer asks for it', async () => {
    await send(messenger);
    await reconciled();
    partners = [{ ...messenger, policy: { ...messenger.policy, acknowledgement: 'answer' } }];
    assert.deepEqual(counted(await reconciled()), {});
    assert.equal((await open()).length, 1);
  });

  describe('by night', () => {
    const night = async (at: string): Promise<Record<string, unknown>> => {
      clock.set(at);
      const job = createReconciliationJob({ db: test.db, directory });
      const { signal } = new AbortController();
      const details = await job.run({ now: clock.now(), signal, log: createLog('silent') });
      await test.db.query(`insert into job values ('reconciliation', '', '', $1) on conflict do nothing`, [
        clock.now(),
      ]);
      await test.db.query(
        `insert into job_run (run_id, name, started_at, outcome) values (gen_random_uuid(), 'reconciliation', $1, 'succeeded')`,
        [clock.now()],
      );
      return details;
    };

    it('judges an acknowledgement once its time is over, though its day was compared before', async () => {
      const late = await send(messenger);
      await night(NIGHT);
      assert.deepEqual(await open(), []);
      await night(TWO_NIGHTS);
      assert.deepEqual(await open(), [['sent_not_acknowledged', 'messenger', late]]);
      assert.equal((await all())[0]?.day, DAY);
    });

    it('looks again at a day about which something is open, weeks later', async () => {
      const late = await send(messenger);
      for (const at of [TWO_NIGHTS, '2026-11-27T04:00:00+05:00', '2026-12-10T04:00:00+05:00']) await night(at);
      await acknowledge(late);
      const details = await night('2026-12-20T04:00:00+05:00');
      assert.deepEqual(details['sent_not_acknowledged'], { opened: 0, settled: 1 });
    });

    it('makes up for the days of nights that were missed', async () => {
      partners = [reporter];
      assert.equal((await night('2026-11-20T04:00:00+05:00'))['days'], 34);
      await send(reporter);
      const details = await night('2026-11-30T04:00:00+05:00');
      assert.deepEqual([details['partners'], details['days']], [1, 13]);
      assert.deepEqual(await open(), [['report_missing', 'reporter', null]]);
    });

    it('compares one day where nothing can be late', async () => {
      partners = [plain];
      await night(NIGHT);
      assert.equal((await night(TWO_NIGHTS))['days'], 1);
    });
  });

  describe('for any set of messages', () => {
    const fate = fc.record({
      sent: fc.boolean(),
      acknowledged: fc.constantFrom('not', 'plainly', 'rightly', 'wrongly'),
      reported: fc.constantFrom('not', 'plainly', 'rightly', 'wrongly'),
    });
    type Fate = typeof fate extends fc.Arbitrary<infer T> ? T : never;
    const digests = { not: undefined, plainly: undefined, rightly: DIGEST, wrongly: OTHER_DIGEST };

    /** Written down once more, as a table of one message. */
    function kindsOf({ sent, acknowledged, reported }: Fate, anyReport: boolean): WorkItemKind[] {
      if (!sent) return reported === 'not' ? [] : ['in_report_not_sent'];
      const kinds: WorkItemKind[] = [];
      if (acknowledged === 'not') kinds.push('sent_not_acknowledged');
      if (acknowledged === 'wrongly') kinds.push('acknowledged_digest_differs');
      if (reported === 'not' && anyReport) kinds.push('sent_not_in_report');
      if (reported === 'wrongly') kinds.push('report_digest_differs');
      return kinds;
    }

    it('opens exactly the right kinds, once', async function () {
      this.timeout(60_000);
      const property = fc.asyncProperty(fc.array(fate, { maxLength: 8 }), async (fates) => {
        await test.db.query('truncate message, delivery, partner_report, work_item');
        clock.set('2026-11-27T04:00:00+05:00');
        const expected: [string, string, string | null][] = [];
        const anyReport = fates.some(({ reported }) => reported !== 'not');
        for (const each of fates) {
          const messageId = await send(western, {
            state: each.sent ? 'delivered' : 'parked',
            acknowledgedAt: each.acknowledged === 'not' ? undefined : SENT_AT,
            acknowledgedDigest: digests[each.acknowledged],
          });
          const digest = digests[each.reported];
          if (each.reported !== 'not') await report(western, messageId, digest === undefined ? {} : { digest });
          for (const kind of kindsOf(each, anyReport)) expected.push([kind, 'western', messageId]);
        }
        if (!anyReport && fates.some(({ sent }) => sent)) expected.push(['report_missing', 'western', null]);
        await reconciled();
        assert.deepEqual(await open(), expected.sort());
        assert.deepEqual(counted(await reconciled()), {});
      });
      await fc.assert(property, { numRuns: 60 });
    });
  });

  describe('its work items', () => {
    const code = (expected: string) => (error: unknown) => error instanceof TanbaError && error.code === expected;

    it('come open ones first, then the newest, page by page, each once', async () => {
      for (let round = 0; round < 4; round += 1) {
        await send(messenger);
        await send(messenger);
        clock.advance({ minutes: 1 });
        await reconciled();
      }
      const first = await all();
      for (const item of first.slice(0, 3)) await workItems.resolve(item.workItemId, OPERATOR, 'seen');
      const paged: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await workItems.list({ limit: 3, cursor });
        paged.push(...page.items.map(({ workItemId }) => workItemId));
        cursor = page.cursor ?? undefined;
      } while (cursor !== undefined);
      const ids = first.map(({ workItemId }) => workItemId);
      assert.deepEqual(paged, [...ids.slice(3), ...ids.slice(0, 3)]);
    });

    it('are filtered by partner, kind, day and state', async () => {
      await send(messenger);
      await send(reporter);
      await reconciled();
      const count = async (filter: object): Promise<number> =>
        (await workItems.list({ limit: 10, ...filter })).items.length;
      const filters = [
        {},
        { partnerId: 'reporter' },
        { kind: 'sent_not_acknowledged' },
        { day: DAY },
        { day: '2026-11-25' },
        { open: true },
        { open: false },
        { partnerId: 'reporter', kind: 'sent_not_acknowledged' },
      ];
      assert.deepEqual(await Promise.all(filters.map(count)), [2, 1, 1, 2, 0, 2, 0, 0]);
    });

    it('are resolved once, by somebody, with a word why', async () => {
      await send(messenger);
      await reconciled();
      const [{ workItemId } = assert.fail()] = await all();
      const resolved = await workItems.resolve(workItemId, OPERATOR, 'told by telephone');
      assert.deepEqual(
        [resolved.resolvedAt, resolved.resolvedBy, resolved.resolution],
        [clock.now(), OPERATOR.bin, 'told by telephone'],
      );
      const { rows } = await test.db.query(`select bin, subject, details->>'resolution' as word from audit`);
      assert.deepEqual(rows, [{ bin: OPERATOR.bin, subject: workItemId, word: 'told by telephone' }]);
      await assert.rejects(workItems.resolve(workItemId, OPERATOR, 'again'), code('exchange.work_item_resolved'));
    });

    it('are known by their ids, and pages by their cursors', async () => {
      for (const id of ['42', randomUUID()]) {
        await assert.rejects(workItems.resolve(id, OPERATOR, ''), code('exchange.work_item_unknown'));
      }
      for (const cursor of ['', 'open.1', 'open.1.x', `shut.1.${randomUUID()}`]) {
        await assert.rejects(workItems.list({ limit: 1, cursor }), code('request.value_format'));
      }
    });
  });
});
