import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DocumentKind } from '../../src/core/documents/kinds.ts';
import { newId } from '../../src/store/ids.ts';
import { effectiveOwner, effectiveStatus, readStates } from '../lifecycle/model.ts';
import type { MovableClock } from '../support/clock.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import {
  AUTHORITY,
  emitCodes,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  push,
  RETAILER,
  receiptOf,
  ssccsFrom,
  WHOLESALER,
} from '../support/goods.ts';
import type { Refusal } from './world.ts';
import { World } from './world.ts';

/** Histories played in one run of the suite; `TANBA_HISTORIES` asks for more. */
const HISTORIES = Number(process.env['TANBA_HISTORIES'] ?? 500);
/** One history each at the same time: senders' documents are applied side by side. */
const SIDE_BY_SIDE = 4;
/** Few things meet each other often. */
const UNITS_OF_EACH = 2;
const BOXES = 3;
const OWNERS = [MANUFACTURER, WHOLESALER] as const;
const TRADERS = [MANUFACTURER, WHOLESALER, RETAILER] as const;
const THINGS = OWNERS.length * UNITS_OF_EACH + BOXES;

/** Mostly whoever may: the owner of the first thing, the side whose turn it is. Else somebody. */
const actor = fc.record({
  rightful: fc.integer({ min: 0, max: 7 }).map((n) => n > 0),
  bin: fc.constantFrom(...TRADERS),
});
const trader = fc.constantFrom(...TRADERS);
const things = fc.uniqueArray(fc.nat(THINGS - 1), { minLength: 1, maxLength: 2 });
const box = fc.nat(BOXES - 1);
/** One of the shipments or blockings so far, the latest most often. */
const recent = fc.nat(2);
const listed = fc.option(things, { nil: null });

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant('pack' as const), actor, box, things }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('repack' as const), actor, box, things }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('remove' as const), actor, things }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('unpack' as const), actor, box }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('ship' as const), actor, receiver: trader, things }) },
  {
    weight: 9,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'accepted' as const,
        'accepted' as const,
        'refused' as const,
        'shipment_cancelled' as const,
      ),
      actor,
      recent,
      listed,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom('withdrawn' as const, 'returned' as const, 'written_off' as const),
      actor,
      things,
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('block' as const), things }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('release' as const), recent, listed }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom('sale' as const, 'sale_return' as const),
      actor,
      thing: fc.nat(THINGS - 1),
    }),
  },
);
type Actor = typeof actor extends fc.Arbitrary<infer T> ? T : never;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const LEAVING = {
  withdrawn: { kind: 'withdrawal', body: { reason: 'EXPORT', date: '2026-03-01' }, reason: 'EXPORT' },
  returned: { kind: 'return', body: {}, reason: '' },
  written_off: { kind: 'write_off', body: { reason: 'LOST' }, reason: 'LOST' },
} as const;
const DECIDING = {
  accepted: { kind: 'acceptance', body: {} },
  refused: { kind: 'refusal', body: { reason: 'DAMAGED' } },
  shipment_cancelled: { kind: 'shipment_cancellation', body: {} },
} as const;
const GROUND = { kind: 'order', number: '17', date: '2026-02-01' } as const;

describe('any history of several participants', () => {
  let test: TestDatabase;
  let clock: MovableClock;
  let circulation: Circulation;
  const newSscc = ssccsFrom(9_000);

  before(async () => {
    test = await createTestDatabase({ poolSize: 12 });
    await prepareGoods(test.db);
    clock = movableClock();
    circulation = openCirculation(test, clock);
  });
  after(async () => {
    await circulation.stop();
    await test.drop();
  });

  /** One history on goods of its own, beside others: the model and the store, step by step. */
  class Play {
    readonly world = new World();
    readonly names: string[] = [];
    readonly shipments: string[] = [];
    readonly blockings: string[] = [];

    async prepare(): Promise<void> {
      for (const owner of OWNERS) {
        for (const cis of await emitCodes(test.db, UNITS_OF_EACH, { owner, status: 'in_circulation' })) {
          this.world.addUnit(cis, owner);
          this.names.push(cis);
        }
      }
      for (let n = 0; n < BOXES; n++) this.names.push(`00${newSscc()}`);
    }

    cises(indexes: readonly number[]): string[] {
      return indexes.map((index) => this.names[index] ?? assert.fail());
    }

    box(index: number): string {
      return this.names[THINGS - BOXES + index] ?? assert.fail();
    }

    async perform(each: Step): Promise<void> {
      clock.advance({ seconds: 1 });
      const { world } = this;
      switch (each.does) {
        case 'pack': {
          const [sscc, codes] = [this.box(each.box), this.cises(each.things)];
          const bin = this.ownerOr(each.actor, codes[0]);
          const told = await this.submit('aggregation', { sscc: sscc.slice(2), codes }, bin);
          return this.same(each, told.refusal, world.pack(bin, sscc, codes));
        }
        case 'repack': {
          const [sscc, codes] = [this.box(each.box), this.cises(each.things)];
          const bin = this.ownerOr(each.actor, sscc);
          const told = await this.submit('reaggregation', { sscc: sscc.slice(2), codes }, bin);
          return this.same(each, told.refusal, world.repack(bin, sscc, codes));
        }
        case 'remove': {
          const codes = this.cises(each.things);
          const bin = this.ownerOr(each.actor, codes[0]);
          const told = await this.submit('removal', { codes }, bin);
          return this.same(each, told.refusal, world.remove(bin, codes));
        }
        case 'unpack': {
          const sscc = this.box(each.box);
          const bin = this.ownerOr(each.actor, sscc);
          const told = await this.submit('disaggregation', { sscc: sscc.slice(2) }, bin);
          return this.same(each, told.refusal, world.unpack(bin, sscc));
        }
        case 'ship': {
          const codes = this.cises(each.things);
          const body = { receiver: each.receiver, number: 'A-1', date: '2026-03-01', codes };
          const bin = this.ownerOr(each.actor, codes[0]);
          const { documentId, refusal } = await this.submit('shipment', body, bin);
          if (refusal.length === 0) this.shipments.unshift(documentId);
          return this.same(each, refusal, world.ship(bin, documentId, each.receiver, codes));
        }
        case 'accepted':
        case 'refused':
        case 'shipment_cancelled': {
          const { kind, body } = DECIDING[each.does];
          const shipmentId = this.shipments[each.recent] ?? newId(new Date());
          const shipment = world.shipments.get(shipmentId);
          const side = each.does === 'shipment_cancelled' ? shipment?.sender : shipment?.receiver;
          const bin = each.actor.rightful && side !== undefined ? side : each.actor.bin;
          const codes = each.does === 'shipment_cancelled' || each.listed === null ? null : this.cises(each.listed);
          const told = await this.submit(kind, { ...body, shipmentId, ...(codes === null ? {} : { codes }) }, bin);
          return this.same(each, told.refusal, world.decide(bin, each.does, shipmentId, codes));
        }
        case 'withdrawn':
        case 'returned':
        case 'written_off': {
          const { kind, body, reason } = LEAVING[each.does];
          const codes = this.cises(each.things);
          const bin = this.ownerOr(each.actor, codes[0]);
          const told = await this.submit(kind, { ...body, codes }, bin);
          return this.same(each, told.refusal, world.leave(bin, each.does, codes, reason));
        }
        case 'block': {
          const codes = this.cises(each.things);
          const body = { reason: 'SAFETY', ground: GROUND, codes };
          const { documentId, refusal } = await this.submit('blocking', body, AUTHORITY);
          if (refusal.length === 0) this.blockings.unshift(documentId);
          return this.same(each, refusal, world.block(documentId, codes));
        }
        case 'release': {
          const blockingId = this.blockings[each.recent] ?? newId(new Date());
          const codes = each.listed === null ? null : this.cises(each.listed);
          const body = { blockingId, ground: GROUND, ...(codes === null ? {} : { codes }) };
          const told = await this.submit('release', body, AUTHORITY);
          return this.same(each, told.refusal, world.release(blockingId, codes));
        }
        default: {
          const [cis = ''] = this.cises([each.thing]);
          const bin = this.ownerOr(each.actor, cis);
          await push(circulation, receiptOf([cis], { bin, operation: each.does }));
          world.receipt(bin, each.does, cis);
        }
      }
    }

    ownerOr({ rightful, bin }: Actor, cis = ''): string {
      return rightful ? (this.world.things.get(cis)?.owner ?? bin) : bin;
    }

    same(each: Step, told: Refusal, expected: Refusal): void {
      assert.deepEqual(told, expected, JSON.stringify(each));
    }

    async submit(kind: DocumentKind, body: object, bin: string): Promise<{ documentId: string; refusal: Refusal }> {
      const { documentId, status, problems } = await circulation.submit(kind, body, { bin });
      assert.ok(status === 'accepted' || status === 'rejected', `${kind} became ${status}`);
      const refusal = problems.map(({ cis = '', code }) => `${cis} ${code}`).sort();
      assert.equal(status === 'accepted', refusal.length === 0);
      return { documentId, refusal };
    }

    async compare(): Promise<void> {
      const { world } = this;
      const rows = await readStates(test.db, this.names);
      const states = new Map(rows.map((row) => [row.cis, row]));
      const views = await circulation.queries.query({ bin: AUTHORITY, seesEverything: true, ip: '::1' }, this.names);
      const holds = new Map(views.codes.map(({ cis, hold }) => [cis, hold]));
      const stored = rows.map(({ cis, parent }) => [
        cis,
        effectiveStatus(cis, states),
        effectiveOwner(cis, states),
        parent,
        holds.get(cis),
      ]);
      const expected = [...world.things.values()].map((thing) => [
        thing.cis,
        thing.status,
        thing.owner,
        thing.parent?.cis ?? null,
        world.holdOf(thing),
      ]);
      assert.deepEqual(stored, expected.sort());
      const transfers = await test.db.query<{ id: string; status: string; lines: Record<string, string> }>(
        `select shipment_id as id, transfer.status, jsonb_object_agg(cis, outcome) as lines
           from transfer join transfer_line using (shipment_id) where shipment_id = any($1) group by 1, 2`,
        [this.shipments],
      );
      const found = new Map(transfers.rows.map(({ id, status, lines }) => [id, { status, lines }]));
      for (const { id, status, lines } of world.shipments.values()) {
        assert.deepEqual(found.get(id), { status, lines: Object.fromEntries(lines) });
      }
    }
  }

  it('ends with the states, owners, holds and refusals of a slow and obvious model', async function () {
    this.timeout(300_000);
    const histories = fc.array(fc.array(step, { minLength: 6, maxLength: 18 }), {
      minLength: SIDE_BY_SIDE,
      maxLength: SIDE_BY_SIDE,
    });
    await fc.assert(
      fc.asyncProperty(histories, async (group) => {
        await Promise.all(
          group.map(async (steps) => {
            const play = new Play();
            await play.prepare();
            for (const each of steps) await play.perform(each);
            await play.compare();
          }),
        );
      }),
      { numRuns: Math.ceil(HISTORIES / SIDE_BY_SIDE), endOnFailure: process.env['CI'] !== undefined },
    );
  });
});
