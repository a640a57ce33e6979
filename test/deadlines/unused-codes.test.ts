import assert from 'node:assert/strict';
import { SYSTEM_ACTOR } from '../../src/core/participants/bin.ts';
import { newId } from '../../src/store/ids.ts';
import { MAKER, productGroups, withCode } from '../codes/order-desk.ts';
import { openCirculation } from '../support/goods.ts';
import type { UnusedDesk } from './unused-desk.ts';
import { DAY_30_ENDS, DAY_31_BEGINS, openUnusedDesk, RECEIVED } from './unused-desk.ts';

const PRODUCED = { productionDate: '2026-11-20' };

describe('unused codes', () => {
  let desk: UnusedDesk;

  before(async function () {
    this.timeout(60_000);
    desk = await openUnusedDesk();
  });
  after(() => desk.close());
  beforeEach(() => desk.begin());

  describe('have a term', () => {
    it('through the whole 30th day after their receipt', async () => {
      const { fetch } = await desk.order(2);
      const { cises } = await fetch();
      assert.deepEqual(await desk.run(DAY_30_ENDS), { batches: 0, codes: 0 });
      assert.deepEqual(await desk.statuses(cises), ['emitted', 'emitted']);
    });

    it('that is over with the 31st day', async () => {
      const { fetch } = await desk.order(2);
      const { cises } = await fetch();
      assert.deepEqual(await desk.run(DAY_31_BEGINS), { batches: 1, codes: 2 });
      assert.deepEqual(await desk.statuses(cises), ['written_off', 'written_off']);
    });

    it('of its own for each pack, from its first download', async () => {
      const { fetch } = await desk.order(4);
      const first = await fetch({ quantity: 2 });
      desk.clock.set('2026-12-04T10:00:00+05:00');
      const second = await fetch({ lastPackId: first.packId, quantity: 2 });
      await fetch({ quantity: 2 });
      await desk.run(DAY_31_BEGINS);
      assert.deepEqual(await desk.statuses([...first.cises, ...second.cises]), [
        ...['written_off', 'written_off'],
        ...['emitted', 'emitted'],
      ]);
      await desk.run('2027-01-03T23:59:59.999+05:00');
      assert.deepEqual(await desk.statuses(second.cises), ['emitted', 'emitted']);
      await desk.run('2027-01-04T00:00:00+05:00');
      assert.deepEqual(await desk.statuses(second.cises), ['written_off', 'written_off']);
    });

    it('from their emission when nobody has fetched them', async () => {
      const { orderId, fetch } = await desk.order(5);
      desk.clock.set('2026-12-20T10:00:00+05:00');
      const { cises } = await fetch({ quantity: 2 });
      await desk.run(DAY_30_ENDS);
      assert.deepEqual(await desk.countByStatus(orderId), { emitted: 5 });
      await desk.run(DAY_31_BEGINS);
      assert.deepEqual(await desk.countByStatus(orderId), { emitted: 2, written_off: 3 });
      assert.deepEqual(await desk.statuses(cises), ['emitted', 'emitted']);
    });

    it('by the rules in force when they were received, whatever holds later', async () => {
      const { fetch: fetchEarly } = await desk.order(1);
      const early = await fetchEarly();
      const groups = withLives(10, '2026-12-01T00:00:00+05:00', 20);
      desk.clock.set('2026-12-01T00:00:00+05:00');
      const { fetch: fetchLate } = await desk.order(1);
      const late = await fetchLate();
      const states = async (at: string) => {
        desk.clock.set(at);
        await desk.unusedCodes(undefined, groups).annulDue(desk.clock.now(), new AbortController().signal);
        return await desk.statuses([...early.cises, ...late.cises]);
      };
      assert.deepEqual(await states('2026-12-04T23:59:59+05:00'), ['emitted', 'emitted']);
      assert.deepEqual(await states('2026-12-05T00:00:00+05:00'), ['written_off', 'emitted']);
      assert.deepEqual(await states('2026-12-21T23:59:59+05:00'), ['written_off', 'emitted']);
      assert.deepEqual(await states('2026-12-22T00:00:00+05:00'), ['written_off', 'written_off']);
    });

    it('that an outage at its end prolongs to the working day after', async () => {
      const { fetch } = await desk.order(1);
      const { cises } = await fetch();
      // 24 December 2026 is a Thursday.
      await announced('2026-12-24T20:00:00+05:00', '2026-12-25T11:00:00+05:00', '2026-12-28T23:59:59.999+05:00');
      await desk.run('2026-12-28T23:59:59.999+05:00');
      assert.deepEqual(await desk.statuses(cises), ['emitted']);
      await desk.run('2026-12-29T00:00:00+05:00');
      assert.deepEqual(await desk.statuses(cises), ['written_off']);
    });

    it('that an outage which began after its end does not prolong', async () => {
      const { fetch } = await desk.order(1);
      const { cises } = await fetch();
      await announced(DAY_31_BEGINS, null, null);
      await desk.run('2026-12-25T01:00:00+05:00');
      assert.deepEqual(await desk.statuses(cises), ['written_off']);
    });
  });

  describe('are annulled', () => {
    it('by the system, for their owner, as the last event of their history', async () => {
      const { fetch } = await desk.order(1);
      const { cises } = await fetch();
      const [cis = ''] = cises;
      await desk.run('2026-12-25T00:15:00+05:00');
      assert.deepEqual(await desk.codeOf(cis), { status: 'written_off', reason: 'ANNULLED', ver: 1, owner: MAKER.bin });
      const { rows } = await desk.db.query(
        `select event, actor, status, reason, owner, occurred_at as at, recorded_at as recorded,
                document_id = annulment_id as "byAnnulment"
           from code_history, annulment where cis = $1`,
        [cis],
      );
      assert.deepEqual(rows, [
        {
          event: 'annulled',
          actor: SYSTEM_ACTOR,
          status: 'written_off',
          reason: 'ANNULLED',
          owner: MAKER.bin,
          at: new Date(DAY_31_BEGINS),
          recorded: new Date('2026-12-25T00:15:00+05:00'),
          byAnnulment: true,
        },
      ]);
    });

    it('whether the serials are the system’s or the participant’s own', async () => {
      const { fetch } = await desk.order(3, ['aaaaaaaaaaaaa', 'ccccccccccccc', 'bbbbbbbbbbbbb']);
      const { cises } = await fetch({ quantity: 2 });
      await desk.run(DAY_31_BEGINS);
      assert.deepEqual(await desk.statuses(cises), ['written_off', 'written_off']);
    });

    it('but for those applied in time', async () => {
      const { fetch, orderId } = await desk.order(3);
      const { cises } = await fetch();
      await desk.circulation().submit('utilisation', { codes: cises.slice(0, 2), ...PRODUCED });
      await desk.run(DAY_31_BEGINS);
      assert.deepEqual(await desk.countByStatus(orderId), { applied: 2, written_off: 1 });
    });

    it('and cannot be applied afterwards', async () => {
      const { fetch } = await desk.order(1);
      const { cises } = await fetch();
      await desk.run(DAY_31_BEGINS);
      const { status, problems } = await desk.circulation().submit('utilisation', { codes: cises, ...PRODUCED });
      assert.equal(status, 'rejected');
      assert.deepEqual(
        problems.map(({ code, cis }) => [code, cis]),
        [['documents.wrong_status', cises[0]]],
      );
    });

    it('and cannot be fetched afterwards, while packs fetched before can again', async () => {
      const { fetch } = await desk.order(3);
      const { packId, codes } = await fetch({ quantity: 1 });
      await desk.run(DAY_31_BEGINS);
      await assert.rejects(fetch({ lastPackId: packId }), withCode('orders.closed'));
      assert.deepEqual((await fetch()).codes, codes);
    });

    it('with one message to the participant for each line and batch', async () => {
      const one = await desk.order(5);
      await one.fetch();
      const other = await desk.order(1);
      await other.fetch();
      await desk.run(DAY_31_BEGINS, 2);
      const told = (await desk.messages()).map(({ bin, keys, payload }) => [bin, keys, payload['codes']]);
      const ofOne = [`order:${one.orderId}`, `gtin:${one.gtin}`];
      assert.deepEqual(told, [
        [MAKER.bin, ofOne, 2],
        [MAKER.bin, ofOne, 2],
        [MAKER.bin, ofOne, 1],
        [MAKER.bin, [`order:${other.orderId}`, `gtin:${other.gtin}`], 1],
      ]);
    });

    it('once', async () => {
      const { fetch } = await desk.order(3);
      await fetch({ quantity: 2 });
      await desk.run(DAY_31_BEGINS);
      assert.deepEqual(await desk.run('2027-02-01T00:00:00+05:00'), { batches: 0, codes: 0 });
    });
  });

  describe('are left for a later run', () => {
    it('while an authority blocks them', async () => {
      const { fetch } = await desk.order(2);
      const { cises } = await fetch();
      await desk.db.query(`update code set hold = 'blocked' where cis = $1`, [cises[0]]);
      await desk.run(DAY_31_BEGINS);
      assert.deepEqual(await desk.statuses(cises), ['emitted', 'written_off']);
      await desk.db.query(`update code set hold = 'none' where cis = $1`, [cises[0]]);
      await desk.run('2026-12-25T01:15:00+05:00');
      assert.deepEqual(await desk.statuses(cises), ['written_off', 'written_off']);
    });

    it('while somebody else has them locked, without waiting for it', async () => {
      const { fetch } = await desk.order(2);
      const { cises } = await fetch();
      await desk.db.transaction(async (tx) => {
        await tx.query('select from code where cis = $1 for update', [cises[1]]);
        await desk.run(DAY_31_BEGINS);
      });
      assert.deepEqual(await desk.statuses(cises), ['written_off', 'emitted']);
      await desk.run('2026-12-25T01:15:00+05:00');
      assert.deepEqual(await desk.statuses(cises), ['written_off', 'written_off']);
    });

    it('while a report that came on the 30th day waits to be applied', async () => {
      const { fetch } = await desk.order(1);
      const { cises } = await fetch();
      desk.clock.set(DAY_30_ENDS);
      const document = { kind: 'utilisation', body: { codes: cises, ...PRODUCED } };
      const { documentId } = await intakeOnly(document);
      await desk.run(DAY_31_BEGINS);
      assert.deepEqual(await desk.statuses(cises), ['emitted']);
      desk.circulation().processor.wake(documentId, MAKER.bin);
      assert.equal((await desk.circulation().finalState(documentId)).status, 'accepted');
      await desk.run('2026-12-25T01:15:00+05:00');
      assert.deepEqual(await desk.statuses(cises), ['applied']);
    });
  });

  describe('whose annulment is disturbed', () => {
    it('by a kill between two batches, end as without it', async () => {
      const { fetch, orderId } = await desk.order(7);
      const { cises } = await fetch();
      assert.deepEqual(await desk.runOneBatch(DAY_31_BEGINS, 3), { codes: 3, ended: false });
      assert.deepEqual(await desk.countByStatus(orderId), { emitted: 4, written_off: 3 });
      assert.deepEqual(await desk.run('2026-12-25T01:15:00+05:00', 3), { batches: 2, codes: 4 });
      assert.deepEqual(await desk.histories(), Object.fromEntries(cises.map((cis) => [cis, ['1 annulled']])));
    });

    it('by a stop, go on with the next run', async () => {
      const { fetch, orderId } = await desk.order(1);
      await fetch();
      desk.clock.set(DAY_31_BEGINS);
      await assert.rejects(desk.unusedCodes().annulDue(desk.clock.now(), AbortSignal.abort()));
      assert.deepEqual(await desk.countByStatus(orderId), { emitted: 1 });
      await desk.run(DAY_31_BEGINS);
      assert.deepEqual(await desk.countByStatus(orderId), { written_off: 1 });
    });

    it('by a second hub at the same time, have one event each', async () => {
      const orders = await Promise.all([desk.order(9), desk.order(8)]);
      const packs = await Promise.all(orders.map(({ fetch }) => fetch({ quantity: 6 })));
      const outcomes = await Promise.all([desk.run(DAY_31_BEGINS, 2), desk.run(DAY_31_BEGINS, 3)]);
      await desk.run(DAY_31_BEGINS);
      for (const { orderId } of orders) {
        const [[status, codes] = []] = Object.entries(await desk.countByStatus(orderId));
        assert.deepEqual([status, codes], ['written_off', orderId === orders[0]?.orderId ? 9 : 8]);
      }
      const histories = await desk.histories();
      assert.equal(Object.keys(histories).length, 17);
      assert.ok(Object.values(histories).every((events) => events.join() === '1 annulled'));
      assert.ok(packs.every(({ cises }) => cises.every((cis) => cis in histories)));
      assert.ok(outcomes.reduce((sum, { codes }) => sum + codes, 0) <= 17);
    });

    it('by a fetch at the same time, are fetched or annulled, not both', async () => {
      const { fetch, orderId } = await desk.order(4);
      desk.clock.set(DAY_31_BEGINS);
      const [fetched] = await Promise.allSettled([fetch({ quantity: 2 }), desk.run(DAY_31_BEGINS)]);
      await desk.run(DAY_31_BEGINS);
      const emitted = fetched.status === 'fulfilled' ? 2 : 0;
      const expected = { ...(emitted > 0 ? { emitted } : {}), written_off: 4 - emitted };
      assert.deepEqual(await desk.countByStatus(orderId), expected);
    });
  });

  /** The groups with another life of shoes' codes from `from` on. */
  function withLives(days: number, from: string, daysAfter: number) {
    const list = productGroups.list().map((group) => {
      const [first] = group.versions;
      if (group.productGroup !== 'shoes' || first === undefined) return group;
      const versions = [
        { ...first, unusedCodeLifeDays: days },
        { ...first, unusedCodeLifeDays: daysAfter, effectiveFrom: new Date(from) },
      ];
      return { ...group, versions };
    });
    return { ...productGroups, list: () => list };
  }

  async function announced(from: string, to: string | null, keyInBy: string | null): Promise<void> {
    await desk.db.query(
      `insert into outage (outage_id, began_at, ended_at, key_in_by, title, announced_by, announced_at)
       values ($1, $2, $3, $4, '{}', $5, $2)`,
      [newId(new Date(RECEIVED)), from, to, keyInBy, MAKER.bin],
    );
  }

  /** A hub that only receives. */
  async function intakeOnly(document: { kind: string; body: object }) {
    const { intake, stop } = openCirculation(desk.database, desk.clock, { applies: false });
    const sender = { bin: MAKER.bin, role: 'manufacturer', ip: '127.0.0.1', idempotencyKey: 'waiting' } as const;
    const accepted = await intake.acceptJson(sender, document, Buffer.from(JSON.stringify(document)));
    await stop();
    return accepted;
  }
});
