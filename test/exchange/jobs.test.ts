import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { TanbaError } from '../../src/core/errors.ts';
import type { Job, JobContext } from '../../src/exchange/jobs/job.ts';
import type { JobRunner } from '../../src/exchange/jobs/job-runner.ts';
import { createJobRunner } from '../../src/exchange/jobs/job-runner.ts';
import { createLog } from '../../src/log.ts';
import type { MovableClock } from '../support/clock.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';

const OPERATOR = { bin: '180540001239', ip: '127.0.0.1' };
const NIGHTLY = { schedule: '30 3 * * *', timeZone: 'Asia/Almaty', describe: 'Counts its runs.', leaseSeconds: 60 };
const BEFORE = '2026-11-24T03:00:00+05:00';
const DUE = '2026-11-24T03:30:00+05:00';
const NEXT = new Date('2026-11-25T03:30:00+05:00');

describe('scheduled jobs', () => {
  let test: TestDatabase;
  let clock: MovableClock;
  let runners: JobRunner[];

  before(async () => {
    test = await createTestDatabase();
  });
  after(() => test.drop());
  beforeEach(async () => {
    clock = movableClock(BEFORE);
    runners = [];
    await test.db.query('truncate job, job_run, audit');
  });
  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.stop()));
  });

  /** Its jobs are registered. */
  async function hub(jobs: readonly Job[], runsKept = 1_000): Promise<JobRunner> {
    const runner = createJobRunner({ db: test.db, clock, log: createLog('silent'), jobs, runsKept });
    runners.push(runner);
    await runner.list();
    return runner;
  }

  function counting(more: Partial<Job> = {}): Job & { readonly runs: JobContext[] } {
    const runs: JobContext[] = [];
    const run = async (context: JobContext): Promise<Record<string, unknown>> => ({ count: runs.push(context) });
    return { name: 'nightly', ...NIGHTLY, run, ...more, runs };
  }

  /** A job that ends when told to; `began` resolves when it runs. */
  function held(more: Partial<Job> = {}) {
    let end: (details: Record<string, unknown>) => void = () => {};
    let job = counting(more);
    const began = new Promise<JobContext>((begin) => {
      const run: Job['run'] = (context) =>
        new Promise((resolve, reject) => {
          end = resolve;
          context.signal.addEventListener('abort', () => reject(new Error('cut off')));
          begin(context);
        });
      job = counting({ ...more, run });
    });
    return { job, began, end: (details: Record<string, unknown>) => end(details) };
  }

  const only = async (runner: JobRunner) => (await runner.list())[0] ?? assert.fail('there is a job');
  const outcomes = async (runner: JobRunner) => (await runner.runs('nightly', 10)).map(({ outcome }) => outcome);

  it('run once when they are due', async () => {
    const job = counting();
    const runner = await hub([job]);
    assert.equal(await runner.runDue(), 0);
    clock.set(DUE);
    assert.deepEqual([await runner.runDue(), await runner.runDue()], [1, 0]);
    assert.deepEqual(job.runs[0]?.now, new Date(DUE));
    const { lastRun, ...view } = await only(runner);
    const { leaseSeconds: _, ...told } = NIGHTLY;
    assert.deepEqual(view, { name: 'nightly', ...told, nextRun: NEXT, requestedBy: null, running: false });
    assert.ok(lastRun !== null);
    const { runId: __, ...run } = lastRun;
    const at = new Date(DUE);
    assert.deepEqual(run, {
      startedAt: at,
      endedAt: at,
      outcome: 'succeeded',
      requestedBy: null,
      details: { count: 1 },
    });
  });

  it('run at once when an operator asks, and still by their schedule', async () => {
    const job = counting();
    const runner = await hub([job]);
    await runner.requestRun('nightly', OPERATOR);
    assert.equal((await only(runner)).requestedBy, OPERATOR.bin);
    assert.deepEqual([await runner.runDue(), await runner.runDue()], [1, 0]);
    const [run] = await runner.runs('nightly', 10);
    assert.deepEqual([run?.outcome, run?.requestedBy], ['succeeded', OPERATOR.bin]);
    const { requestedBy, nextRun } = await only(runner);
    assert.deepEqual([requestedBy, nextRun], [null, new Date(DUE)]);
    const audit = await test.db.query(`select bin, ip::text, subject from audit where action = 'job.requested'`);
    assert.deepEqual(audit.rows, [{ bin: OPERATOR.bin, ip: '127.0.0.1/32', subject: 'nightly' }]);
  });

  it('run again when asked while they run', async () => {
    const { job, began, end } = held();
    const runner = await hub([job]);
    clock.set(DUE);
    const first = runner.runDue();
    await began;
    await runner.requestRun('nightly', OPERATOR);
    assert.deepEqual([await runner.runDue(), (await only(runner)).running], [0, true]);
    end({});
    await first;
    const second = await hub([counting()]);
    assert.equal(await second.runDue(), 1);
  });

  it('are not known by any name', async () => {
    const runner = await hub([counting()]);
    const unknown = (error: unknown): boolean =>
      error instanceof TanbaError &&
      error.code === 'exchange.job_unknown' &&
      error.options.details?.['name'] === 'daily';
    await assert.rejects(runner.requestRun('daily', OPERATOR), unknown);
    await assert.rejects(runner.runs('daily', 1), unknown);
  });

  it('run on one hub at a time, however many look', async () => {
    const job = counting();
    const hubs = [await hub([job]), await hub([job]), await hub([job])];
    for (let day = 0; day < 5; day += 1) {
      clock.set(new Date(Date.parse(DUE) + day * 86_400_000));
      const looks = await Promise.all(Array.from({ length: 12 }, (_, look) => hubs[look % 3]?.runDue() ?? 0));
      assert.equal(
        looks.reduce((sum, runs) => sum + runs, 0),
        1,
      );
    }
    assert.equal(job.runs.length, 5);
  });

  it('run side by side with others', async () => {
    const slow = held({ name: 'slow' });
    const job = counting();
    const runner = await hub([slow.job, job]);
    clock.set(DUE);
    const all = runner.runDue();
    await slow.began;
    assert.equal(job.runs.length, 1);
    slow.end({});
    assert.equal(await all, 2);
  });

  it('are due again when their hub has died', async () => {
    const dying = held();
    const [first, second] = [await hub([dying.job]), await hub([counting()])];
    await first.requestRun('nightly', OPERATOR);
    const lost = first.runDue();
    await dying.began;
    clock.advance({ seconds: 59 });
    assert.equal(await second.runDue(), 0);
    clock.advance({ seconds: 1 });
    assert.equal(await second.runDue(), 1);
    dying.end({ word: 'from the grave' });
    await lost;
    const runs = await second.runs('nightly', 10);
    assert.deepEqual(
      runs.map(({ outcome, details, requestedBy }) => [outcome, details, requestedBy]),
      [
        ['succeeded', { count: 1 }, OPERATOR.bin],
        ['lost', {}, OPERATOR.bin],
      ],
    );
    assert.equal((await only(second)).nextRun.getTime(), Date.parse(DUE));
  });

  it('are cut off when another hub has taken them over', async () => {
    const paused = held({ leaseSeconds: 2 });
    const [first, second] = [await hub([paused.job]), await hub([counting({ leaseSeconds: 2 })])];
    clock.set(DUE);
    const lost = first.runDue();
    const { signal } = await paused.began;
    clock.advance({ seconds: 2 });
    assert.equal(await second.runDue(), 1);
    await lost;
    assert.ok(signal.aborted);
    assert.deepEqual(await outcomes(second), ['succeeded', 'lost']);
  });

  it('keep their lease while they run', async () => {
    const long = held({ leaseSeconds: 1 });
    const [first, second] = [await hub([long.job]), await hub([counting({ leaseSeconds: 1 })])];
    clock.set(DUE);
    const run = first.runDue();
    await long.began;
    for (let round = 0; round < 3; round += 1) {
      clock.advance({ seconds: 0.9 });
      await sleep(400);
      assert.equal(await second.runDue(), 0);
    }
    long.end({});
    assert.equal(await run, 1);
  });

  it('are left to the next hub when theirs stops', async () => {
    const { job, began } = held();
    const first = await hub([job]);
    await first.requestRun('nightly', OPERATOR);
    const cut = first.runDue();
    await began;
    await first.stop();
    await cut;
    assert.equal(await first.runDue(), 0);
    clock.advance({ seconds: 1 });
    const second = await hub([counting()]);
    assert.equal(await second.runDue(), 1);
    const runs = await second.runs('nightly', 10);
    assert.deepEqual(
      runs.map(({ outcome, requestedBy }) => [outcome, requestedBy]),
      [
        ['succeeded', OPERATOR.bin],
        ['lost', OPERATOR.bin],
      ],
    );
  });

  it('that fail say why, and have their next time', async () => {
    const runner = await hub([counting({ run: () => Promise.reject(new Error('no paper\0')) })]);
    clock.set(DUE);
    assert.equal(await runner.runDue(), 1);
    const { lastRun, nextRun } = await only(runner);
    assert.deepEqual([lastRun?.outcome, lastRun?.details, nextRun], ['failed', { error: 'no paper\ufffd' }, NEXT]);
    assert.equal(await runner.runDue(), 0);
  });

  it('that were missed run once', async () => {
    await hub([counting()]);
    clock.set('2026-11-28T12:00:00+05:00');
    const job = counting();
    const runner = await hub([job]);
    assert.deepEqual([await runner.runDue(), await runner.runDue()], [1, 0]);
    assert.equal((await only(runner)).nextRun.getTime(), Date.parse('2026-11-29T03:30:00+05:00'));
  });

  it('follow a changed schedule from the next start on, and still make up for what was missed', async () => {
    await hub([counting()]);
    const hourly = counting({ schedule: '15 * * * *' });
    const runner = await hub([hourly]);
    assert.equal((await only(runner)).nextRun.getTime(), Date.parse('2026-11-24T03:15:00+05:00'));
    clock.set('2026-11-25T12:00:00+05:00');
    const monthly = await hub([counting({ schedule: '0 0 1 * *' })]);
    assert.equal(await monthly.runDue(), 1);
    assert.equal((await only(monthly)).nextRun.getTime(), Date.parse('2026-12-01T00:00:00+05:00'));
  });

  it('have a history of bounded length, the newest run first', async () => {
    const runner = await hub([counting()], 3);
    for (let run = 0; run < 5; run += 1) {
      clock.advance({ days: 1 });
      await runner.runDue();
    }
    const counts = (await runner.runs('nightly', 10)).map(({ details }) => details['count']);
    assert.deepEqual(counts, [5, 4, 3]);
    assert.equal((await runner.runs('nightly', 2)).length, 2);
  });

  it('run by themselves once started', async () => {
    const { job, began, end } = held();
    const runner = await hub([job]);
    clock.set(DUE);
    runner.start();
    await began;
    end({});
    while ((await outcomes(runner))[0] !== 'succeeded') await sleep(20);
  });
});
